"""Residual networks (He et al. 2015) and their plain twins, in keras alone."""
