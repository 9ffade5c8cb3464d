"""Which files of its runs a report cannot read: they are lost or damaged, and it says what it goes without.

A file that a trial never left, or that stayed behind when its run was packed, is not missed.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from experiments import names
from reports import words
from reports.store import confusion, probabilities, reading
from reports.store.record import Record

LOST = "nothing is left in"  # followed by a folder
IN_VAIN = 3  # runs in a row about which a server does not answer: it is not asked about the others
MOST_NAMED = 3  # trials, and reasons
# What a report shows of each file.
SHOWN = {
    names.TEST_REPORT_FILE: "confusion matrix and recalls",
    names.MISTAKES_FILE: "mistakes",
    names.MISTAKES_PICTURE: "pictures of mistakes",
    names.PROBABILITIES_FILE: "calibration and common errors",
    names.SAMPLE_GRID_FILE: "training images",
    names.NETWORK_FILE: "networks",
}
PICTURES = (names.MISTAKES_PICTURE, names.SAMPLE_GRID_FILE)


def checked(record: Record) -> Record:
    """The same study, knowing which files of its runs cannot be read; they are looked at one by one."""
    unreadable: dict[tuple[str, str], str] = {}
    in_vain, reason = 0, ""
    for row in record.runs[record.runs["artifacts"] != ""].itertuples():
        if in_vain == IN_VAIN:
            found = dict.fromkeys(SHOWN, reason)
        else:
            found, asked = _of_run(record.uri, row.run_id, row.artifacts)
            in_vain, reason = (0, "") if asked else (in_vain + 1, next(iter(found.values())))
        unreadable |= {(row.run_id, name): why for name, why in found.items()}
    return replace(record, unreadable=unreadable)


def _of_run(uri: str, run_id: str, artifacts: str) -> tuple[dict[str, str], bool]:
    """Why its files cannot be read, by name; and whether the store answered about it."""
    try:
        listed = reading.files(uri, run_id, artifacts)
    except OSError as error:
        return dict.fromkeys(SHOWN, f"{_place(artifacts)}: {error.strerror or error}"), True
    except reading.StoreError as error:
        return dict.fromkeys(SHOWN, str(error)), False
    if not listed:
        return dict.fromkeys(SHOWN, f"{LOST} {_place(artifacts)}"), True
    found = {}
    # Every trial leaves its test report, and every run has its specification from its beginning.
    if names.SPECIFICATION_FILE in listed and names.TEST_REPORT_FILE not in listed:
        found[names.TEST_REPORT_FILE] = f"{names.TEST_REPORT_FILE} is missing"
    remote = reading.local_folder(artifacts) is None
    for name in SHOWN:
        if name in listed and not (remote and name in PICTURES):  # of which a page shows few
            try:
                WHOLE[name](reading.artifact(uri, run_id, artifacts, name) or b"")
            except ValueError:
                found[name] = f"{name} is damaged"
            except (OSError, reading.StoreError):
                found[name] = f"{name} cannot be opened"
    return found, True


def _place(artifacts: str) -> str:
    return str(reading.local_folder(artifacts) or names.without_secrets(artifacts))


def _mistakes(content: bytes) -> None:
    """Raises ValueError where it is no list of mistakes."""
    try:
        found = json.loads(content)
        lengths = {len(found[key]) for key in ("image", "true", "predicted")}
        if len(lengths) != 1 or not set(found["shown"]) <= set(found["image"]):
            raise ValueError("its lists do not fit each other")
    except (KeyError, TypeError) as error:
        raise ValueError(f"no list of mistakes ({error})") from None


def _network(content: bytes) -> None:
    """Raises ValueError where it is no network, of this version or of another."""
    if not isinstance(json.loads(content), dict):
        raise ValueError("no network")


def _picture(begins: bytes, ends: bytes) -> Callable[[bytes], None]:
    """A check that a picture is one, to its end; its pixels are not decoded."""

    def check(content: bytes) -> None:
        if not (content.startswith(begins) and content.endswith(ends)):
            raise ValueError("no picture, or a part of one")

    return check


WHOLE: Mapping[str, Callable[[bytes], object]] = {
    names.TEST_REPORT_FILE: confusion.parse,
    names.MISTAKES_FILE: _mistakes,
    names.MISTAKES_PICTURE: _picture(b"\xff\xd8", b"\xff\xd9"),
    names.PROBABILITIES_FILE: probabilities.parse,
    names.SAMPLE_GRID_FILE: _picture(b"\x89PNG", b"IEND\xaeB`\x82"),
    names.NETWORK_FILE: _network,
}


def lacking(record: Record) -> str:
    """Which trials' files cannot be read, and what the report goes without; empty where all can be."""
    if not record.unreadable:
        return ""
    ids = {run for run, _ in record.unreadable}
    runs = record.runs[record.runs["run_id"].isin(ids)]
    trials = [f"{row.label} seed {row.seed}" for row in runs.itertuples()]
    reasons: dict[str, str] = {}
    for why in record.unreadable.values():  # of folders that are gone the first stands for all
        reasons.setdefault(LOST if why.startswith(LOST) else why, why)
    lost = [shown for name, shown in SHOWN.items() if any(name == each for _, each in record.unreadable)]
    all_ = "trial" if len(record.runs) == 1 else "trials"
    return (
        f"artifacts of {len(runs)} of {len(record.runs)} {all_} cannot be read ({_some(trials)}: "
        f"{_some([*reasons.values()])}): this report goes without their {words.listed(lost)}"
    )


def _some(parts: list[str]) -> str:
    more = f" and {len(parts) - MOST_NAMED} more" if len(parts) > MOST_NAMED else ""
    return f"{', '.join(parts[:MOST_NAMED])}{more}"
