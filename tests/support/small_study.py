"""A small study file as it is read, and the same with one field changed."""

import copy

from experiments.data.facts import Wanted

DIGESTS = {Wanted("digits"): ("d" * 64, "p" * 16), Wanted("digits", 16): ("e" * 64, "p" * 16)}

SMALL = {
    "name": "small",
    "question": "Which?",
    "data": {"source": "digits", "train": 100, "validation": 50, "test": 50},
    "models": {"plain_cnn": None, "resnet18": {"arguments": {"width": 8}}},
    "seeds": [1, 2],
    "recipe": {"epochs": 2},
}


def changed(path: str, value: object) -> dict:
    """SMALL with one dotted field set."""
    document = copy.deepcopy(SMALL)
    *parents, last = path.split(".")
    place = document
    for part in parents:
        place = place.setdefault(part, {})
    place[last] = value
    return document
