"""Images of a folder: which are left out because they stand in two classes, and whose names they have."""

import numpy as np
import pytest
from PIL import Image

from experiments.data import dataset
from experiments.data.facts import Wanted
from experiments.data.photographs import decoding, listing, reading
from experiments.errors import UserError
from tests.support.animals import PIXELS, opened, prepare, write


# The pixels decide, not the bytes of the file: it is the same picture.
def test_a_photograph_under_two_labels_stops_a_study_or_both_are_left_out(photographs, tmp_path):
    Image.open(photographs / "leaf" / "3.png").save(photographs / "wall" / "again.png", optimize=True)
    wanted = Wanted(f"path:{photographs}", 16, "apart")
    with pytest.raises(UserError) as caught:
        dataset.summary(wanted, tmp_path)
    first = "leaf/3.png: shows the same pixels as wall/again.png, of another class"
    assert f"2 files cannot be used, the first is {first}; " in str(caught.value)
    facts = dataset.summary(wanted._replace(on_bad="skip"), tmp_path)
    assert (facts.bad, facts.train_part) == (2, 60)
    (photographs / "leaf" / "3.png").unlink()
    (photographs / "wall" / "again.png").unlink()
    assert dataset.summary(wanted, tmp_path).digest == facts.digest


def test_files_that_are_left_out_leave_names_and_sizes_with_their_images(photographs, tmp_path):
    for number in (2, 4, 5):
        file = photographs / "leaf" / f"{number}.png"
        Image.open(file).resize((20 + number, 40)).save(file)
    found = reading.read(listing.listing(photographs), 16, tmp_path)
    assert len(found.files.names) == len(found.rows) == len(found.labels) == 60
    for name, size, row in zip(found.files.names, found.files.sizes, found.rows, strict=True):
        with Image.open(photographs / name) as image:
            assert image.size == size
            fitted = decoding.fitted(image.convert("RGB"), 16)
        np.testing.assert_array_equal(found.images[row], np.asarray(fitted))


def test_three_classes_of_one_photograph_are_all_left_out_and_equal_labels_stay(tmp_path):
    folder = tmp_path / "animals"
    for name, images in PIXELS.items():
        write(folder / name, images)
    write(folder / "emu", PIXELS["cat"][[0, 0]], ("1.png", "2.png"))
    write(folder / "emu", [255 - PIXELS["cat"][0]] * 2, ("3.png", "4.png"))
    facts = prepare(folder, tmp_path)
    assert (facts.bad, facts.train_part) == (3, 7)
    kept = opened(facts, tmp_path)
    assert np.bincount(kept.labels).tolist() == [2, 3, 2]
    assert PIXELS["cat"][0].tobytes() not in {image.tobytes() for image in kept.images}
