"""Calibration: how often verdicts are false and what intervals cover, where the truth is known.

Part "simulated" draws whole studies from known distributions; part "learners" lets teams draw images of
Fashion-MNIST and train real, cheap learners on them; part "forecasts" extends the learning curves of these to
twice the images. The functions that judge here judge a report too.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from reports import files
from reports.calibration import forecasts, one_split, own_splits, page, population, tables, teams
from reports.calibration.tables import Table

EPILOG = """example:
  python -m reports calibrate --part simulated --studies 200
  python -m reports calibrate --part learners --teams 50

exit status: 0 every bar is met; 1 one is missed; 2 Fashion-MNIST is not there"""
DEFAULT_STUDIES, FEWEST_STUDIES = 2000, 20
DEFAULT_TEAMS = 600
OF_TEAMS = 5  # one of so many also forecasts: each trains as long as five of the others


def _several(text: str) -> int:
    """A number of studies or teams, for argparse."""
    if not text.isdigit() or int(text) < FEWEST_STUDIES:
        raise argparse.ArgumentTypeError(f"{text}: a whole number of at least {FEWEST_STUDIES} is needed")
    return int(text)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--part", choices=[*page.PARTS, "all"], default="all", help="what to measure (default: %(default)s)"
    )
    parser.add_argument(
        "--studies",
        type=_several,
        default=DEFAULT_STUDIES,
        help="simulated, of each kind (default: %(default)s)",
    )
    parser.add_argument(
        "--teams",
        type=_several,
        default=DEFAULT_TEAMS,
        help="that train real learners (default: %(default)s)",
    )
    parser.add_argument(
        "--images", type=Path, metavar="FOLDER", help="prepared Fashion-MNIST (default: that in work/data)"
    )
    parser.add_argument(
        "--to", type=Path, metavar="FILE", help="also write there, as Markdown; a part that is not run stays"
    )


def main(options: argparse.Namespace) -> int:
    """Measure, print, and write the page; 1 where a bar is missed."""
    parts = [part for part in page.PARTS if options.part in (part, "all")]
    images = None
    if {"learners", "forecasts"} & {*parts}:
        try:
            images = population.fashion_mnist(options.images)
        except population.MissingError as error:
            print(f"error: {error}, or give --part simulated", file=sys.stderr)
            return 2
    measures: dict[str, Callable[[], Iterator[Table]]] = {
        "simulated": lambda: simulated(options.studies),
        "learners": lambda: learners(images, teams.POOLS, options.teams),
        "forecasts": lambda: forecast(images, forecasts.Design(), max(1, options.teams // OF_TEAMS)),
    }
    done, misses = {}, []
    for part in parts:
        began = _clocks()
        found = list(_printed(measures[part]()))
        misses += [miss for table in found for miss in table.misses]
        done[part] = page.section(part, found, _footer(part, options, began))
    if options.to:
        before = options.to.read_text() if options.to.exists() else ""
        files.write(options.to, page.whole(before, done).encode())
    print("\n".join(misses) if misses else "every bar is met")
    return 1 if misses else 0


def simulated(studies: int) -> Iterator[Table]:
    """Every table of simulated studies, the same numbers each time, on any number of cores."""
    with tables.workers() as pool:
        yield from own_splits.measure(pool, studies)
        yield from one_split.measure(pool, studies // 2)


def learners(images: population.Population, pools: Iterable[teams.Pool], several: int) -> Iterator[Table]:
    """Every table of real learners."""
    with tables.workers() as pool:
        trained = teams.train(pool, images, [*pools], several, lambda line: print(line, file=sys.stderr))
        yield from teams.measure(pool, trained)


def forecast(images: population.Population, design: forecasts.Design, several: int) -> Iterator[Table]:
    """Every table of forecasts of learning curves."""
    with tables.workers() as pool:
        errors = forecasts.train(pool, images, design, several, lambda line: print(line, file=sys.stderr))
    yield from forecasts.measure(errors, design)


def _printed(found: Iterator[Table]) -> Iterator[Table]:
    """The tables, each on the terminal as soon as it is there."""
    began = time.perf_counter()
    for table in found:
        print(f"{table.title} ({time.perf_counter() - began:.0f} s)")
        for row in [table.header, *table.rows]:
            print("  " + " | ".join(row))
        yield table


def _footer(part: str, options: argparse.Namespace, began: tuple[float, float]) -> str:
    """What was drawn, by which command, and the time it took; began: of _clocks."""
    drawn, given = {
        "simulated": (
            f"{options.studies:,} studies of each kind (half as many with five claims, for power, and with "
            "one split; of these an eighth with ten seeds)",
            f"--studies {options.studies}",
        ),
        "learners": (f"{options.teams:,} teams for each pool", f"--teams {options.teams}"),
        "forecasts": (f"{max(1, options.teams // OF_TEAMS):,} teams", f"--teams {options.teams}"),
    }[part]
    passed, worked = (now - then for now, then in zip(_clocks(), began, strict=True))
    return (
        f"{drawn}, in {passed:.0f} s ({worked:.0f} s of processor time): "
        f"`make calibrate ARGS='--part {part} {given}'`, "
        f"{os.cpu_count()} {platform.machine()} cores, {datetime.now(UTC):%Y-%m-%d}."
    )


def _clocks() -> tuple[float, float]:
    """Seconds by the clock, and of processors, those of ended child processes included."""
    spent = os.times()
    return time.perf_counter(), spent.user + spent.system + spent.children_user + spent.children_system
