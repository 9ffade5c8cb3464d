"""What the networks before ResNet ask of their arguments, and how they scale a paper's filter counts.

`stem` is "imagenet", the paper's, or "small", ours, for images below about 64 pixels: a first convolution of
3×3 at stride 1 and no pool behind it. `width` is the filters of the first convolution; every other layer
scales in proportion.
"""

from typing import Literal, get_args

Stem = Literal["imagenet", "small"]


def check_stem(stem: str) -> None:
    """ValueError for anything but a `Stem`."""
    if stem not in get_args(Stem):
        raise ValueError(f"stem must be {' or '.join(map(repr, get_args(Stem)))}, not {stem!r}")


def check_shape(input_shape: tuple[int, ...], least: int) -> None:
    """ValueError if it is not (height, width, channels) with at least `least` pixels each way."""
    if len(input_shape) != 3 or min(input_shape[:2]) < least:
        raise ValueError(
            f"input_shape must be (height, width, channels) from {least}×{least} up, not {input_shape}"
        )


def in_proportion(count: int, width: int, paper_width: int) -> int:
    """A paper's `count` of filters where the first convolution has `width` instead of `paper_width`."""
    return max(1, round(count * width / paper_width))
