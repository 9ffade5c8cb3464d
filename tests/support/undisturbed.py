"""What a store holds of a study, without what may differ between two runs of it: clocks, memory, the host."""

import io
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import h5py

from experiments import names

UPLOADING = ".artifact.uploading."
CLOCKS_AND_MEMORY = {
    names.TRAIN_SECONDS,
    names.TRIAL_SECONDS,
    names.CHECKPOINT_SECONDS,
    names.PEAK_MEMORY,
    names.PREDICTION_MS,
    names.MODEL_MIB,  # a classifier's file holds addresses of objects, some a digit longer
}
OF_THE_RUN = {
    names.ATTEMPT,
    names.OWNER,
    names.STARTS,
    names.CPU,
    names.WORKERS,
    names.GIT_COMMIT,
    names.GIT_DIRTY,
}


class Content(NamedTuple):
    """Of each trial, by its id."""

    metrics: dict[str, dict[tuple[str, int], str]]  # (metric, step) to the bits of its value
    params: dict[str, dict[str, str]]
    tags: dict[str, dict[str, str]]
    files: dict[str, dict[str, bytes | list]]

    @property
    def rows(self) -> int:
        """The number of metric rows, params and tags."""
        return sum(len(each) for part in self[:3] for each in part.values())


def content(store: str, artifacts: Path | None = None) -> Content:
    """Read a store, and see that it is in order: a run a trial, FINISHED, a row a metric and step.

    `artifacts`: where those of a server lie, whose runs know them by another name.
    """
    path = Path(store.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as database:
        runs = database.execute(
            "SELECT run_uuid, status, artifact_uri, value FROM runs JOIN tags USING (run_uuid) WHERE key = ?",
            (names.TRIAL,),
        ).fetchall()
        assert len({trial for *_, trial in runs}) == len(runs), "a trial has more than one run"
        assert {status for _, status, *_ in runs} == {"FINISHED"}
        found = Content({}, {}, {}, {})
        for run, _, uri, trial in runs:
            rows = database.execute(
                "SELECT key, step, value FROM metrics WHERE run_uuid = ?", (run,)
            ).fetchall()
            places = [(key, step) for key, step, _ in rows]
            assert len(set(places)) == len(places), "a metric has two rows at a step"
            found.metrics[trial] = {
                (key, step): float(value).hex() for key, step, value in rows if key not in CLOCKS_AND_MEMORY
            }
            for part, table in ((found.params, "params"), (found.tags, "tags")):
                pairs = database.execute(f"SELECT key, value FROM {table} WHERE run_uuid = ?", (run,))
                part[trial] = {key: value for key, value in pairs if key not in OF_THE_RUN}
            found.files[trial] = files(_folder(uri, artifacts))
    return found


def _folder(uri: str, artifacts: Path | None) -> Path:
    if artifacts is None:
        return Path(uri.removeprefix("file://"))
    return artifacts / uri.removeprefix("mlflow-artifacts:/")


def files(folder: Path) -> dict[str, bytes | list]:
    """What each file says; of a model the weights, since its file holds the time of its making.

    A server that is killed within an upload leaves the part under a name that MLflow reserves for it and
    lists nowhere (mlflow/store/artifact/local_artifact_repo.py): it is no file of the run.
    """
    return {
        str(file.relative_to(folder)): weights(file) if file.suffix == ".keras" else stable(file)
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.startswith(UPLOADING)
    }


def stable(file: Path) -> bytes:
    if file.suffix == ".skops":
        with zipfile.ZipFile(file) as archive:
            # Their names are numbers of objects in memory.
            return b"".join(
                sorted(archive.read(name) for name in archive.namelist() if name.endswith(".npy"))
            )
    if file.suffix == ".json":
        return json.dumps(json.loads(file.read_text()), sort_keys=True).encode()
    return file.read_bytes()


def weights(file: Path) -> list:
    found = []

    def take(name, item):
        if isinstance(item, h5py.Dataset):
            found.append((name, item[()].tobytes()))

    with zipfile.ZipFile(file) as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(content, "r") as layers:
        layers.visititems(take)
    return found


def differences(one: Content, other: Content) -> list[str]:
    """Where two stores differ, in words."""
    found = []
    for kind, mine, theirs in zip(Content._fields, one, other, strict=True):
        if set(mine) != set(theirs):
            found.append(f"{kind}: other trials")
            continue
        for trial, values in mine.items():
            keys = set(values) | set(theirs[trial])
            found += [
                f"{kind} of {trial}: {key}" for key in keys if values.get(key) != theirs[trial].get(key)
            ]
    return found
