"""Small pictures that are unlike each other, cut out of a photograph."""

from sklearn.datasets import load_sample_images

PICTURE = load_sample_images().images[0]
NAMES = [f"{number}.png" for number in range(30)]


def tiles(offset, count=30):
    """Parts of a photograph that are unlike each other, 32 × 32, those that show more than sky."""
    cut = [
        PICTURE[top : top + 32, left : left + 32] for top in range(0, 416, 32) for left in range(0, 640, 32)
    ]
    return [tile for tile in cut if tile.std() > 30][offset : offset + count]
