"""The tests, by the package they look at."""
