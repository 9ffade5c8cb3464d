"""Prepared data sets: their digest is that of the content, decoded once; refusals in one line."""

import hashlib
import resource
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from experiments.data import dataset, named
from experiments.data import prepare as preparation
from experiments.data.facts import Wanted
from experiments.errors import UserError
from tests.support.animals import CATS, DOGS, PIXELS, opened, prepare, write
from tests.support.places import ROOT

# The named data set that needs no network.


def test_digits(tmp_path):
    made = preparation.prepare(Wanted("digits"), tmp_path / "one")
    again = preparation.prepare(Wanted("digits"), tmp_path / "two")
    assert made == again
    assert made.digest.startswith("268efbc7632a349c")
    assert made.classes == tuple("0123456789")
    assert (made.image_shape, made.train_part, made.test_part) == ((8, 8, 1), 1797, 0)
    images = opened(made, tmp_path / "one").images
    assert (images.min(), images.max()) == (0, 255)


def test_a_prepared_data_set_is_mapped_and_is_what_was_loaded(tmp_path):
    loaded = named.load("digits", None)
    kept = opened(preparation.prepare(Wanted("digits"), tmp_path), tmp_path)
    assert isinstance(kept.images, np.memmap)
    assert not kept.images.flags.writeable
    assert kept.images.shape[1:] == (8, 8, 1)
    # The order is by class and digest; in each class the same images.
    assert (np.diff(kept.labels) >= 0).all()
    for label in range(10):
        one = sorted(image.tobytes() for image in loaded.images[loaded.labels == label])
        other = sorted(image.tobytes() for image in kept.images[kept.labels == label])
        assert one == other


def test_digests_of_images_are_sha256(tmp_path):
    kept = opened(preparation.prepare(Wanted("digits"), tmp_path), tmp_path)
    assert kept.image_digests.shape == (1797, 32)
    for position in (0, 1000, 1796):
        expected = hashlib.sha256(kept.images[position].tobytes()).digest()
        assert kept.image_digests[position].tobytes() == expected


def test_image_size_resizes_a_named_data_set(tmp_path):
    made = preparation.prepare(Wanted("digits", 16), tmp_path)
    assert made.image_shape == (16, 16, 1)
    assert made.digest != preparation.prepare(Wanted("digits"), tmp_path).digest


# Folders: the same content is the same digest.


def test_a_folder_of_classes(animals, tmp_path):
    made = prepare(animals, tmp_path)
    kept = opened(made, tmp_path)
    assert (made.classes, made.image_shape) == (("cat", "dog"), (6, 8, 3))
    assert (made.train_part, made.test_part) == (6, 0)
    assert kept.labels.tolist() == [0, 0, 0, 1, 1, 1]
    for label, images in enumerate((CATS, DOGS)):
        found = {image.tobytes() for image in kept.images[kept.labels == label]}
        assert found == {image.tobytes() for image in images}


# JPEG is lossy, so the same files are laid out twice: together, and with one of each class in test/.
def test_train_and_test_folders_have_the_same_digest_and_another_partition(tmp_path):
    together, parted = tmp_path / "together", tmp_path / "parted"
    names = ("1.png", "2.jpg", "3.JPEG")
    for name, images in PIXELS.items():
        write(together / name, images, names)
        for file, part in zip(names, ("train", "train", "test"), strict=True):
            (parted / part / name).mkdir(parents=True, exist_ok=True)
            shutil.copy(together / name / file, parted / part / name / file)
    one, other = prepare(together, tmp_path), prepare(parted, tmp_path)
    assert one.digest == other.digest
    assert one.partition != other.partition
    assert (other.train_part, other.test_part) == (4, 2)
    np.testing.assert_array_equal(opened(one, tmp_path).images, opened(other, tmp_path).images)
    # Those of test/ are the third files.
    kept = opened(other, tmp_path)
    third = {np.asarray(Image.open(together / name / "3.JPEG")).tobytes() for name in PIXELS}
    assert {image.tobytes() for image in kept.images[kept.in_test]} == third


def test_file_names_and_their_order_do_not_matter(animals, tmp_path):
    before = prepare(animals, tmp_path)
    other = tmp_path / "other"
    # The dogs are written first, the last file gets the first name, and one lies a folder deeper.
    for name, images in reversed(PIXELS.items()):
        write(other / name, images, ("z.png", "y.PNG", "x.png"))
    (other / "cat" / "deeper").mkdir()
    (other / "cat" / "x.png").rename(other / "cat" / "deeper" / "x.png")
    (other / "dog" / "notes.txt").write_text("not an image")
    write(other / ".hidden", CATS)
    after = prepare(other, tmp_path)
    (hidden,) = after.findings
    assert (hidden.kind, hidden.count) == ("left out", len(CATS))
    assert (after.model_copy(update={"other": 0, "findings": ()}), after.other) == (before, 1)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["nonsense"], "unknown data source 'nonsense'; choose from: fashion_mnist, mnist, "),
        (["digits", "--image-size", "0"], "--image-size: must be a whole number from 1 up, not '0'"),
        (["digits", "--image-size", "-3"], "--image-size: must be a whole number from 1 up, not '-3'"),
    ],
    ids=str,
)
def test_bad_arguments_are_one_line(options, told, tmp_path):
    command = [sys.executable, "-m", "experiments.data.prepare", *options, "--work", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("change", ["pixel", "class", "class name", "one image fewer"])
def test_other_content_is_another_digest(animals, tmp_path, change):
    before = prepare(animals, tmp_path)
    file = animals / "cat" / "1.png"
    if change == "pixel":
        pixels = CATS[0].copy()
        pixels[5, 7, 2] ^= 1
        Image.fromarray(pixels).save(file)
    elif change == "class":
        file.rename(animals / "dog" / "4.png")
    elif change == "class name":
        (animals / "cat").rename(animals / "lynx")
    else:
        file.unlink()
    assert prepare(animals, tmp_path).digest != before.digest


def test_a_child_s_refusal_is_told_in_one_line(animals, tmp_path):
    Image.new("RGB", (20, 9)).save(animals / "cat" / "1.png")
    with pytest.raises(UserError) as caught:
        dataset.summary(Wanted(f"path:{animals}"), tmp_path / "work")
    message = str(caught.value)
    assert message.startswith(f"data source path:{animals}: images of several sizes")
    assert "\n" not in message


# 1,797 images of 16 × 16 are 460 kB; the files of this process may hold 100 kB.
def test_a_disk_without_room_is_told(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "experiments.data.prepare",
            "digits",
            "--image-size",
            "16",
            "--work",
            str(tmp_path),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "error: File too large"
    assert not list(tmp_path.rglob("images.npy"))
