"""Which images are copies of each other though their pixels differ; the images themselves set the bar."""
