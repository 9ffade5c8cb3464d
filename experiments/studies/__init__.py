"""A question as a file, and the models that read it."""
