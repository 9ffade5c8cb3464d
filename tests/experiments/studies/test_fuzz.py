"""Study files nobody would write: each is read, or refused in one line; none ends in a traceback."""

import copy
import os
import time

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments.data.facts import SOURCES
from experiments.errors import UserError
from experiments.studies import reading

VALID = {
    "name": "fuzz",
    "question": "Does it hold?",
    "data": {"source": "digits", "image_size": 16, "train": 120, "validation": 60, "test": 100},
    "models": {
        "plain_cnn": {"arguments": {"filters": [4, 8], "kernels": [3, 3], "dense": 16}},
        "autoencoder_features": {"arguments": {"code": 8}, "recipe": {"optimizer": "adam"}},
        "twin": {"model": "resnet18", "arguments": {"stem": "small", "width": 8, "shortcuts": False}},
    },
    "seeds": [1, 2],
    "targets": [0.2, 0.99],
    "recipe": {"batch_size": 20, "epochs": 2, "learning_rate": 0.1, "flip": True},
    "vary": {"data.train": [60, 120], "models.twin.arguments.width": [8, 16]},
    "tune": {"learning_rate": [0.1, 0.2], "seed": 100},
}


def paths(value, below=()):
    yield below
    for key, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from paths(inner, (*below, key))


PATHS = [path for path in paths(VALID) if path]
WORDS = [str(part) for path in PATHS for part in path] + [
    *SOURCES,
    "path:.",
    "resnet50",
    "svm",
    "steps",
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-3, 3000)
    | st.sampled_from([10**30, -(10**30), 2**31, 2**63])
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(WORDS)
    | st.dates()
    | st.binary(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS) | SCALARS, inner, max_size=4)
    ),
    max_leaves=12,
)
CHANGES = st.lists(
    st.tuples(st.sampled_from(PATHS), st.sampled_from(["set", "drop", "add"]), VALUES), max_size=4
)
CUTS = st.tuples(
    st.floats(0, 1), st.floats(0, 1), st.text(max_size=6) | st.sampled_from("{}[]&*!|>:-#%@`\"'\t\n")
)


def changed(changes):
    """The valid study, with fields set, dropped and added where they still exist."""
    document = copy.deepcopy(VALID)
    for path, how, value in changes:
        place = document
        for part in path[:-1]:
            place = (
                place[part]
                if isinstance(place, dict | list)
                and part in (place if isinstance(place, dict) else range(len(place)))
                else None
            )
        if isinstance(place, dict):
            if how == "set":
                place[path[-1]] = value
            elif how == "drop":
                place.pop(path[-1], None)
            else:
                place[value if isinstance(value, str | int) else str(value)] = value
        elif isinstance(place, list) and how != "drop":
            place.append(value)
    return document


def mangled(text, cuts):
    """The text with pieces replaced."""
    for begin, length, put in cuts:
        first = int(begin * len(text))
        text = text[:first] + put + text[first + int(length * 12) :]
    return text


def assert_read_or_refused(file, content: bytes):
    """Read as the command reads it, to the last trial."""
    file.write_bytes(content)
    try:
        study = reading.parse(reading.load(file), file)
        digests = dict.fromkeys(study.sources(), ("d" * 64, "p" * 16))
        planned = study.tuning_trials(digests) + study.trials(digests)
        assert all(len(each.trial.id) == 16 and each.run_name for each in planned)
    except UserError as error:
        assert str(error).startswith(str(file))
        assert len(str(error).splitlines()) == 1


def assert_none_ends_in_a_traceback(file, examples):
    few = settings(
        max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )

    @few
    @given(CHANGES, st.lists(CUTS, max_size=3))
    def structured(changes, cuts):
        document = changed(changes)
        text = yaml.safe_dump(document, allow_unicode=True)
        assert_read_or_refused(file, mangled(text, cuts).encode(errors="replace"))

    @few
    @given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="replace")))
    def unstructured(content):
        assert_read_or_refused(file, content)

    structured()
    unstructured()


def test_some_dozen_files(tmp_path):
    assert_none_ends_in_a_traceback(tmp_path / "fuzz.yaml", 50)


@pytest.mark.fuzz
def test_for_minutes(tmp_path, capsys):
    deadline, rounds = time.monotonic() + float(os.environ.get("FUZZ_SECONDS", "600")), 0
    while time.monotonic() < deadline:
        assert_none_ends_in_a_traceback(tmp_path / "fuzz.yaml", 1000)
        rounds += 1
    with capsys.disabled():
        print(f"\n{rounds * 2000:,} study files at most, none with a traceback")
