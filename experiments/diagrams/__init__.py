"""Pictures of networks, from nothing but the built models."""
