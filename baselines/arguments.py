"""The arguments that the networks before ResNet share, their checks, and how a paper's filter counts scale.

`stem` is "imagenet", the paper's, or "small", ours, for images below about 64 pixels: a first convolution of
3×3 at stride 1 and no pool behind it. `width` is the filters of the first convolution; every other layer
scales in proportion.
"""

from typing import Literal, get_args

Stem = Literal["imagenet", "small"]


def check_choice(argument: str, value: str, kind: object) -> None:
    """ValueError for a value that `kind`, a Literal, does not list."""
    choices = get_args(kind)
    if value not in choices:
        raise ValueError(f"{argument} must be {' or '.join(map(repr, choices))}, not {value!r}")


def check_shape(input_shape: tuple[int, ...], least: int) -> None:
    """ValueError if it is not (height, width, channels), or has fewer than `least` pixels either way."""
    if len(input_shape) != 3 or min(input_shape[:2]) < least:
        raise ValueError(
            f"input_shape must be (height, width, channels) from {least}×{least} up, not {input_shape}"
        )


def in_proportion(count: int, width: int, paper_width: int) -> int:
    """A paper's `count` of filters, scaled to a first convolution of `width` instead of `paper_width`."""
    return max(1, round(count * width / paper_width))
