"""What is still to do, whether it can be done, and what it costs."""
