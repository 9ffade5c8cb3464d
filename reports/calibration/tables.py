"""Tables of a page, their bars, and what chance may add to a share."""

import math
import os
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

MOST_FALSE = 0.05  # of studies in which nothing is true
LEAST_COVERED, MOST_COVERED = 0.93, 0.97


class Table(NamedTuple):
    """Rows of a page, what to know of them, and a line for each number that misses its bar."""

    title: str
    header: list[str]
    rows: list[list[str]]
    misses: list[str]
    text: str = ""


def workers() -> ProcessPoolExecutor:
    """A process for each core that this one may use, with one thread each: two would wait for each other."""
    return ProcessPoolExecutor(len(os.sched_getaffinity(0)), initializer=threadpool_limits, initargs=(1,))


def generator(*key: int) -> np.random.Generator:
    """A generator for each cell of a table, the same in whichever process."""
    return np.random.default_rng([20151210, *key])


def doubt(share: float, studies: int) -> float:
    """What chance may add to a share of so many studies: two and a half standard errors."""
    return 2.5 * math.sqrt(share * (1 - share) / studies)


def too_often(share: float, studies: int) -> bool:
    """Whether more of the studies have a false verdict than may, and than chance explains."""
    return share > MOST_FALSE + doubt(MOST_FALSE, studies)


def all_of(pool: Executor, function: Callable, tasks: Iterable[tuple]) -> dict[tuple, object]:
    """The result of each task, which is the function's arguments."""
    tasks = list(tasks)
    return dict(zip(tasks, pool.map(function, *zip(*tasks, strict=True)), strict=True))
