"""What planning knows of a data set without opening its images: which is wanted, and what was found."""

import json
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from experiments import words

OnBad = Literal["stop", "skip"]
NearDuplicates = Literal["together", "apart"]


class Wanted(NamedTuple):
    """Which data, and how it is taken. on_bad is what to do about files that cannot be used."""

    source: str
    image_size: int | None = None
    near_duplicates: NearDuplicates = "together"
    on_bad: OnBad = "stop"


class Facts(NamedTuple):
    """What planning needs to know of a prepared data set without opening its images.

    grouped: images that stay together with others; bad: files that cannot be used; other: files that are no
    images; notices: what else somebody who uses it must know, a sentence each; kept_as: the index file that
    they were read from.
    """

    digest: str
    partition: str
    classes: tuple[str, ...]
    image_shape: tuple[int, int, int]
    train_part: int
    test_part: int
    grouped: int = 0
    bad: int = 0
    first_bad: str = ""
    other: int = 0
    notices: tuple[str, ...] = ()
    kept_as: str = ""

    @classmethod
    def read(cls, file: Path) -> "Facts":
        """What an index file holds. Raises OSError, ValueError or TypeError where it holds none."""
        facts = cls(**json.loads(file.read_text(encoding="utf-8")))
        lists = {name: tuple(getattr(facts, name)) for name in ("classes", "image_shape", "notices")}
        return facts._replace(**lists, kept_as=str(file))

    @classmethod
    def kept(cls, file: Path) -> "Facts | None":
        """What an index file holds; None where there is none, or a damaged one."""
        try:
            return cls.read(file)
        except (OSError, ValueError, TypeError):
            return None

    @property
    def told(self) -> tuple[str, ...]:
        """What somebody must know who uses the data without its bad files."""
        if not self.bad:
            return self.notices
        left = f"{words.file_count(self.bad)} cannot be used and {'is' if self.bad == 1 else 'are'} left out"
        return (f"{left}, the first is {self.first_bad}", *self.notices)


class Files(NamedTuple):
    """Where the images of a data set of one's own came from; empty for a named one.

    names, sizes (width, height of the file's own picture): one an image; bad: name, reason and class; other:
    the number of files that are no images, by ending.
    """

    names: list[str] = []
    sizes: list[tuple[int, int]] = []
    bad: list[tuple[str, str, str]] = []
    other: dict[str, int] = {}

    def in_order(self, order: np.ndarray) -> "Files":
        """With names and sizes in the order of these positions."""
        if not self.names:
            return self
        names, sizes = ([values[position] for position in order] for values in (self.names, self.sizes))
        return self._replace(names=names, sizes=sizes)

    @classmethod
    def read(cls, file: Path) -> "Files":
        """What stands beside an index file."""
        beside = file.with_suffix(".files.json")
        return cls(**json.loads(beside.read_text(encoding="utf-8"))) if beside.exists() else cls()
