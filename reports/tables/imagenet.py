"""Which classes of a study ImageNet has too: pretrained arms have seen more of those than the study shows.

imagenet_classes.txt: the 1,000 classes of ILSVRC 2012 (Russakovsky et al. 2015) in the order of their
numbers, a line each, with the names that WordNet 3.0 gives them.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

LIST = Path(__file__).with_name("imagenet_classes.txt")
# Ends of first names that are no kinds of what they end in.
NOT_KINDS = {
    "custard apple": ("apple",),
    "sea lion": ("lion",),
    "plane": ("plane",),
    "mouse": ("mouse",),
    "horse cart": ("cart",),
    "sea cucumber": ("cucumber",),
    "prairie chicken": ("chicken",),
    "hot dog": ("dog",),
    "jellyfish": ("fish",),
}
NAMED = 2  # ImageNet classes that a sentence names for each class


def among(classes: Iterable[str]) -> dict[str, list[str]]:
    """By class that ImageNet has or has kinds of: what those are called there.

    By name alone: a class is found by a whole name or the last words of a first one. `cat` finds `Persian
    cat`, and neither `airplane` the `airliner` nor `bird` most birds. Names in other languages are not found.
    """
    found = {each: _ends().get(_plain(each), []) for each in classes}
    return {each: named for each, named in found.items() if named}


def sentence(classes: Iterable[str]) -> str:
    """`ImageNet has cat (tabby, tiger cat, …)`, of the classes that it has; empty of none."""
    parts = []
    for each, named in among(classes).items():
        kinds = [name for name in named if _plain(name) != _plain(each)]
        more = ", …" if len(kinds) > NAMED else ""
        parts.append(f"{each} ({', '.join(kinds[:NAMED])}{more})" if kinds else each)
    return f"ImageNet has {', '.join(parts)}" if parts else ""


@cache
def _ends() -> dict[str, list[str]]:
    """By name, and by the words that a name ends in: the first names of the classes that are called so."""
    found: dict[str, list[str]] = {}
    for line in LIST.read_text(encoding="utf-8").splitlines():
        ways = [way.strip() for way in line.split(",")]
        first = _plain(ways[0]).split()
        # Of other names the end may be another thing: a hippopotamus is no horse, though a river horse.
        named = {_plain(way) for way in ways} | {" ".join(first[start:]) for start in range(len(first))}
        for each in named - {None, *NOT_KINDS.get(ways[0], ())}:
            found.setdefault(each, []).append(ways[0])
    return found


def _plain(name: str) -> str:
    """Lower case, words apart, without a plural's s: folders are called `Fire_Trucks` too."""
    words = re.sub(r"[\W_]+", " ", name.lower()).split()
    return " ".join([*words[:-1], *(re.sub(r"(?<=[^s])s$", "", word) for word in words[-1:])])
