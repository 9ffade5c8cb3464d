"""Folders of pictures: how files are decoded and fitted, and what is refused."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image

from experiments.data import dataset
from experiments.data import prepare as preparation
from experiments.data.facts import Wanted
from experiments.data.photographs import listing
from experiments.errors import UserError
from tests.support.animals import CATS, PIXELS, opened, prepare, refusal, write

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
        "data source path:FOLDER: 3 image files in 1 class folder (cat/: are the classes inside it?); "
        "expected class/…"
    )


def test_no_images(tmp_path):
    (tmp_path / "empty").mkdir()
    assert "0 image files in 0 class folders; expected" in refusal(tmp_path / "empty", tmp_path)


@pytest.mark.parametrize(("there", "missing"), [("train", "test"), ("test", "train")])
def test_half_of_train_and_test(animals, tmp_path, there, missing):
    (tmp_path / "half").mkdir()
    animals.rename(tmp_path / "half" / there)
    assert refusal(tmp_path / "half", tmp_path) == (
        f"data source path:FOLDER: it has {there}/ but no {missing}/; add {missing}/<class>/…, or put all "
        f"into <class>/… and leave splitting to the study (a class cannot be called {there}, but in a list)"
    )


def test_a_validation_part_is_no_test_part_unless_it_is_called_so(tmp_path):
    for part in ("train", "val"):
        for name, images in PIXELS.items():
            write(tmp_path / "parts" / part / name, images)
    assert "it has train/ but no test/; rename val/ to test/, or put all" in refusal(
        tmp_path / "parts", tmp_path
    )


@pytest.mark.parametrize("names", [("Train", "Testing"), ("Training", "TEST"), ("training", "test")])
@pytest.mark.parametrize("beside", ["__MACOSX", "extra", None])
def test_splits_by_another_name_are_splits_whatever_stands_beside_them(tmp_path, names, beside):
    for part, name in zip(("train", "test"), names, strict=True):
        for label, images in PIXELS.items():
            write(tmp_path / "parts" / name / label, images if part == "train" else 255 - images)
    if beside:
        write(tmp_path / "parts" / beside, PIXELS["cat"])
    facts = prepare(tmp_path / "parts", tmp_path)
    assert (facts.classes, facts.train_part, facts.test_part) == (("cat", "dog"), 6, 6)
    told = " ".join(facts.notices)
    assert ("3 image files lie in extra/, beside" in told) == (beside == "extra")
    assert ("3 image files lie in folders that storage" in told) == (beside == "__MACOSX")


def test_two_folders_of_one_part_are_refused(tmp_path):
    for name in ("train", "Training", "test"):
        for label, images in PIXELS.items():
            write(tmp_path / "parts" / name / label, images)
    assert "Training/ and train/ both seem to be its train part; keep one" in refusal(
        tmp_path / "parts", tmp_path
    )


# What is left out.


def test_images_in_no_class_folder_and_folders_without_images_are_told(animals, tmp_path):
    write(animals, PIXELS["cat"][:1], ("loose.png",))
    for name in ("notes", "one", "three", "two"):
        (animals / name).mkdir()
    facts = prepare(animals, tmp_path)
    assert (facts.classes, facts.train_part) == (("cat", "dog"), 6)
    assert facts.notices == (
        "1 image file lies in the folder itself, in no class folder, and is not used",
        "no image file lies in notes/, one/, three/ and 1 more: not taken for a class",
    )


def test_what_lies_beside_train_and_test_is_told(tmp_path):
    folder = tmp_path / "parts"
    for part in ("train", "test", "more"):
        for name, images in PIXELS.items():
            write(folder / part / name, images if part != "test" else 255 - images)
    write(folder, PIXELS["cat"][:2], ("1.png", "2.png"))
    write(folder / "test", PIXELS["cat"][:1], ("1.png",))
    facts = prepare(folder, tmp_path)
    assert (facts.train_part, facts.test_part) == (6, 6)
    assert facts.notices == (
        "9 of 21 image files are left out",
        "6 image files lie in more/, beside train/ and test/, and are not used",
        "2 image files lie beside train/ and test/, and are not used",
        "1 image file lies in test/ itself, in no class folder, and is not used",
    )
    # They count at once, though no image of the data set changed.
    shutil.rmtree(folder / "more")
    assert len(prepare(folder, tmp_path).findings) == 2


# A validation part of one's own is validation, whatever it is called: patients stay apart by it.
@pytest.mark.parametrize("name", ["val", "Valid", "validation"])
def test_a_validation_part_is_used_as_one(tmp_path, name):
    folder = tmp_path / "parts"
    generator = np.random.default_rng(1)
    for part in ("train", "test", name):
        for label in PIXELS:
            write(folder / part / label, generator.integers(0, 256, (3, 16, 16, 3), np.uint8))
    facts = prepare(folder, tmp_path)
    assert facts.parts == {"train_part": 6, "test_part": 6, "validation_part": 6}
    data = opened(facts, tmp_path)
    chosen = data.split(train=6, validation=4, test=6, seed=0)
    assert data.in_validation[chosen.validation].all()
    assert not data.in_validation[chosen.train].any()
    assert not data.in_validation[chosen.test].any()


def test_linked_folders_and_files_are_used_where_links_are_followed(tmp_path):
    elsewhere, folder = tmp_path / "disk", tmp_path / "links"
    for label, images in PIXELS.items():
        write(elsewhere / label, images)
    folder.mkdir()
    (folder / "cat").symlink_to(elsewhere / "cat")  # a whole class
    (folder / "dog").mkdir()
    for name in ("1.png", "2.png", "3.png"):  # files, as DVC and git-annex leave them
        (folder / "dog" / name).symlink_to(elsewhere / "dog" / name)
    (folder / "dog" / "round").symlink_to(folder / "dog")  # for ever
    source = f"path:{folder}"
    with pytest.raises(UserError, match=r"LINKS=follow uses it"):
        dataset.summary(Wanted(source), tmp_path)
    facts = dataset.summary(Wanted(source, links="follow", on_bad="skip"), tmp_path)
    assert facts.train_part == 6
    assert facts.first_bad.startswith("dog/round: a link to a folder, which is not entered")
    assert facts.digest == prepare(elsewhere, tmp_path).digest


def test_folders_below_a_class_are_no_groups_if_one_says_so(tmp_path):
    for label, images in PIXELS.items():
        for month, image in zip(("05", "06", "07"), images, strict=True):
            write(tmp_path / "rust" / label / f"2023-{month}", [image, 255 - image], ("1.png", "2.png"))
    source = f"path:{tmp_path / 'rust'}"
    grouped = dataset.summary(Wanted(source), tmp_path)
    assert grouped.grouped == 12
    assert any("GROUPS=none" in notice for notice in grouped.notices)
    alone = dataset.summary(Wanted(source, groups="none"), tmp_path)
    assert (alone.grouped, alone.notices) == (0, ())
    assert alone.digest == grouped.digest


def test_a_test_part_without_images_is_refused(tmp_path):
    folder = tmp_path / "parts"
    for name, images in PIXELS.items():
        write(folder / "train" / name, images)
        (folder / "test" / name).mkdir(parents=True)
    assert "no image file lies in the class folders of test/; add some, or" in refusal(folder, tmp_path)
    # The same where there are files, and none can be used.
    for name in PIXELS:
        (folder / "test" / name / "1.heic").write_bytes(b"phone")
    assert "no image of the given test part can be used; the first of 2 files: test/cat/1.heic" in refusal(
        folder, tmp_path
    )


def test_splits_inside_the_classes_are_not_taken_for_bursts(tmp_path):
    folder = tmp_path / "parts"
    for name, images in PIXELS.items():
        write(folder / name / "train", images)
        write(folder / name / "test", images)
    assert "cat/test/ and cat/train/ seem to be splits inside a class; expected train/<class>/…" in refusal(
        folder, tmp_path
    )


def test_a_class_of_the_test_part_alone(tmp_path):
    folder = tmp_path / "parts"
    for part, classes in {"train": ("cat", "dog"), "test": ("cat", "dog", "emu")}.items():
        for name in classes:
            write(folder / part / name, CATS)
    expected = (
        "data source path:FOLDER: class 'emu' stands in the test part but not in train; add some of it there "
        "or leave it out"
    )
    assert refusal(folder, tmp_path) == expected


def test_mixed_sizes(animals, tmp_path):
    Image.new("RGB", (20, 9)).save(animals / "dog" / "2.png")
    assert refusal(animals, tmp_path) == (
        "data source path:FOLDER: images of several sizes (1.png has 8×6 pixels, 2.png 20×9); "
        "set data.image_size"
    )


def test_a_list_in_the_folder_and_other_files_are_told(animals, tmp_path):
    (animals / "list.csv").write_text("file,label\n")
    (animals / "cat" / "notes.txt").write_text("no picture")
    facts = prepare(animals, tmp_path)
    assert facts.notices == ("the list list.csv is not read; DATA=path:… with its own path reads it",)
    assert facts.other == 2


# A class whose files have lost their endings must not vanish, and files are what their first bytes say.
def test_files_without_endings_are_pictures_by_their_first_bytes(animals, tmp_path):
    (animals / "emu").mkdir()
    for number, pixels in enumerate(255 - PIXELS["cat"]):
        kind = ("PNG", "JPEG", "GIF")[number]
        Image.fromarray(pixels).save(animals / "emu" / f"{number}", kind)
    (animals / "emu" / "list").write_text("no picture")
    facts = prepare(animals, tmp_path)
    assert (facts.classes, facts.train_part, facts.other) == (("cat", "dog", "emu"), 9, 1)


def test_a_folder_of_files_without_a_picture_stops_a_study(animals, tmp_path):
    (animals / "notes").mkdir()
    (animals / "notes" / "read me.txt").write_text("no picture")
    assert refusal(animals, tmp_path) == (
        "data source path:FOLDER: notes/ holds 1 file and no picture (the first is notes/read me.txt); put "
        "pictures there, move it away, or let its name begin with a dot"
    )


# Masks, raw twins and thumbnails.


def test_masks_raw_twins_and_what_systems_leave_train_nothing(animals, tmp_path):
    cat = animals / "cat"
    write(cat, 255 - PIXELS["cat"], ("1_mask.png", "2-masks.png", "3 segmentation.png"))
    (cat / "1.nef").write_bytes(b"raw")
    (cat / "2.heic").write_bytes(b"phone")
    write(cat / "@eaDir", PIXELS["dog"])
    write(animals / "__MACOSX" / "cat", PIXELS["dog"])
    write(cat, PIXELS["dog"][:1] // 2, ("mask.png",))  # a picture of a mask, and of no other picture
    facts = prepare(animals, tmp_path)
    assert (facts.classes, facts.train_part, facts.bad) == (("cat", "dog"), 7, 0)
    assert set(facts.notices) >= {
        "3 files are not used: masks by their names (x_mask.png beside x.png); the first is cat/1_mask.png",
        "2 files are not used: in formats that are not read, beside a picture of the same name; the first is "
        "cat/1.nef",
        "6 image files lie in folders that storage or operating systems make (@eaDir, __MACOSX, …), and are "
        "not used; the first is __MACOSX/cat/1.png",
    }
    assert (facts.images, facts.left_out) == (7, 11)


def test_a_folder_of_masks_beside_one_of_images_is_no_class_material(tmp_path):
    folder = tmp_path / "lungs"
    for label, images in PIXELS.items():
        write(folder / label / "images", images)
        write(folder / label / "masks", 255 - images)
    facts = prepare(folder, tmp_path)
    assert facts.train_part == 6
    [told] = [notice for notice in facts.notices if "masks" in notice]
    assert told == (
        "6 files are not used: in a folder of masks beside one of images; the first is cat/masks/1.png"
    )


def test_an_empty_validation_part_is_none(tmp_path):
    folder = tmp_path / "parts"
    for part, images in (("train", PIXELS), ("test", {name: 255 - each for name, each in PIXELS.items()})):
        for name, each in images.items():
            write(folder / part / name, each)
            (folder / "val" / name).mkdir(parents=True, exist_ok=True)
    facts = prepare(folder, tmp_path)
    assert (facts.train_part, facts.validation_part, facts.test_part) == (6, 0, 6)
    assert "no image file lies in val/: not taken for a validation part" in facts.notices


def test_pipes_are_not_waited_for(animals, tmp_path):
    for name in ("pipe", ".hidden"):
        os.mkfifo(animals / "cat" / name)
    assert prepare(animals, tmp_path).left_out == 0


def test_hidden_pictures_of_any_format_are_counted(animals, tmp_path):
    Image.fromarray(PIXELS["cat"][0]).save(animals / "cat" / ".1.bmp")
    (animals / "cat" / ".2.heic").write_bytes(b"ftypheic")
    (animals / "cat" / "._1.png").write_bytes(b"what a Mac keeps")
    assert prepare(animals, tmp_path).left_out == 2


def test_a_linked_folder_with_a_name_of_a_picture_counts_once(animals, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (animals / "cat" / "linked.jpg").symlink_to(tmp_path / "elsewhere")
    facts = preparation.prepare(Wanted(f"path:{animals}", on_bad="skip"), tmp_path)
    assert (facts.images, facts.left_out) == (6, 1)


def test_splits_inside_a_class_are_refused_whatever_folders_are_groups_of(tmp_path):
    for name, images in PIXELS.items():
        for part in ("train", "test"):
            write(tmp_path / "odd" / name / part, images if part == "train" else 255 - images)
    for groups in ("folders", "none"):
        with pytest.raises(UserError, match="seem to be splits inside a class"):
            preparation.prepare(Wanted(f"path:{tmp_path / 'odd'}", groups=groups), tmp_path)


@pytest.mark.parametrize("linked", ["cat", "."])
def test_hidden_pictures_behind_links_are_counted(animals, tmp_path, linked):
    write(animals / "cat" / "@eaDir", PIXELS["dog"])
    write(animals / "cat", PIXELS["dog"][:1] // 3, (".1.png",))
    elsewhere = tmp_path / "elsewhere"
    (animals / linked).resolve().rename(elsewhere)
    (animals if linked == "." else animals / linked).symlink_to(elsewhere)
    facts = preparation.prepare(Wanted(f"path:{animals}", links="follow"), tmp_path)
    assert (facts.images, facts.left_out) == (6, 4)


def test_masks_in_folders_below_masks_are_none_of_a_class(tmp_path):
    for label, images in PIXELS.items():
        write(tmp_path / "lungs" / label / "images" / "patient", images)
        write(tmp_path / "lungs" / label / "masks" / "patient", 255 - images)
    facts = prepare(tmp_path / "lungs", tmp_path)
    assert (facts.images, facts.left_out) == (6, 6)


def test_a_class_of_links_alone_is_told_what_follows_them(animals, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "elsewhere", PIXELS["cat"] // 2)
    (animals / "owl").mkdir()
    (animals / "owl" / "all").symlink_to(tmp_path / "elsewhere")
    assert "owl/all (LINKS=follow uses it)" in refusal(animals, tmp_path)


# What is left out was not used though changed.
def test_a_file_is_not_both_left_out_and_changed(animals, tmp_path):
    deep = np.random.default_rng(0).integers(0, 9999, (6, 8), np.uint16)
    for label in PIXELS:
        Image.fromarray(deep).save(animals / label / "deep.png")
    facts = preparation.prepare(Wanted(f"path:{animals}", on_bad="skip"), tmp_path)
    assert (facts.left_out, [each.kind for each in facts.findings]) == (2, [])


# Folders below a class.


def grouped(folder, work):
    facts = prepare(folder, work)
    return facts.grouped, facts.train_part


def test_folders_below_a_class_are_groups_unless_one_holds_the_whole_class(tmp_path):
    for name, images in PIXELS.items():
        write(tmp_path / "whole" / name / "images", images)
        write(tmp_path / "parted" / name / "monday", images[:2], ("1.png", "2.png"))
        write(tmp_path / "parted" / name / "tuesday", images[2:], ("1.png",))
    assert grouped(tmp_path / "whole", tmp_path / "one") == (0, 6)
    assert grouped(tmp_path / "parted", tmp_path / "two") == (4, 6)


# Two patients of two visits each, below a folder that says nothing: a patient is a group.
def test_the_first_folder_that_tells_images_apart_is_the_group(tmp_path):
    for name, images in PIXELS.items():
        for patient in ("anna", "bo"):
            for visit, pixels in enumerate(images[:2] if patient == "bo" else images[1:]):
                write(tmp_path / "visits" / name / "all" / patient / f"{visit}", [pixels ^ 1], ("1.png",))
    listed = listing.listing(tmp_path / "visits")
    groups = {entry.file.parts[-3]: entry.group for entry in listed.entries if entry.label == "cat"}
    assert groups == {"anna": "visits/cat/anna", "bo": "visits/cat/bo"}
    assert len({entry.group for entry in listed.entries}) == 4


# Tiny ImageNet lies so: the same folder's name in train and in test means nothing.
def test_folders_of_one_name_in_train_and_test_are_two(tmp_path):
    for part in ("train", "test"):
        for name, images in PIXELS.items():
            write(tmp_path / "parts" / part / name / "a", images[:2], ("1.png", "2.png"))
            write(tmp_path / "parts" / part / name / "b", images[2:], ("1.png",))
    facts = prepare(tmp_path / "parts", tmp_path)
    assert (facts.train_part, facts.test_part) == (6, 6)


def test_a_name_that_is_no_text_is_a_name(animals, tmp_path):
    (animals / "cat" / os.fsdecode(b"caf\xe9.png")).write_bytes(b"no picture")
    facts = prepare(animals, tmp_path)
    assert facts.first_bad == "cat/caf\\udce9.png: not an image"
