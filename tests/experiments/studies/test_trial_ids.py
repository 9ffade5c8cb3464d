"""Ids of trials stay: of all that ship, and of all that were trained and packed. A new id is a new training.

trial_ids.txt holds, a line a study, the ids of its sweep and its results on made-up data digests, as of
commit 9f0699e (of a study that came later, as of its first commit), whose results version is 1: a later
version makes other ids of the same content. To write the list anew:

    PYTHONPATH=. python -c "from tests.experiments.studies.test_trial_ids import *; record()"
"""

import hashlib
import json
import tarfile

import pytest

from experiments.location import ROOT
from experiments.studies import reading
from experiments.studies.specification import Trial

RECORDED = ROOT / "tests" / "experiments" / "studies" / "trial_ids.txt"
# Studies that were trained on one split, and have other seeds now.
SEEDS = {"compare": [1, 2, 3, 4, 5], "compare-large": [1, 2, 3, 4, 5]}
PACKS = sorted((ROOT / "docs" / "results").glob("*.tar.xz"))


def ids(name: str) -> list[str]:
    """The ids of every trial of a shipped study, on one split; its data has digests of its name alone."""
    path = reading.find(name)
    seeds = {"seeds": SEEDS[name]} if name in SEEDS else {}
    study = reading.parse(reading.load(path) | {"splits": "one"} | seeds, path)

    def digest(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    digests = {
        wanted: (digest(repr((wanted.source, wanted.image_size))), digest(wanted.source)[:16])
        for wanted in study.sources()
    }
    planned = (*study.tuning_trials(digests), *study.trials(digests))
    return [each.trial.model_copy(update={"results_version": 1}).id for each in planned]


def recorded() -> dict[str, list[str]]:
    """The list."""
    lines = (line.split() for line in RECORDED.read_text().splitlines())
    return {name: found for name, *found in lines}


def record() -> None:
    """Write the list anew."""
    studies = sorted(path.stem for path in reading.STUDIES.glob("*.yaml"))
    RECORDED.write_text("".join(f"{name} {' '.join(ids(name))}\n" for name in studies))


def test_every_shipped_study_is_recorded():
    assert set(recorded()) == {path.stem for path in reading.STUDIES.glob("*.yaml")}


@pytest.mark.parametrize("name", recorded())
def test_no_id_of_a_shipped_study_changed(name):
    assert ids(name) == recorded()[name]


@pytest.mark.parametrize("pack", PACKS, ids=lambda path: path.name.partition(".")[0])
def test_every_packed_trial_has_the_id_of_its_specification(pack):
    with tarfile.open(pack) as archive:
        index = json.load(archive.extractfile("study.json"))
        packed = {name.partition("/")[0] for name in archive.getnames() if "/" in name}
    assert {Trial.model_validate(each[0]).id for each in index["trials"]} == packed
