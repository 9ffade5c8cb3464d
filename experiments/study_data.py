"""The section `data` of a study file: which images, how they are taken, how many of each split."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from experiments.crops import Crops
from experiments.datasets import NearDuplicates, OnBad, Wanted
from experiments.specification import Count, Frozen, Seed

NAMED_SOURCES = ("fashion_mnist", "mnist", "cifar10", "cifar100", "digits")


class Data(Frozen):
    """Which images, how many of each split, and their size in pixels."""

    source: str
    image_size: Annotated[int, Field(ge=8, le=4096)] | None = None
    crop: Annotated[int, Field(ge=8, le=4096)] | None = None
    crops: Crops = "centre"
    train: Count
    validation: Count
    test: Count
    split_seed: Seed = 0
    near_duplicates: NearDuplicates = "together"
    on_bad: OnBad = "stop"

    @property
    def wanted(self) -> Wanted:
        """What must be prepared for it."""
        return Wanted(self.source, self.image_size, self.near_duplicates, self.on_bad)

    @model_validator(mode="after")
    def _a_grid_needs_a_crop(self) -> "Data":
        if self.crops == "grid" and self.crop is None:
            raise ValueError("crops: 'grid' needs crop, the size of a window in pixels")
        return self

    @field_validator("source")
    @classmethod
    def _known_source(cls, source: str) -> str:
        if source not in NAMED_SOURCES and not source.startswith("path:"):
            choices = ", ".join(NAMED_SOURCES)
            raise ValueError(
                f"unknown data source {source!r}; choose from: {choices}, path:FOLDER, path:LIST.csv"
            )
        if not source.removeprefix("path:"):
            raise ValueError("path: names nothing; expected path:FOLDER or path:LIST.csv")
        if not source.isprintable():
            raise ValueError("must be printable characters")
        try:
            Path(source.removeprefix("path:")).expanduser()
        except RuntimeError as error:  # ~somebody who is not there
            raise ValueError(f"{source!r}: {error}") from None
        return source
