"""Prepared data sets: their digest is that of the content, decoded once; refusals in one line."""

import hashlib
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from experiments import datasets, sources
from experiments.errors import UserError

# Two classes of three images of 6 rows and 8 columns.
GENERATOR = np.random.default_rng(0)
CATS, DOGS = GENERATOR.integers(0, 256, (2, 3, 6, 8, 3), np.uint8)
PIXELS = {"cat": CATS, "dog": DOGS}


def write(folder, images, names=("1.png", "2.png", "3.png")):
    folder.mkdir(parents=True, exist_ok=True)
    for pixels, name in zip(images, names, strict=True):
        Image.fromarray(pixels).save(folder / name)


@pytest.fixture
def animals(tmp_path):
    """A folder cat/ and dog/ of three PNG files each."""
    folder = tmp_path / "animals"
    for name, images in PIXELS.items():
        write(folder / name, images)
    return folder


def prepare(folder, work, image_size=None):
    return datasets.prepare(f"path:{folder}", image_size, work)


def opened(summary, work):
    return datasets.open_prepared(summary.digest, summary.partition, work)


def refusal(folder, work, image_size=None):
    """The message, without the folder's own path."""
    with pytest.raises(UserError) as caught:
        prepare(folder, work, image_size)
    message = str(caught.value)
    assert "\n" not in message
    return message.replace(str(folder), "FOLDER")


# The named data set that needs no network.


def test_digits(tmp_path):
    made = datasets.prepare("digits", None, tmp_path / "one")
    again = datasets.prepare("digits", None, tmp_path / "two")
    assert made == again
    assert made.digest.startswith("268efbc7632a349c")
    assert made.classes == tuple("0123456789")
    assert (made.image_shape, made.train_part, made.test_part) == ((8, 8, 1), 1797, 0)
    images = opened(made, tmp_path / "one").images
    assert (images.min(), images.max()) == (0, 255)


def test_a_prepared_data_set_is_mapped_and_is_what_was_loaded(tmp_path):
    loaded = sources.load("digits", None)
    kept = opened(datasets.prepare("digits", None, tmp_path), tmp_path)
    assert isinstance(kept.images, np.memmap)
    assert not kept.images.flags.writeable
    assert kept.image_shape == (8, 8, 1)
    # The order is by class and digest; in each class the same images.
    assert (np.diff(kept.labels) >= 0).all()
    for label in range(10):
        one = sorted(image.tobytes() for image in loaded.images[loaded.labels == label])
        other = sorted(image.tobytes() for image in kept.images[kept.labels == label])
        assert one == other


def test_digests_of_images_are_sha256(tmp_path):
    kept = opened(datasets.prepare("digits", None, tmp_path), tmp_path)
    assert kept.image_digests.shape == (1797, 32)
    for position in (0, 1000, 1796):
        expected = hashlib.sha256(kept.images[position].tobytes()).digest()
        assert kept.image_digests[position].tobytes() == expected


def test_image_size_resizes_a_named_data_set(tmp_path):
    made = datasets.prepare("digits", 16, tmp_path)
    assert made.image_shape == (16, 16, 1)
    assert made.digest != datasets.prepare("digits", None, tmp_path).digest


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
    assert after == before


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


# Decoded once.


def test_the_second_look_decodes_nothing_and_a_changed_file_is_seen(animals, tmp_path, capfd):
    work = tmp_path / "work"
    source = f"path:{animals}"
    first = datasets.summary(source, None, work)
    assert "preparing the data" in capfd.readouterr().err

    # A file that cannot be decoded, of the same size and time: who does not look inside does not notice.
    file = animals / "cat" / "1.png"
    state = file.stat()
    file.write_bytes(bytes(state.st_size))
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert datasets.summary(source, None, work) == first
    assert capfd.readouterr().err == ""

    Image.fromarray(255 - CATS[0]).save(file)
    changed = datasets.summary(source, None, work)
    assert changed.digest != first.digest
    # Both are kept.
    assert len(opened(first, work).labels) == len(opened(changed, work).labels) == 6


def test_a_lost_copy_is_prepared_again(animals, tmp_path):
    work = tmp_path / "work"
    made = datasets.summary(f"path:{animals}", None, work)
    for folder in work.glob("data/*-*"):
        shutil.rmtree(folder)
    with pytest.raises(UserError, match="no prepared data set; start the study again"):
        opened(made, work)
    assert datasets.summary(f"path:{animals}", None, work) == made
    assert len(opened(made, work).labels) == 6


def test_a_child_s_refusal_is_told_in_one_line(animals, tmp_path):
    (animals / "cat" / "1.png").write_bytes(b"")
    with pytest.raises(UserError) as caught:
        datasets.summary(f"path:{animals}", None, tmp_path / "work")
    message = str(caught.value)
    assert message.startswith(f"{animals / 'cat' / '1.png'}: cannot be read as an image")
    assert "\n" not in message


# Decoding.


def test_grey_only_where_every_file_is_grey(tmp_path):
    grey = {name: images[..., 0] for name, images in PIXELS.items()}
    for name, images in grey.items():
        write(tmp_path / "grey" / name, images)
        write(tmp_path / "mixed" / name, images)
    Image.fromarray(CATS[0]).save(tmp_path / "mixed" / "cat" / "1.png")

    assert prepare(tmp_path / "grey", tmp_path).image_shape == (6, 8, 1)
    mixed = prepare(tmp_path / "mixed", tmp_path)
    assert mixed.image_shape == (6, 8, 3)
    kept = opened(mixed, tmp_path)
    for image in kept.images[kept.labels == 1]:
        np.testing.assert_array_equal(image[..., 0], image[..., 2])


# 16 bits of grey keep their upper 8: 0x1234 becomes 0x12.
def test_sixteen_bits_of_grey_become_eight(tmp_path):
    for name, value in {"cat": 0x1234, "dog": 0xFFFF}.items():
        write(tmp_path / "deep" / name, [np.full((6, 8), value, np.uint16)], ("1.png",))
    kept = opened(prepare(tmp_path / "deep", tmp_path), tmp_path)
    assert kept.images.shape == (2, 6, 8, 1)
    assert [int(image.max()) for image in kept.images] == [0x12, 0xFF]


@pytest.mark.parametrize("mode", ["RGBA", "P", "CMYK", "1", "LA"])
def test_other_modes_become_rgb(tmp_path, mode):
    for name in PIXELS:
        (tmp_path / "odd" / name).mkdir(parents=True)
        suffix = "jpg" if mode == "CMYK" else "png"
        Image.new("RGB", (8, 6), "white").convert(mode).save(tmp_path / "odd" / name / f"1.{suffix}")
    kept = opened(prepare(tmp_path / "odd", tmp_path), tmp_path)
    assert kept.images.shape == (2, 6, 8, 3)
    assert kept.images.min() >= 254


# A camera held upright stores a lying picture and orientation 6: turn it clockwise to look at it.
def test_exif_orientation_is_followed(animals, tmp_path):
    lying = np.zeros((8, 6, 3), np.uint8)  # eight rows of six columns, white in the top row
    lying[0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(lying).save(animals / "dog" / "1.png", exif=exif)
    made = prepare(animals, tmp_path)
    assert made.image_shape == (6, 8, 3)
    turned = np.zeros((6, 8, 3), np.uint8)
    turned[:, -1] = 255
    kept = opened(made, tmp_path)
    assert turned.tobytes() in {image.tobytes() for image in kept.images}


# 4 × 8 fitted to 4 × 4: nothing is scaled, the two columns on either side go.
def test_image_size_cuts_the_long_side_about_its_centre(tmp_path):
    columns = np.tile(np.arange(0, 80, 10, dtype=np.uint8), (4, 1))
    for name, pixels in {"cat": columns, "dog": columns + 1}.items():
        write(tmp_path / "wide" / name, [pixels], ("1.png",))
    kept = opened(prepare(tmp_path / "wide", tmp_path, image_size=4), tmp_path)
    assert kept.images[0, :, :, 0].tolist() == [[20, 30, 40, 50]] * 4


def test_image_size_makes_mixed_sizes_equal(animals, tmp_path):
    Image.new("RGB", (20, 9)).save(animals / "cat" / "1.png")
    assert prepare(animals, tmp_path, image_size=8).image_shape == (8, 8, 3)


# Refusals.


def test_no_such_folder(tmp_path):
    assert refusal(tmp_path / "none", tmp_path) == "data source path:FOLDER: no such folder"


def test_a_single_class(animals, tmp_path):
    shutil.rmtree(animals / "dog")
    message = refusal(animals, tmp_path)
    assert message.startswith(
        "data source path:FOLDER: 3 PNG/JPEG files in 1 class folders; expected class/…"
    )


def test_no_images(tmp_path):
    (tmp_path / "empty").mkdir()
    assert "0 PNG/JPEG files in 0 class folders" in refusal(tmp_path / "empty", tmp_path)


@pytest.mark.parametrize(("there", "missing"), [("train", "test"), ("test", "train")])
def test_half_of_train_and_test(animals, tmp_path, there, missing):
    (tmp_path / "half").mkdir()
    animals.rename(tmp_path / "half" / there)
    assert (
        refusal(tmp_path / "half", tmp_path) == f"data source path:FOLDER: it has {there}/ but no {missing}/"
    )


def test_a_class_of_the_test_part_alone(tmp_path):
    folder = tmp_path / "parts"
    for part, classes in {"train": ("cat", "dog"), "test": ("cat", "dog", "emu")}.items():
        for name in classes:
            write(folder / part / name, CATS)
    expected = "data source path:FOLDER: class 'emu' stands in test/ but not in train/"
    assert refusal(folder, tmp_path) == expected


def test_mixed_sizes(animals, tmp_path):
    Image.new("RGB", (20, 9)).save(animals / "dog" / "2.png")
    assert refusal(animals, tmp_path) == (
        "data source path:FOLDER: images of several sizes (3.png has 8×6 pixels, 2.png 20×9); "
        "set data.image_size"
    )


@pytest.mark.parametrize("kept", [0, 0.5])
def test_a_cut_file(animals, tmp_path, kept):
    file = animals / "cat" / "2.jpg"
    Image.fromarray(np.kron(CATS[0], np.ones((8, 8, 1), np.uint8))).save(file)
    file.write_bytes(file.read_bytes()[: int(kept * file.stat().st_size)])
    message = refusal(animals, tmp_path, image_size=8)
    assert message.startswith("FOLDER/cat/2.jpg: cannot be read as an image (")
    assert message.endswith("; remove or repair it")
