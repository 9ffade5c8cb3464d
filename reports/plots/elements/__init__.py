"""What figures share: their look, axes, curves, and the phrases of their findings."""
