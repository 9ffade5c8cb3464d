"""From the store to two frames, a row a trial and a row a trial-epoch; and the grid of settings they span."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pandas as pd

from experiments import names, settings
from experiments.settings import assignments, readable
from reports import words
from reports.numbers import scores
from reports.store import arms, forecasts, plan, reading, stated
from reports.store.arms import Arm
from reports.store.forecasts import Registered
from reports.store.plan import Plan
from reports.store.stated import Stated

MOST_APART = 6  # points of a grid that get figures of their own; a larger grid is drawn as one
T = TypeVar("T")


def grid_points(settings: Iterable[str]) -> dict[str, list[str]]:
    """Each full setting, one that is part of no other, with itself and the settings that are part of it."""
    assigned = {setting: assignments(setting).items() for setting in settings}
    return {
        full: [setting for setting, items in assigned.items() if items <= whole]
        for full, whole in assigned.items()
        if not any(whole < other for other in assigned.values())
    }


TAGS = {
    "trial": names.TRIAL,
    "arm": names.ARM,
    "arm_order": names.ARM_ORDER,
    "setting": names.SETTING,
    "seed": names.SEED,
    "data": names.DATA,
    "data_digest": names.DATA_DIGEST,
    "split_digest": names.SPLIT_DIGEST,
    "validation_digest": names.VALIDATION_DIGEST,
    "test_digest": names.TEST_DIGEST,
    "seed_counts": names.SEED_COUNTS,
    "pool": names.POOL,
    "classes": names.CLASSES,
    "own_test": names.OWN_TEST,
    "own_validation": names.OWN_VALIDATION,
    "grouped": names.GROUPED,
    "kind": names.KIND_OF_MODEL,
    "versions": names.VERSIONS,
    "cpu": names.CPU,
    "gpu": names.GPU,
    "onednn": names.ONEDNN,
    "flags": names.FLAGS,
    "workers": names.WORKERS,
    "commit": names.GIT_COMMIT,
    "dirty": names.GIT_DIRTY,
    "model": names.MODEL,
    "threads": names.THREADS,
    "results_version": names.VERSION,
}
TRIAL_METRICS = [
    names.metric(names.TEST, names.ACCURACY),
    names.metric(names.TEST, names.LOSS),
    names.metric(names.TEST, names.MACRO_F1),
    names.CHOSEN_EPOCH,
    names.PARAMETERS,
    names.MACS,
    names.PEAK_MEMORY,
    names.PREDICTION_MS,
    names.MODEL_MIB,
    names.TRIAL_SECONDS,
]
EPOCH_METRICS = [
    *(
        names.metric(split, measure)
        for split in (names.TRAIN, names.VALIDATION)
        for measure in (names.ACCURACY, names.LOSS, names.RECONSTRUCTION_LOSS)
    ),
    names.TRAIN_SECONDS,
    names.IMAGES_SEEN,
    names.LEARNING_RATE,
]
PARAMS = {
    "train_size": names.PARAM_TRAIN_SIZE,
    "validation_size": f"data.{names.VALIDATION}",
    "test_size": f"data.{names.TEST}",
    "learning_rate": f"recipe.{names.LEARNING_RATE}",
}
IDENTITY = ["run_id", "label", "arm", "title", "arm_order", "setting", "seed", "diverged"]


@dataclass(frozen=True, eq=False)
class Record:
    """What the store holds of one study; compared by identity, so that results can be cached by record.

    runs: a row a complete trial: run_id, title (what people call the arm, else its name), label (the title,
    or "title · readable setting" where settings vary), the columns of TAGS (provenance as text), PARAMS
    (numbers) and TRIAL_METRICS, diverged, recipe, arguments and data_spec (JSON of the trial's recipe params,
    of its model's arguments, and of its data params but for the train size), artifacts (a URI), train_seconds
    and images_seen (totals), started (ms), ended (UTC).
    epochs: a row a trial-epoch: IDENTITY, epoch (from 1), EPOCH_METRICS and any further metric of an epoch;
    NaN where nothing was logged.
    tuning: a row a complete trial of the learning-rate sweep, which is no result: as runs, but of
    the metrics only the score (as validation accuracy) and loss of validation at its chosen epoch.
    All are ordered by setting, arm, seed. incomplete counts attempts that failed, were killed or still run.
    training_level: `scores.training_level` of all settings, so that figures of one setting and the table
    compare gaps at one training accuracy.
    claims: those that were registered in the store. arms: by name, as far as the store says. notices: what is
    left out of the data, or doubtful; bad_files: how many files cannot be used; options: study, data and
    `names.READING` of the command that trained, as far as known, and the sizes that its study names, where
    the data holds fewer images.
    uri: of the store, where artifacts of runs are read. unreadable: by run id and name, why a file is lost or
    damaged, as far as `artifacts.checked` looked: for a reader it is not there. Runs that the study file no
    longer asks for (role "outdated") are in none of these.
    """

    study: str
    experiment: str
    question: str
    targets: tuple[float, ...]
    incomplete: int
    runs: pd.DataFrame
    epochs: pd.DataFrame
    tuning: pd.DataFrame
    training_level: float
    claims: tuple[Stated, ...] = ()
    plan: Plan | None = None
    forecasts: tuple[Registered, ...] = ()
    arms: Mapping[str, Arm] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    bad_files: int = 0
    options: Mapping[str, str] = field(default_factory=dict)
    uri: str = ""
    unreadable: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def chosen_by(self) -> str:
        """What epochs are chosen by and targets reached in: `validation accuracy`, or the balanced one."""
        return scores.chosen_by(self.epochs)

    @property
    def one_split(self) -> bool:
        """True if all seeds share one split, as they did before each had its own; False of one seed."""
        splits = self.runs.groupby(["label"], sort=False)["split_digest"].nunique()
        return bool((self.runs["seed"].nunique() > 1) and (splits <= 1).all())

    def title(self, arm: str) -> str:
        """What people call an arm; its name where the store does not say."""
        return self.arms[arm].title if arm in self.arms else arm

    def at_seeds(self, seeds: Collection[int]) -> "Record":
        """The same study as if it had these seeds alone."""
        runs, epochs = (frame[frame["seed"].isin(seeds)] for frame in (self.runs, self.epochs))
        return replace(self, runs=runs.reset_index(drop=True), epochs=epochs.reset_index(drop=True))

    def file(self, run_id: str, name: str) -> bytes | None:
        """The content of one of a run's files (`names.TRIAL_FILES`); None where it has no such file, or none
        that can be read.

        Raises:
            StoreError: the store does not answer.
        """
        folder = self.runs.loc[self.runs["run_id"] == run_id, "artifacts"]
        if folder.empty or not folder.iloc[0] or (run_id, name) in self.unreadable:
            return None
        return reading.artifact(self.uri, run_id, folder.iloc[0], name)

    def by_setting(self) -> list["Record"]:
        """One record a full setting, with the runs that may share a figure: its own and those of its parts.

        There, label is the title alone and setting the full one, as people read it.
        """
        settings = self.runs["setting"].unique()
        points = [(parts, readable(full, settings)) for full, parts in grid_points(settings).items()]
        return [
            replace(self, runs=_at(self.runs, parts, named), epochs=_at(self.epochs, parts, named))
            for parts, named in points
        ]


def _at(frame: pd.DataFrame, parts: list[str], setting: str) -> pd.DataFrame:
    """The rows of the settings in `parts`, all named `setting`."""
    chosen = frame[frame["setting"].isin(parts)]
    chosen = chosen.assign(label=chosen["title"], setting=setting)
    return chosen.sort_values(["arm_order", "seed"], kind="stable", ignore_index=True)


def read_record(uri: str, study: str) -> Record:
    """Read one study. Raises StoreError where the store or the study is missing."""
    rows = reading.read_rows(uri, study)
    attempts = [run for run in rows.runs if run.tags.get(names.ROLE) in (names.RESULT_ROLE, names.TUNE_ROLE)]
    complete = [run for run in attempts if run.tags.get(names.COMPLETE) == "true"]
    # Later keys replace earlier ones: the newest complete run of a trial stands for it.
    newest = {run.tags.get(names.TRIAL, run.run_id): run for run in sorted(complete, key=_age)}
    by_role = {names.RESULT_ROLE: [], names.TUNE_ROLE: []}
    for run in newest.values():
        by_role[run.tags[names.ROLE]].append(run)
    begun = min((run.started for run in rows.runs if run.started), default=None)
    of_arms = arms.read(rows.tags)
    runs, epochs = _frames(by_role[names.RESULT_ROLE], rows.points, of_arms)
    tuning = _sweep(by_role[names.TUNE_ROLE], rows.points, of_arms)
    return Record(
        study=study,
        uri=uri,
        experiment=rows.experiment,
        question=rows.tags.get(names.QUESTION, ""),
        targets=tuple(json.loads(rows.tags.get(names.TARGETS, "[]"))),
        incomplete=len(attempts) - len(complete),
        runs=runs,
        epochs=epochs,
        tuning=tuning,
        training_level=scores.training_level(epochs),
        notices=tuple(map(str, _json(rows.tags, names.DATA_NOTICES, []))),
        bad_files=int(_json(rows.tags, names.BAD_FILES, 0)),
        options=_json(rows.tags, names.OPTIONS, {}),
        claims=stated.read(rows.tags, begun),
        plan=plan.read(rows.tags, begun),
        forecasts=forecasts.read(rows.tags),
        arms=of_arms,
    )


def _sweep(complete: list[reading.Run], points: list[tuple], of_arms: Mapping[str, Arm]) -> pd.DataFrame:
    """The trials of the sweep, each with its validation at the chosen epoch."""
    ids = {run.run_id for run in complete}
    tuning, epochs = _frames(complete, [point for point in points if point[0] in ids], of_arms)
    best = scores.chosen(epochs)
    best = best.assign(**{scores.VALIDATION_ACCURACY: scores.score(best)})[
        [scores.VALIDATION_ACCURACY, scores.VALIDATION_LOSS]
    ]
    return tuning.drop(columns=[*TRIAL_METRICS, names.TRAIN_SECONDS, names.IMAGES_SEEN]).join(
        best, on="run_id"
    )


def _json(tags: Mapping[str, str], name: str, otherwise: T) -> T:
    """A tag's value; `otherwise` where there is none, or somebody edited it, or the store cut it."""
    try:
        found = json.loads(tags[name])
    except (KeyError, ValueError):
        return otherwise
    return found if isinstance(found, type(otherwise)) else otherwise


def _age(run: reading.Run) -> tuple[int, str]:
    return (run.started or 0, run.run_id)


def _frames(
    complete: list[reading.Run], points: list[tuple], of_arms: Mapping[str, Arm]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    runs = pd.DataFrame([_row(run) for run in complete], columns=[*_row(EMPTY)])
    numbers = ["arm_order", "seed", *PARAMS]
    runs[numbers] = runs[numbers].apply(pd.to_numeric)
    recipes = [json.loads(recipe) for recipe in runs["recipe"]]
    unsaid = {
        field: before
        for field, before in names.LATER_RECIPE_FIELDS.items()
        if any(field in recipe for recipe in recipes)
    }
    runs["recipe"] = [json.dumps(unsaid | recipe) for recipe in recipes]
    runs["ended"] = pd.to_datetime(runs["ended"], unit="ms", utc=True)
    named = (runs["setting"] != "") & (runs["setting"].nunique() > 1)
    titles = {name: each.title for name, each in of_arms.items()}
    runs["title"] = runs["arm"].map(lambda name: titles.get(name, name))
    runs["label"] = runs["title"].where(
        ~named, runs["title"] + " · " + runs["setting"].map(settings.readable)
    )

    points = pd.DataFrame(points, columns=["run_id", "metric", "epoch", "value"])
    points = points.drop_duplicates(["run_id", "metric", "epoch"], keep="last")
    of_trial = points["metric"].isin(TRIAL_METRICS)
    once = points[of_trial].pivot_table(index="run_id", columns="metric", values="value", aggfunc="last")
    runs = runs.join(once.reindex(columns=TRIAL_METRICS), on="run_id")

    epochs = points[~of_trial].pivot(index=["run_id", "epoch"], columns="metric", values="value")
    epochs = epochs.reindex(columns=[*EPOCH_METRICS, *epochs.columns.difference(EPOCH_METRICS)])
    totals = epochs.groupby("run_id")[[names.TRAIN_SECONDS, names.IMAGES_SEEN]].max()
    runs = runs.join(totals, on="run_id")
    runs = runs.sort_values(
        ["setting", "arm_order", "seed", "run_id"],
        key=lambda column: column.map(_natural) if column.name == "setting" else column,
        ignore_index=True,
    )
    # From the runs outwards: their order is kept, and points of replaced runs fall away.
    epochs = runs[IDENTITY].merge(epochs.reset_index(), on="run_id")
    return runs, epochs.rename_axis(columns=None)


def _row(run: reading.Run) -> dict:
    data = _under("data.", run.params)
    data.pop(names.PARAM_TRAIN_SIZE.removeprefix("data."), None)
    return {
        "run_id": run.run_id,
        **{column: run.tags.get(tag, "") for column, tag in TAGS.items()},
        **{column: run.params.get(param) for column, param in PARAMS.items()},
        "diverged": run.tags.get(names.DIVERGED) == "true",
        "recipe": json.dumps(_under("recipe.", run.params)),
        "data_spec": json.dumps(data),
        "arguments": json.dumps(_under("arguments.", run.params)),
        "artifacts": run.artifacts,
        "started": run.started or 0,
        "ended": run.ended or run.started,
    }


EMPTY = reading.Run("", None, None, {}, {})


def _under(prefix: str, params: dict[str, str]) -> dict[str, str]:
    return {key.removeprefix(prefix): params[key] for key in sorted(params) if key.startswith(prefix)}


def _natural(text: str) -> tuple:
    """A sort key: train=250 before train=1000, rate=0.05 before rate=0.1, [16, 32] before [16, 32, 64]."""
    parts = re.split(r"(\d+(?:\.\d+)?(?:e-\d+)?)", text.replace("]", " "))
    return tuple((float(part), "") if index % 2 else (-1, part) for index, part in enumerate(parts))


def provenance(record: Record) -> str:
    """Study, data and its sizes, number of trials and seeds, in a line."""
    runs = record.runs
    diverged = int(runs["diverged"].sum())
    return " · ".join(
        [
            f"study {record.study}",
            f"data {', '.join(sorted(set(runs['data'])))}{images(runs)}",
            f"{len(runs)} {'trial' if len(runs) == 1 else 'trials'}"
            + (f", {diverged} of them diverged" if diverged else ""),
            f"seeds {words.seeds(runs['seed'])}",
        ]
    )


def images(runs: pd.DataFrame) -> str:
    """The sizes that were recorded, if any: ` (250 / 1,000 training, 300 validation, 2,000 test images)`."""
    splits = {"training": "train_size", "validation": "validation_size", "test": "test_size"}
    sizes = {split: sorted(runs[column].dropna().unique()) for split, column in splits.items()}
    counts = [
        f"{' / '.join(f'{size:,.0f}' for size in sizes[split])} {split}" for split in sizes if sizes[split]
    ]
    return f" ({', '.join(counts)} images)" if counts else ""
