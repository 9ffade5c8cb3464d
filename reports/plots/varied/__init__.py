"""What the figures of a study that varies a size have in common: its trials by size, curves over them."""
