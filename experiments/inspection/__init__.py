"""One page about a study's data, before anything is trained: the command `inspect`."""
