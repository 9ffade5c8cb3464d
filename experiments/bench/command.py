"""How fast this is: ratios measured side by side in one run, as tables, a JSON file and a page.

    python -m experiments bench [--parts training study] [--rounds 5] [--to docs/performance.md]

Method: every way to do one thing is warmed up, then all have their turn in each round, so that a machine that
slows down slows all; a ratio is taken within a round, and the median over rounds is told, with the least and
the most. Nothing else should run meanwhile.
"""

import argparse
import contextlib
import json
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata, util
from pathlib import Path

from experiments import names, processes, words
from experiments.bench import page, parts
from experiments.bench.page import Part
from experiments.command_line import Command, Parser, positive, say

# What is measured, and about how many seconds it takes on two cores: they make the time left.
PARTS: dict[str, tuple[Callable[[int], Part], float]] = {
    "training": (parts.training, 520),
    "study": (parts.study, 560),
    "planning": (parts.planning, 25),
    "reports": (parts.reports, 40),
    "resume": (parts.resume, 60),
    "input": (parts.input_pipeline, 60),
}
ROUNDS = 3


def add_options(parser: Parser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=[*PARTS], help="what to measure (default: all)"
    )
    parser.add_argument(
        "--rounds", type=positive, default=ROUNDS, help="of each comparison (default: %(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers there")
    parser.add_argument(
        "--to", type=Path, metavar="FILE", help="also write the tables there, as Markdown; parts stay"
    )


def main(options: argparse.Namespace) -> int:
    """Measure each part and print its table as soon as it is there."""
    say(f"{machine()}; {versions()}")
    wanted = [name for name in PARTS if name in options.parts]  # the input is last: it configures tensorflow
    left = sum(PARTS[name][1] for name in wanted)
    found: dict[str, Part] = {}
    for name in wanted:
        measure, seconds = PARTS[name]
        say(f"\n{name}: about {words.duration(left)} left for all")
        began = time.monotonic()
        found[name] = measure(options.rounds)
        left -= seconds
        say(page.text(found[name]))
        say(f"({words.duration(time.monotonic() - began)})")
    about = {
        "machine": machine(),
        "versions": versions(),
        "date": datetime.now(UTC).date().isoformat(),
        "results_version": names.RESULTS_VERSION,
        "rounds": options.rounds,
    }
    if options.json:
        content = {**about, "parts": {name: part.numbers for name, part in found.items()}}
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    if options.to:
        page.write(options.to, found, about)
    return 0


def machine() -> str:
    """The processor, its bfloat16, and the system."""
    bfloat16 = "with bfloat16" if processes.computes_in_bfloat16() else "without bfloat16"
    return f"{processes.cpu()} ({bfloat16}), {platform.system()}"


def versions() -> str:
    """Of what is compared."""
    packages = ["tensorflow", "keras"]
    with contextlib.suppress(ImportError):
        packages += ["torch"] if util.find_spec("torch") else []
    return ", ".join(f"{name} {metadata.version(name)}" for name in packages)


BENCH = Command(
    "How fast this is, by ratios measured side by side: training against a bare fit and PyTorch, a study "
    "against the\nscript that it replaces, where a trial's time goes, plans and reports of 1,000 trials, "
    "resuming, the input.",
    "bench --parts training --rounds 5",
    add_options,
    main,
)
