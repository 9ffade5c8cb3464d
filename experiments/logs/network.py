"""The structure of a network, as a trial leaves it behind and pictures show it: rows, parts, steps.

Plain data, without keras: reports draw what a trial read off the network that it trained.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter, ValidationError

HEAD = "head"
CLASSIFIER = "classifier"
ENCODER = "encoder"
StepKind = Literal["conv", "dense", "pool", "other", "small"]
Shortcut = Literal["identity", "projection", "zeros"]


@dataclass(frozen=True)
class Step:
    """One layer as it is drawn: `3×3 conv` over `64, /2`, where /2 is the stride."""

    kind: StepKind
    title: str
    detail: str
    layers: int = 0  # with weights, one behind the other: more than one of a network that is one box


@dataclass(frozen=True)
class Part:
    """A layer, a residual block or its plain twin, or a module, `repeats` times one behind the other.

    A module has several ways side by side; layers and blocks have one.
    """

    kind: Literal["layer", "block", "module"]
    ways: tuple[tuple[Step, ...], ...]
    shortcut: Shortcut | None = None
    shortcut_detail: str = ""  # such as `128, /2`
    name: str = ""  # of a module
    channels: int = 0  # that a module puts out
    repeats: int = 1


@dataclass(frozen=True)
class Row:
    """A stage; `parameters` counts trainable ones, `macs` those of one forward pass of one image."""

    title: str
    lanes: tuple[tuple[Part, ...], ...]  # two for two towers
    output: tuple[int, ...]  # (height, width, channels) or (units,)
    parameters: int
    macs: int
    source: str = ""  # the layer that a row beside the main way starts from
    crosses: bool = False  # each lane sees what all lanes before it put out


@dataclass(frozen=True)
class Structure:
    """A whole network.

    name: of its picture (`resnet34`, `plain34`); departures: how its arguments differ from the defaults,
    which are the paper's (`width=16`); notes: what holds for all of its layers.
    """

    name: str
    title: str
    departures: tuple[str, ...]
    input: tuple[int, ...]
    rows: tuple[Row, ...]
    parameters: int
    macs: int
    notes: tuple[str, ...]

    @property
    def depth(self) -> int:
        """Count the layers with weights one behind the other, shortcuts left out: the 18 of ResNet-18."""
        return sum(
            part.repeats * max(sum(step.layers for step in way) for way in part.ways)
            for row in self.rows
            if not row.source
            for part in row.lanes[0]
        )


_STRUCTURES = TypeAdapter(Structure)


def written(structure: Structure) -> str:
    """A structure as JSON."""
    return _STRUCTURES.dump_json(structure, exclude_defaults=True).decode() + "\n"


def read(content: str | bytes) -> Structure | None:
    """The structure that was written; None where another version wrote it, or somebody edited it."""
    try:
        return _STRUCTURES.validate_json(content)
    except ValidationError:
        return None
