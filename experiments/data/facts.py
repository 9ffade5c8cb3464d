"""What is known of a data set without opening its images: the named sources, what is wanted, what was found.

A named source is a file of this folder and a row of SOURCES (docs/add-a-data-source.md).
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from experiments import words

OnBad = Literal["stop", "skip"]
NearDuplicates = Literal["together", "apart"]
Links = Literal["refuse", "follow"]
Groups = Literal["folders", "none"]
ImageShape = tuple[int, int, int]  # height, width, channels


@dataclass(frozen=True)
class Published:
    """The form in which a data set is published: a plan can be made from it before the data is had."""

    image_shape: ImageShape
    classes: int
    train: int
    test: int


@dataclass(frozen=True)
class Source:
    """A named data set.

    loader: the "module:function" that gives `named.Images`; published: None if the data is always there.
    """

    loader: str
    published: Published | None = None


SOURCES = {
    "fashion_mnist": Source(
        "experiments.data.fashion_mnist:load", Published((28, 28, 1), 10, train=60_000, test=10_000)
    ),
    "mnist": Source(
        "experiments.data.keras_sets:mnist", Published((28, 28, 1), 10, train=60_000, test=10_000)
    ),
    "cifar10": Source(
        "experiments.data.keras_sets:cifar10", Published((32, 32, 3), 10, train=50_000, test=10_000)
    ),
    "cifar100": Source(
        "experiments.data.keras_sets:cifar100", Published((32, 32, 3), 100, train=50_000, test=10_000)
    ),
    "digits": Source("experiments.data.digits:load"),
}
CHOICES = ", ".join([*SOURCES, "path:FOLDER", "path:LIST.csv"])


class Wanted(NamedTuple):
    """Which data, and how it is taken.

    on_bad: what to do about files that cannot be used; links: whether files and folders are used to which a
    link leads out of the data's folder; groups: whether folders below a class hold what belongs together;
    grey_range: the levels of 16-bit grey that become black and white (None: as the images have them).
    """

    source: str
    image_size: int | None = None
    near_duplicates: NearDuplicates = "together"
    on_bad: OnBad = "stop"
    links: Links = "refuse"
    groups: Groups = "folders"
    grey_range: tuple[int, int] | None = None

    @property
    def reading(self) -> tuple:
        """What decides of the files' content which data set they are."""
        return (self.image_size, self.near_duplicates, self.links, self.groups, self.grey_range)

    @property
    def path(self) -> Path:
        """The folder or list of a source `path:…`, absolute."""
        written = Path(self.source.removeprefix("path:"))
        with contextlib.suppress(RuntimeError):  # nobody has that home: there is no such folder
            written = written.expanduser()
        return written.absolute()


Kind = Literal["left out", "changed", "doubtful"]
SHOWN = 8  # files at most that a finding names


class Finding(NamedTuple):
    """Something that whoever uses the data must know.

    count: the image files that it is about, of which files are the first (at most SHOWN); 0 where it is about
    something else; text: a sentence without its capital and full stop.
    """

    kind: Kind
    text: str
    count: int = 0
    files: tuple[str, ...] = ()


class Facts(BaseModel):
    """What planning needs to know of a prepared data set, kept as JSON.

    validation_part: images of its own validation part; grey_range: the levels of 16-bit grey that became 0
    and 255, if it has any; grouped: images that stay together with others; bad: files that cannot be used;
    other: files that are no images; large_group: a finding that comes before all others; findings: what
    else somebody who uses it must know; index: the index file that the facts were read from, if any, which is
    no part of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    digest: str
    partition: str
    classes: tuple[str, ...]
    image_shape: ImageShape
    train_part: int
    test_part: int
    validation_part: int = 0
    grey_range: tuple[int, int] | None = None
    grouped: int = 0
    bad: int = 0
    first_bad: str = ""
    other: int = 0
    large_group: Finding | None = None
    findings: tuple[Finding, ...] = ()
    index: Path | None = Field(default=None, exclude=True)

    @classmethod
    def read(cls, file: Path) -> "Facts | None":
        """The facts that an index file holds; None if there is no such file, or a damaged one."""
        try:
            return cls.model_validate_json(file.read_bytes()).model_copy(update={"index": file})
        except (OSError, ValueError):
            return None

    @property
    def parts(self) -> dict[str, int]:
        """How many images each part holds, by the names of `split_sizes.fitting_sizes`."""
        return {
            "train_part": self.train_part,
            "test_part": self.test_part,
            "validation_part": self.validation_part,
        }

    @property
    def images(self) -> int:
        """The number of images of all parts."""
        return self.train_part + self.test_part + self.validation_part

    @property
    def left_out(self) -> int:
        """The number of image files that are not used."""
        return sum(each.count for each in self.all_findings if each.kind == "left out")

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """The findings, with one on bad files if there are any: those are left out."""
        bad = []
        if self.bad:
            are = "is" if self.bad == 1 else "are"
            text = f"cannot be used and {are} left out, the first is {self.first_bad}"
            bad = [Finding("left out", f"{words.file_count(self.bad)} {text}", self.bad)]
        return (*filter(None, [self.large_group]), *bad, *self.findings)

    @property
    def notices(self) -> tuple[str, ...]:
        """The sentences of all findings; after that on a large group, how many files are left out."""
        found = [each.text for each in self.all_findings]
        if sum(each.kind == "left out" and each.count > 0 for each in self.all_findings) > 1:
            at = int(self.large_group is not None)
            found.insert(at, f"{self.left_out:,} of {self.images + self.left_out:,} image files are left out")
        return tuple(found)


class BadFile(NamedTuple):
    """A file that cannot be used: its path as the user names it, why, and its class ("": nobody knows).

    many: the reason where it is one that many files may have, without what it says of this one.
    """

    name: str
    reason: str
    label: str
    many: str = ""

    @property
    def kind(self) -> str:
        """The reason without what it says of this file."""
        return self.many or self.reason.partition(" (")[0]


class Files(BaseModel):
    """Where the images of a folder or list came from, as JSON beside the facts; empty for a named source.

    names, sizes (width and height of the file's own picture): one an image; other: the number of files that
    are no images, by ending.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...] = ()
    sizes: tuple[tuple[int, int], ...] = ()
    bad: tuple[BadFile, ...] = ()
    other: dict[str, int] = {}

    def in_order(self, order: Sequence[int] | np.ndarray) -> "Files":
        """The same with names and sizes in the order of these positions."""
        if not self.names:
            return self
        names, sizes = (tuple(values[position] for position in order) for values in (self.names, self.sizes))
        return self.model_copy(update={"names": names, "sizes": sizes})

    @classmethod
    def read(cls, index: Path) -> "Files":
        """The files that stand beside an index file; none for a named source."""
        beside = cls.beside(index)
        return cls.model_validate_json(beside.read_bytes()) if beside.exists() else cls()

    @staticmethod
    def beside(index: Path) -> Path:
        """The path of the files beside an index file."""
        return index.with_suffix(".files.json")
