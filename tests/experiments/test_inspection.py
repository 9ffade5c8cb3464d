"""The page about a data set: what it tells of files, splits and duplicates; names are text, not HTML."""

import re

import numpy as np
import pytest
import yaml
from PIL import Image, ImageOps
from sklearn.datasets import load_sample_images

from tests.support import commands
from tests.support.animals import write
from tests.support.places import TINY

TILES = [
    picture[top : top + 32, left : left + 32]
    for picture in load_sample_images().images
    for top in range(0, 384, 32)
    for left in range(0, 640, 32)
]
STUDY = {
    **yaml.safe_load(TINY),
    "name": "seen",
    "data": {"source": "digits", "image_size": 16, "crop": 8, "crops": "grid", "train": 80, "validation": 20,
             "test": 20},
    "recipe": {"batch_size": 20, "epochs": 1, "flip": True, "jitter": 0.2, "cutout": 4},
}  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of a folder with a planted copy, a burst, a bad file and hostile names."""
    place = tmp_path_factory.mktemp("inspected")
    folder = place / "photographs"
    for number, label in enumerate(("<b>cat", "dog")):
        names = [f"{position}.png" for position in range(60)]
        write(folder / label, TILES[60 * number : 60 * number + 60], names)
    write(folder / "dog" / "burst", TILES[200:203])
    ImageOps.mirror(Image.fromarray(TILES[64])).save(folder / "dog" / "a copy of 4.png")
    (folder / "dog" / "<script>alert(1).png").write_text("no picture")
    (folder / "dog" / "notes.txt").write_text("no picture")
    write(
        folder / "dog",
        [255 - TILES[number] for number in range(80, 90)],
        [f"{n}_mask.png" for n in range(20, 30)],
    )
    study = place / "seen.yaml"
    study.write_text(yaml.safe_dump(STUDY))
    assert commands.run("inspect", study, "--data", f"path:{folder}", "--work", place / "work") == 0
    [file] = (place / "work" / "inspection").glob("*.html")
    return file.read_text(encoding="utf-8")


# Sixty and sixty of one background: a study stops there, and the page is what shows why.
def test_a_page_is_made_where_a_study_would_stop(tmp_path, capsys):
    folder = tmp_path / "band"
    for label, shade in (("ring", 30), ("screw", 60)):
        images = [TILES[150] // 2 + np.uint8(shade + number % 3) for number in range(40)]
        write(folder / label, images, [f"{number}.png" for number in range(40)])
    study = tmp_path / "seen.yaml"
    study.write_text(yaml.safe_dump(STUDY))
    where = ["--data", f"path:{folder}", "--work", tmp_path / "work"]
    assert commands.run("inspect", study, *where, "--on-bad", "skip") == 0
    out = capsys.readouterr().out
    assert "warning: A study stops there: data." in out
    assert "NEAR_DUPLICATES=apart lets those go that only look alike" in out
    [file] = (tmp_path / "work" / "inspection").glob("*.html")
    assert "ring/0.png" in file.read_text(encoding="utf-8")


def test_what_is_left_out_changed_and_doubted_is_shown_by_kind(page):
    words = told(page)
    # 60 + 60 + 3 + a copy; the bad file and ten masks are left out.
    assert "135 image files: 124 used, 11 left out" in words
    assert "Left out 1 file cannot be used: not an image; the first is" in words
    left_out = page.split("<h2>Left out</h2>")[1].split("<h2>")[0]
    assert left_out.count("<img") == 8  # of the masks
    assert left_out.count("no picture can be shown") == 1  # of the bad file
    assert "and 2 more" in left_out


def told(page: str) -> str:
    """The page's words."""
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)).split())


def test_names_are_text(page):
    assert "<script" not in page
    assert "<b>cat" not in page
    assert "&lt;b&gt;cat" in page


def test_it_needs_nothing_from_elsewhere(page):
    assert not re.findall(r"(?:src|href)=.(?!data:)", page)
    assert "http" not in page


def test_it_counts_classes_and_splits(page):
    words = told(page)
    assert "124 images of 2 classes, 16×16 pixels, RGB" in words
    assert "dog 64 " in words
    assert "all 124 80 20 20" in words


def test_it_tells_of_copies_and_bursts_with_their_sides(page):
    words = told(page)
    assert "dog/a copy of 4.png" in words
    sides = re.findall(r"dog/(?:4|a copy of 4)\.png dog · (\w+(?: no split)?)", words)
    assert len(sides) == 2
    assert sides[0] == sides[1] != "in no split"
    assert words.count("dog/burst/") == 3


def test_it_tells_of_bad_and_other_files(page):
    words = told(page)
    assert (
        "1 file cannot be used, the first is dog/&lt;script&gt;alert(1).png: not an image. A study stops "
        "there unless it is told ON_BAD=skip"
    ) in words
    assert "not an image" in words
    assert "1 .txt" in words


def test_it_says_what_a_network_sees(page):
    words = told(page)
    assert "crops of the grid, flip, colour jitter of 0.2, holes of 4 pixels" in words
    assert "probabilities are averaged over these windows of each image" in words
    pictures = re.findall(r"data:image/png;base64,", page)
    assert len(pictures) >= 2 + 5
