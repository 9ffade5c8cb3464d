"""A trained model outside of a study: on a folder of images, or in a folder to hand over."""
