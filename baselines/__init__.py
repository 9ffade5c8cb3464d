"""What the residual networks are compared with: a plain CNN and autoencoder features."""
