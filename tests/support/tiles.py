"""Small pictures that are unlike each other, cut out of a photograph."""

from sklearn.datasets import load_sample_images

PICTURE = load_sample_images().images[0]
NAMES = [f"{number}.png" for number in range(30)]


def tiles(offset, count=30):
    """Parts of a photograph that are unlike each other, 32 × 32."""
    places = [(top, left) for top in range(0, 384, 32) for left in range(0, 640, 32)]
    return [PICTURE[top : top + 32, left : left + 32] for top, left in places[offset : offset + count]]
