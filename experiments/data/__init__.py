"""Images, from a name or a folder to prepared arrays, splits and windows."""
