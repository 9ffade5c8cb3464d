"""What the residual networks are compared with: those before them, a plain CNN, autoencoder features."""
