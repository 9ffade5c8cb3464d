"""The picture of the training images shows what the network sees."""

import itertools

import numpy as np
import pytest
from PIL import Image

from experiments.studies.specification import Recipe
from experiments.trial import samples
from experiments.trial.learners import recipe_batches
from experiments.trial.load import EvaluatedImages, TrainingData

# Ten images of noise; no two windows of them are alike.
IMAGES = np.random.default_rng(0).integers(0, 256, (10, 12, 10, 3), np.uint8)
LABELS = np.arange(10)


def stream(images, crop, recipe, seed):
    """The batches of images that a trial trains on."""
    none = EvaluatedImages(images[:0], LABELS[:0])
    data = TrainingData(images, LABELS, classes=10, crop=crop, train_slice=none, validation=none)
    return (batch.numpy() for batch, _ in recipe_batches(data, recipe, seed))


# Eight columns and four rows with two white pixels between them, each pixel enlarged 64 // size times:
#   8×8: (8·8 + 7·2) · 8 = 624 wide, (4·8 + 3·2) · 8 = 304 high
#   12×10: (8·10 + 14) · 5 = 470 wide, (4·12 + 6) · 5 = 270 high
@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
@pytest.mark.parametrize(("crop", "size"), [(8, (624, 304)), (None, (470, 270))])
def test_size(tmp_path, channels, mode, crop, size):
    samples.save_grid(tmp_path / "grid.png", stream(IMAGES[..., :channels], crop, Recipe(), 0))
    with Image.open(tmp_path / "grid.png") as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", mode, size)


def tiles(file):
    """The 32 images of a grid of 8×8 pixels, enlarged eightfold, two pixels apart."""
    pixels = np.asarray(Image.open(file))[::8, ::8]
    assert (pixels[8:10] == 255).all()
    assert (pixels[:, 8:10] == 255).all()
    return [pixels[top : top + 8, left : left + 8] for top in range(0, 40, 10) for left in range(0, 80, 10)]


def test_it_shows_the_trial_s_own_stream(tmp_path):
    recipe = Recipe(batch_size=10, flip=True, shift=1)
    samples.save_grid(tmp_path / "grid.png", stream(IMAGES, 8, recipe, 7))
    seen = [image for batch in itertools.islice(stream(IMAGES, 8, recipe, 7), 4) for image in batch]
    for tile, image in zip(tiles(tmp_path / "grid.png"), seen[:32], strict=True):
        np.testing.assert_array_equal(tile, image)
    # Some are mirrored, so they are not the images as they lie there.
    windows = itertools.product(IMAGES, range(5), range(3))
    originals = {image[top : top + 8, left : left + 8].tobytes() for image, top, left in windows}
    assert any(tile.tobytes() not in originals for tile in tiles(tmp_path / "grid.png"))


def test_without_augmentation_it_shows_the_images(tmp_path):
    square = IMAGES[:, :8, :8]
    samples.save_grid(tmp_path / "grid.png", stream(square, None, Recipe(batch_size=10), 0))
    originals = {image.tobytes() for image in square}
    shown = [tile.tobytes() for tile in tiles(tmp_path / "grid.png")]
    assert set(shown[:10]) == originals  # an epoch holds each once


# Eight tiles a row: ten images of one grey each are two rows, the rest of the second black.
@pytest.mark.parametrize("channels", [1, 3])
def test_tiles_of_mistakes(tmp_path, channels):
    greys = np.arange(20, 220, 20, np.uint8)
    images = np.broadcast_to(greys[:, None, None, None], (10, 16, 16, channels))
    samples.save_tiles(tmp_path / "tiles.jpg", images)
    with Image.open(tmp_path / "tiles.jpg") as picture:
        assert picture.size == (8 * 16, 2 * 16)
        middles = np.asarray(picture.convert("L"))[8::16, 8::16]
    expected = np.zeros(16)
    expected[:10] = greys
    np.testing.assert_allclose(middles.ravel(), expected, atol=4)  # JPEG


def test_large_images_become_small_tiles_and_none_no_picture(tmp_path):
    samples.save_tiles(tmp_path / "tiles.jpg", np.zeros((1, 200, 100, 3), np.uint8))
    with Image.open(tmp_path / "tiles.jpg") as picture:
        assert picture.size == (8 * 64, 64)
    samples.save_tiles(tmp_path / "none.jpg", np.zeros((0, 8, 8, 3), np.uint8))
    assert [path.name for path in tmp_path.iterdir()] == ["tiles.jpg"]
