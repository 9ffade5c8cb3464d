"""Links, folders and formats that cannot be read: nobody's photographs are lost with them unnoticed."""

import os
import tempfile
from pathlib import Path

import pytest

from tests.support.animals import CATS, PIXELS, prepare, refusal, write


def test_a_link_to_a_folder_is_told_and_not_entered(animals, tmp_path):
    write(tmp_path / "elsewhere", CATS)
    (animals / "cat" / "more").symlink_to(tmp_path / "elsewhere")
    facts = prepare(animals, tmp_path)
    assert facts.train_part == 6
    assert facts.first_bad == "cat/more: a link to a folder, which is not entered (LINKS=follow uses it)"


# Folders, links to them: a burst or a class may be lost with them.
@pytest.mark.parametrize("name", ["cat/burst", "emu", "cat/1.2.2026"])
def test_a_link_to_nothing_is_told_whatever_it_was(animals, tmp_path, name):
    (animals / name).symlink_to(tmp_path / "nowhere")
    facts = prepare(animals, tmp_path)
    assert (facts.train_part, facts.bad, facts.first_bad) == (6, 1, f"{name}: a link to nothing")
    (animals / name).unlink()
    assert prepare(animals, tmp_path).bad == 0


def test_a_picture_beside_the_classes_that_is_a_link_to_nothing_is_told_as_a_picture(animals, tmp_path):
    (animals / "1.png").symlink_to(tmp_path / "nowhere")
    assert prepare(animals, tmp_path).notices[0].startswith("1 image file lies in the folder itself")


def test_classes_of_links_to_nothing_alone_are_told(animals, tmp_path):
    for file in animals.glob("*/*.png"):
        file.unlink()
        file.symlink_to(tmp_path / "nowhere")
    assert "no image of class 'cat' can be used; the first of 3 files: cat/1.png: a link to nothing" in (
        refusal(animals, tmp_path)
    )


@pytest.fixture
def as_nobody():
    """Root may read everything: for a while somebody else, who may write below a folder of theirs."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o777)
        root = os.geteuid() == 0
        try:
            if root:
                os.seteuid(65534)
            yield Path(place)
        finally:
            if root:
                os.seteuid(0)


@pytest.mark.parametrize("closed", ["burst", ""])
def test_a_folder_that_may_not_be_read_is_told(as_nobody, closed):
    folder, work = as_nobody / "animals", as_nobody / "work"
    for name, images in PIXELS.items():
        write(folder / name, images)
    write(folder / "cat" / "burst", CATS ^ 1)
    shut = folder / "cat" / closed
    shut.chmod(0)
    try:
        if closed:
            facts = prepare(folder, work)
            assert (facts.train_part, facts.bad) == (6, 1)
            assert facts.first_bad == "cat/burst: a folder that cannot be read (Permission denied)"
        else:
            assert "no image of class 'cat' can be used; the first of 1 file: cat: a folder that cannot" in (
                refusal(folder, work)
            )
    finally:
        shut.chmod(0o755)
    assert prepare(folder, work).train_part == 9


def test_a_file_that_could_not_be_read_once_is_read_when_it_can(as_nobody):
    folder, work = as_nobody / "animals", as_nobody / "work"
    for name, images in PIXELS.items():
        write(folder / name, images)
    file = folder / "cat" / "1.png"
    file.chmod(0)
    facts = prepare(folder, work)
    assert (facts.train_part, facts.first_bad) == (5, "cat/1.png: may not be read")
    file.chmod(0o644)
    assert prepare(folder, work).train_part == 6


@pytest.mark.parametrize("label", ["cat", "emu"])
def test_a_class_of_unreadable_formats_alone_does_not_vanish(animals, tmp_path, label):
    for file in (animals / label).glob("*"):
        file.unlink()
    (animals / label).mkdir(exist_ok=True)
    (animals / label / "1.heic").write_bytes(b"phone")
    assert refusal(animals, tmp_path).partition("; /")[0] == (
        f"data source path:FOLDER: no image of class {label!r} can be used; the first of 1 file: "
        f"{label}/1.heic: a format that is not read; save it as JPEG or PNG"
    )


# Its files cannot be used, and its name cannot be shown.
def test_a_class_whose_name_is_no_text_is_refused(animals, tmp_path):
    folder = animals / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / "1.png").symlink_to(tmp_path / "nowhere")
    assert refusal(animals, tmp_path).endswith("must be text of printable characters")


def test_no_image_that_can_be_used(tmp_path):
    for name in PIXELS:
        (tmp_path / "phone" / name).mkdir(parents=True)
        (tmp_path / "phone" / name / "1.heic").write_bytes(b"phone")
    assert "no image of class 'cat' can be used; the first of 1 file: cat/1.heic" in refusal(
        tmp_path / "phone", tmp_path
    )
