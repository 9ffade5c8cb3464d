"""Named data sets as they are published: enough to plan with where one cannot be had."""

from collections.abc import Callable
from pathlib import Path

from experiments import datasets
from experiments.datasets import Wanted
from experiments.errors import UserError
from experiments.index import Facts

Tell = Callable[[str], None]  # says one message to the person at the terminal

# Image shape, classes, training and test images.
PUBLISHED = {
    "fashion_mnist": ((28, 28, 1), 10, 60_000, 10_000),
    "mnist": ((28, 28, 1), 10, 60_000, 10_000),
    "cifar10": ((32, 32, 3), 10, 50_000, 10_000),
    "cifar100": ((32, 32, 3), 100, 50_000, 10_000),
}


def facts(wanted: Wanted, work: Path, suppose: Tell | None) -> Facts:
    """The data; with `suppose`, which is told so, in its published form where it cannot be had here.

    That is enough for a plan, but not for the trials' ids, by which complete ones are known.

    Raises:
        UserError: the data cannot be had, and may not be supposed.
    """
    try:
        return datasets.summary(wanted, work)
    except UserError as error:
        if suppose is None or wanted.source not in PUBLISHED:
            raise
        suppose(
            f"{error}\nthe plan takes {wanted.source} as it is published, and no trial as complete; ids will "
            "differ"
        )
    shape, classes, train, test = PUBLISHED[wanted.source]
    size = wanted.image_size
    shape = shape if size is None else (size, size, shape[-1])
    return Facts(f"{wanted.source} {size}", "", tuple(map(str, range(classes))), shape, train, test)
