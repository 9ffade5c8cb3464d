"""One trial, inside its own process; the only package that trains."""
