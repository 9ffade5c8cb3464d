"""From the store to frames, and whether their trials may be compared."""
