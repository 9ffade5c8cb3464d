"""What gives way where a study must end within some minutes: its size, rung by rung, in one stated order.

The image size first, then the width of the networks, the number of epochs, and last the number of seeds;
never an arm, a training image or the test. The rungs stand in the study file, from the most to the least.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import Field, field_validator, model_validator

from experiments import catalog, words
from experiments.studies.specification import TUNING_SEEDS, Count, Frozen

LEAST_SEEDS = 6  # fewer pairs decide nothing at 0.05
Rungs = Annotated[list[Count], Field(min_length=1, max_length=50)]


class Setting(NamedTuple):
    """One size of a study: pixels a side, width of the first convolution, epochs, number of seeds."""

    image_size: int
    width: int
    epochs: int
    seeds: int

    @property
    def text(self) -> str:
        """`64 pixels, width 16, 10 epochs, 8 seeds`."""
        return (
            f"{self.image_size} pixels, width {self.width}, {words.counted(self.epochs, 'epoch')}, "
            f"{words.counted(self.seeds, 'seed')}"
        )


class Ladder(Frozen):
    """The rungs of each size, falling.

    arms: epochs of arms that need others than the rest, such as one that begins with learnt features: as many
    as `epochs` has, each at its rung, none above the one before.
    """

    image_size: Rungs
    width: Rungs
    epochs: Rungs
    seeds: Rungs
    arms: Mapping[str, Rungs] = {}

    @field_validator("image_size", "width", "epochs", "seeds")
    @classmethod
    def _falling(cls, rungs: list[int]) -> list[int]:
        if sorted(set(rungs), reverse=True) != rungs:
            raise ValueError(f"{rungs}: must fall, from the most to the least")
        return rungs

    @field_validator("seeds")
    @classmethod
    def _enough_seeds(cls, rungs: list[int]) -> list[int]:
        if rungs[-1] < LEAST_SEEDS:
            raise ValueError(f"{rungs[-1]}: fewer than {LEAST_SEEDS} seeds decide nothing")
        return rungs

    @model_validator(mode="after")
    def _epochs_of_arms_at_every_rung(self) -> "Ladder":
        for arm, rungs in self.arms.items():
            if len(rungs) != len(self.epochs):
                raise ValueError(f"arms.{arm}: {len(rungs)} rungs; epochs has {len(self.epochs)}")
            if sorted(rungs, reverse=True) != rungs:
                raise ValueError(f"arms.{arm}: {rungs}: must not rise, from the most to the least")
        return self

    def settings(self, short_side: int) -> Iterator[Setting]:
        """From the most to the least, each a rung below the one before.

        short_side: of the photographs, in pixels: none is enlarged but where the least rung is larger. Where
        they allow the paper's stem, which divides an image by four, the rungs of the small stem are left out:
        it costs more at 48 pixels than the other at 128.
        """
        sizes = [size for size in self.image_size if size <= short_side] or self.image_size[-1:]
        sizes = [size for size in sizes if size >= catalog.SMALL_STEM_BELOW] or sizes
        setting = Setting(sizes[0], self.width[0], self.epochs[0], self.seeds[0])
        yield setting
        for field, rungs in zip(Setting._fields, (sizes, self.width, self.epochs, self.seeds), strict=True):
            for rung in rungs[1:]:
                setting = setting._replace(**{field: rung})
                yield setting


def at(document: dict[str, Any], setting: Setting) -> dict[str, Any]:
    """The document of a study at a setting; what an arm states itself stays, but for its own rungs.

    Its seeds are those of the file, and the numbers after them; none that its sweep uses.
    """
    seeds, swept = [*document.get("seeds", range(1, LEAST_SEEDS + 1))], _swept(document.get("tune") or {})
    more = (number for number in itertools.count(max(seeds) + 1) if number not in swept)
    seeds = [*seeds, *itertools.islice(more, max(0, setting.seeds - len(seeds)))]
    arms = {label: _arm(label, arm or {}, setting) for label, arm in document["models"].items()}
    for label, rungs in (document["ladder"].get("arms") or {}).items():
        own = {"epochs": rungs[document["ladder"]["epochs"].index(setting.epochs)]}
        arms[label] = {**arms[label], "recipe": {**(arms[label].get("recipe") or {}), **own}}
    epochs = {"epochs": setting.epochs}
    return {
        **document,
        "data": {**document["data"], "image_size": setting.image_size},
        "models": arms,
        "recipe": {**(document.get("recipe") or {}), **epochs},
        "seeds": seeds[: setting.seeds],
    }


def _swept(tune: dict[str, Any]) -> set[int]:
    return set(TUNING_SEEDS) | set(tune.get("seeds") or ()) | {tune.get("seed")}


def _arm(label: str, arm: dict[str, Any], setting: Setting) -> dict[str, Any]:
    """An arm with its width, and with the stem for images of that size, where its network has these."""
    known = catalog.CATALOG[arm.get("model", label)].arguments.model_fields
    stem = "small" if setting.image_size < catalog.SMALL_STEM_BELOW else "imagenet"
    fitting = {name: value for name, value in {"width": setting.width, "stem": stem}.items() if name in known}
    return {**arm, "arguments": {**fitting, **(arm.get("arguments") or {})}}
