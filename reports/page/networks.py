"""The networks as they were trained, drawn from what a trial left; beside each what its full form costs."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from experiments.diagrams import networks
from experiments.logs import network as structures
from experiments.logs.network import Structure
from reports import words
from reports.page import inline
from reports.store import network, reading
from reports.store.record import Record

FULL = reading.ROOT / "docs" / "diagrams"  # what `make diagrams` draws: networks at the size of their papers
MOST_OPEN = 4  # more are folded
MOST_DRAWN = 16  # more are told in a line: some 40 KiB each
SIZES = (
    "width=",
    "stem=",
    "filters=",
    "dense=",
    "code=",
    "pixels=",
)  # in which a network differs from its full form
PIXELS = 96  # an inch, at which letters have the size of the page's


class Shown(NamedTuple):
    """A network of the page.

    title: the arms that train it, and what it is; facts: what it costs; full: the same of its full form,
    empty where there is none; svg: markup, empty beyond MOST_DRAWN; width: pixels, beyond which it need not
    grow.
    """

    title: str
    facts: str
    full: str
    svg: str
    width: int


def shown(record: Record, shared: inline.Shared) -> list[Shown]:
    """Each network that was trained, once, in the order of the arms; none where no trial left its own."""
    return [
        _shown(structure, arms, shared if number < MOST_DRAWN else None, f"n{number}")
        for number, (structure, arms) in enumerate(trained(record).items())
    ]


def trained(record: Record) -> dict[Structure, list[str]]:
    """Networks with the arms that train them, and their settings where an arm has more than one network.

    Of each arm at a setting the newest trial is read: seeds change no structure.
    """
    newest = record.runs.sort_values("started").drop_duplicates("label", keep="last").sort_index()
    found = [(row.title, row.label, network.read(record, row.run_id)) for row in newest.itertuples()]
    found = [each for each in found if each[2] is not None]
    of_arm: dict[str, set[Structure]] = {}
    for title, _, structure in found:
        of_arm.setdefault(title, set()).add(structure)
    arms: dict[Structure, list[str]] = {}
    for title, label, structure in found:
        name = title if len(of_arm[title]) == 1 else label
        if name not in arms.setdefault(structure, []):
            arms[structure].append(name)
    return arms


def _shown(structure: Structure, arms: Sequence[str], shared: inline.Shared | None, prefix: str) -> Shown:
    title, facts = _title(structure, words.listed(arms)), networks.facts(structure)
    svg, width = "", 0.0
    if shared is not None:
        sheet = networks.draw(structure)
        # Clipped by nothing but the page itself; a third of the markup.
        drawn = re.sub(r' clip-path="[^"]*"', "", sheet.svg("text").decode())
        svg, width = inline.svg(drawn, prefix, f"{title}: {facts}", shared), sheet.width
    return Shown(title, facts, _full(structure), svg, round(PIXELS * width))


def _title(structure: Structure, arms: str) -> str:
    """`Plain CNN, filters=[8, 16]`; an arm that is called otherwise comes first."""
    what = ", ".join([structure.title, *structure.departures])
    return what if structure.title.startswith(arms) else f"{arms}: {what}"


def _full(structure: Structure) -> str:
    """What the network costs in the form of its paper; empty where it differs by more than size."""
    if any(not each.startswith(SIZES) for each in structure.departures):
        return ""
    file = {each.stem: each for each in FULL.glob("*.json")}.get(structure.name)
    full = structures.read(file.read_bytes()) if file else None
    if full is None or not full.parameters:
        return ""
    return f"{networks.facts(full)} ({file.with_suffix('.svg').relative_to(reading.ROOT)})"
