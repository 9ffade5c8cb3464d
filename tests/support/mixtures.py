"""Folders and lists in which many kinds of oddities stand side by side, and a count of their image files."""

import contextlib
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from experiments.data.facts import Links
from experiments.data.photographs.formats import READ, UNREAD
from tests.support import odd_files

SIDE = 10
PICTURE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"II*\0", b"MM\0*", b"RIFF")
SYSTEM_FOLDERS = ("__MACOSX", "@eaDir", "$RECYCLE.BIN", "lost+found")


class Mixture:
    """A folder of class folders that grows, one oddity after another."""

    def __init__(self, folder: Path, layout: str, seed: int) -> None:
        self.folder = folder
        self.elsewhere = folder.parent / f"{folder.name} elsewhere"
        self.elsewhere.mkdir(parents=True)
        self.generator = np.random.default_rng(seed)
        self.roots = [folder / part for part in LAYOUTS[layout]]
        self.classes = ["rust", "dent", "scratch"]
        for root in self.roots:
            for name in self.classes:
                for number in range(3):
                    self.picture(root / name / f"{number}.png")

    def picture(self, file: Path, mode: str = "RGB") -> Path:
        """Write a picture of its own."""
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = self.generator.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
        Image.fromarray(pixels).convert(mode).save(file)
        return file

    def one_class(self) -> Path:
        """Some class folder."""
        return self.some(self.roots) / self.some(self.classes)

    def some(self, things: list) -> object:
        """One of the things."""
        return things[int(self.generator.integers(len(things)))]

    def any_picture(self) -> Path:
        """A sound picture that was there from the beginning."""
        return self.one_class() / f"{self.generator.integers(3)}.png"


LAYOUTS = {
    "classes": ("",),
    "train and test": ("train", "test"),
    "three parts": ("Training", "valid", "Testing"),
}


def masks_beside(mix: Mixture) -> None:
    file = mix.any_picture()
    mix.picture(file.with_name(f"{file.stem}_mask.png"), "L")


def masks_in_folders(mix: Mixture) -> None:
    where = mix.one_class()
    for number in range(2):
        mix.picture(where / "images" / f"m{number}.png")
        mix.picture(where / "masks" / f"m{number}.png", "L")


def system_folders(mix: Mixture) -> None:
    where = mix.some([mix.folder, mix.one_class()]) / mix.some(list(SYSTEM_FOLDERS))
    mix.picture(where / "thumbnail.jpg")
    (where / "._1.png").write_bytes(b"\0\x05\x16\x07 a fork")


def hidden(mix: Mixture) -> None:
    mix.picture(mix.one_class() / ".hidden.png")
    mix.picture(mix.folder / ".trash" / "old.jpg")
    (mix.one_class() / "._0.png").write_bytes(b"\0\x05\x16\x07 a fork")
    (mix.folder / ".git").mkdir(exist_ok=True)
    mix.picture(mix.folder / ".git" / "object.png")


def raw_files(mix: Mixture) -> None:
    file = mix.any_picture()
    file.with_suffix(".CR2").write_bytes(b"II*\0 raw")
    (mix.one_class() / "alone.NEF").write_bytes(b"MM\0* raw")
    (mix.one_class() / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic")


def strange_endings(mix: Mixture) -> None:
    where = mix.one_class()
    mix.picture(where / "a.jpg").rename(where / "without")
    mix.picture(where / "b.png").rename(where / "UPPER.PNG")
    mix.picture(where / "c.png").rename(where / "wrong.jpg")
    mix.picture(where / "d.png").rename(where / "scan.001")
    (where / "e.jpg").mkdir(exist_ok=True)
    mix.picture(where / "e.jpg" / "inside.png")


def damaged(mix: Mixture) -> None:
    where = mix.one_class()
    (where / "empty.jpg").write_bytes(b"")
    (where / "page.png").write_text("<html>no such file</html>", encoding="utf-8")
    odd_files.half(".jpg")(where / "half.jpg")
    odd_files.bomb(where / "bomb.png")
    (where / "cut.jpg").write_bytes(mix.picture(where / "cut.jpg").read_bytes()[:-2])
    odd_files.strange_exif(where / "exif.jpg")


def strange_pixels(mix: Mixture) -> None:
    where = mix.one_class()
    mix.picture(where / "p.gif", "P")
    mix.picture(where / "cmyk.jpg", "CMYK")
    mix.picture(where / "grey.png", "L")
    mix.picture(where / "alpha.png", "RGBA")
    Image.fromarray(mix.generator.random((SIDE, SIDE)).astype(np.float32)).save(where / "float.tif")
    Image.fromarray(mix.generator.integers(0, 4096, (SIDE, SIDE), np.uint16)).save(where / "deep.png")
    Image.new("RGB", (1, 1), (9, 200, 90)).save(where / "one.png")
    Image.new("RGB", (SIDE, SIDE)).save(where / "black.png")


def copies(mix: Mixture) -> None:
    file = mix.any_picture()
    (file.parent / "copy.png").write_bytes(file.read_bytes())
    (mix.any_picture().parent / "copy of another.png").write_bytes(mix.any_picture().read_bytes())
    Image.open(file).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(mix.one_class() / "mirrored.png")


def links(mix: Mixture) -> None:
    where = mix.one_class()
    _link(where / "to nothing.png", mix.elsewhere / "nothing.png")
    _link(where / "to nothing", mix.elsewhere / "nothing")
    _link(where / "outside.png", mix.picture(mix.elsewhere / "one.png"))
    _link(where / "within.png", mix.any_picture())
    _link(where / "loop", where)
    _link(where / "itself.png", where / "itself.png")
    mix.picture(mix.elsewhere / "burst" / "1.png")
    _link(where / "burst", mix.elsewhere / "burst")


def linked_class(mix: Mixture) -> None:
    for root in mix.roots:
        for number in range(3):
            mix.picture(mix.elsewhere / root.name / "moved" / f"{number}.png")
        _link(root / "moved", mix.elsewhere / root.name / "moved")


def _link(file: Path, target: Path) -> None:
    with contextlib.suppress(FileExistsError):
        file.symlink_to(target)


def loose(mix: Mixture) -> None:
    mix.picture(mix.some([mix.folder, *mix.roots]) / "loose.png")
    (mix.folder / "readme.txt").write_text("of the pictures", encoding="utf-8")
    (mix.folder / "labels.csv").write_text("file,label\nrust/0.png,rust\n", encoding="utf-8")
    _link(mix.folder / "gone.png", mix.elsewhere / "gone.png")


def folders_beside(mix: Mixture) -> None:
    if mix.roots == [mix.folder]:
        return
    mix.picture(mix.folder / "unlabelled" / "1.png")
    mix.picture(mix.folder / "unlabelled" / "more" / ".2.png")
    (mix.folder / "docs").mkdir(exist_ok=True)


def empty_folders(mix: Mixture) -> None:
    (mix.roots[0] / "nothing yet").mkdir(exist_ok=True)
    (mix.one_class() / "empty").mkdir(exist_ok=True)


def months(mix: Mixture) -> None:
    where = mix.one_class()
    for month in ("2023-05", "2023-06"):
        for number in range(2):
            mix.picture(where / month / f"{month} {number}.png")


def scripts(mix: Mixture) -> None:
    where = mix.one_class()
    for name in ("사진.png", unicodedata.normalize("NFD", "é.png"), "a\nb.png", " spaces .png", "‮rtl.png"):
        mix.picture(where / name)
    mix.picture(where / "x.png").rename(Path(os.fsdecode(os.fsencode(where) + b"/byte\xff.png")))


ODDITIES: tuple[Callable[[Mixture], None], ...] = (
    masks_beside, masks_in_folders, system_folders, hidden, raw_files, strange_endings, damaged,
    strange_pixels, copies, links, linked_class, loose, folders_beside, empty_folders, months, scripts,
)  # fmt: skip


def image_files(folder: Path, layout: str, links: Links) -> int:
    """How many files below the folder are pictures or stand for some, by a walk of its own.

    A folder behind a link that is not entered, and a link to nothing in a class, count for one.
    """
    roots = {folder / part for part in LAYOUTS[layout]}
    return sum(_count(each, roots, links, hidden=False, in_class=False) for each in folder.iterdir())


def _count(path: Path, roots: set[Path], links: Links, *, hidden: bool, in_class: bool) -> int:
    hidden = hidden or path.name.startswith(".") or path.name in SYSTEM_FOLDERS
    if path.name == ".git":
        return 0
    is_class = path.parent in roots and path.is_dir()
    if path.is_dir() and (not path.is_symlink() or is_class or (links == "follow" and not _is_loop(path))):
        inside = in_class or is_class
        return sum(_count(each, roots, links, hidden=hidden, in_class=inside) for each in path.iterdir())
    if path.is_dir():
        return int(not hidden)
    if path.is_symlink() and not path.exists():
        return int(not hidden and (in_class or path.parent in roots or _ends_as_picture(path)))
    if hidden or not _ends_as_picture(path):
        starts = path.read_bytes().startswith(PICTURE_STARTS)
        return int(starts and (hidden or not path.suffix[1:].isalpha()))
    return 1


def _is_loop(path: Path) -> bool:
    return path.parent.resolve().is_relative_to(path.resolve())


def _ends_as_picture(path: Path) -> bool:
    return path.suffix.lower() in READ | UNREAD


LINE_CHANGES: tuple[Callable[[str], str], ...] = (
    lambda line: f"{line},,",
    lambda line: f" {line}",
    lambda line: line.replace(".png", ""),
    lambda line: unicodedata.normalize("NFD", line),
    lambda line: line.upper(),
    lambda line: f"{line}\n{line}",
    lambda line: f"{line}\n{line.split(',')[0]},other{',train' * (line.count(',') - 1)}",
    lambda line: f"{line.split(',')[0]},",
    lambda line: f"nowhere.png,{line.split(',', 1)[1]}",
    lambda line: f"../{line}",
    lambda line: line.replace("/", "\\"),
    lambda line: f",{line}",
    lambda line: "",
    lambda line: line.split(",")[0],
    lambda line: f'"{line}',
    lambda line: line + ",x,y,z",
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp949")
