"""From the record of a study to the two sides of a comparison: which numbers, paired how, and what failed.

Where each seed drew a split of its own, the seeds are pairs, across networks too. Where all share one split
(studies from before), the numbers of an arm are a sample over seeds of that split.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from experiments import names, settings
from reports import words
from reports.answers import measures, verdicts
from reports.numbers import failures, images, pairs
from reports.store import probabilities
from reports.store.record import Record
from reports.store.stated import Stated

HIGHER_IS_BETTER = {
    names.TEST_ACCURACY,
    names.TEST_MACRO_F1,
    names.BALANCED_ACCURACY,
    names.VALIDATION_ACCURACY,
    names.TRAIN_ACCURACY,
}
# Of these, what shared test images add is measured image by image; of the others that rest on them it is not.
ACCURACIES = (names.TEST_ACCURACY, names.TEST_ERROR)
OF_TEST_IMAGES = (*ACCURACIES, names.TEST_GAP)
ALSO_OF_TEST_IMAGES = (names.TEST_MACRO_F1, names.BALANCED_ACCURACY, names.CALIBRATION_ERROR)
GAPS = (names.GAP, names.TEST_GAP, names.LAST_GAP, names.LEVEL_GAP)


class Found(NamedTuple):
    """The numbers of one comparison, and notes for the reader.

    sides: None: there is nothing to compare yet, and the note says why. withheld: why there can be no verdict
    on these numbers; empty: there can.
    """

    sides: verdicts.Sides | None
    notes: tuple[str, ...] = ()
    withheld: str = ""


def trials(record: Record, arm: str, setting: str) -> pd.Series:
    """Run ids of an arm at a setting, by seed."""
    runs = record.runs
    return runs[(runs["arm"] == arm) & (runs["setting"] == setting)].set_index("seed")["run_id"]


def both(record: Record, comparison: tuple[str, str, str, str]) -> tuple[pd.Series, pd.Series]:
    """Run ids by seed of the left and the right arm."""
    left, left_setting, right, right_setting = comparison
    return trials(record, left, left_setting), trials(record, right, right_setting)


def named(arm: str, setting: str) -> str:
    """`resnet18 at train=250`."""
    return f"{arm} at {settings.readable(setting)}" if setting else arm


def of(record: Record, claim: Stated, comparison: tuple[str, str, str, str], tested: int) -> Found:
    """The two sides of a comparison; tested: the claims of the study's family."""
    left, right = both(record, comparison)
    labels = named(*comparison[:2]), named(*comparison[2:])
    for label, arm in zip(labels, (left, right), strict=True):
        if not len(arm):
            return Found(None, (f"nothing measured yet of {label}",))
    failed = _failed(record, left, right)
    if claim.metric == names.TRAINS:
        found, reach = _how_often(record, failed, labels, paired=not record.one_split), None
    else:
        reach = _reach(record, claim, (left, right), labels)
        if record.one_split:
            found = _on_one_split(record, claim, comparison, (left, right), labels, tested)
        else:
            found = _on_own_splits(record, claim, (left, right), failed, labels)
    if found.sides is None:
        return found
    if reach is None and not found.sides.reached:
        reach = f"within the {claim.metric} that all trials were given nobody reached it: compare epochs"
    if claim.metric not in names.EXACT_METRICS:
        withheld = _withheld(record, claim, (left, right), failed, labels)
        found = found._replace(withheld=found.withheld or withheld)
    return found._replace(notes=(*([reach] if reach else []), *found.notes))


def between(
    record: Record, comparison: tuple[str, str, str, str], metric: str = names.TEST_ACCURACY
) -> verdicts.Sides | None:
    """The two sides of a comparison that no claim states, failures and shared images counted as for one."""
    return of(record, higher(comparison, metric), comparison, 1).sides


def higher(comparison: tuple[str, str, str, str], metric: str = names.TEST_ACCURACY) -> Stated:
    """A claim that nobody registered: the left arm has the higher metric."""
    return Stated(
        digest="",
        text=f"{comparison[0]} has higher {metric} than {comparison[2]}",
        metric=metric,
        target=None,
        direction=">",
        margin=0.0,
        comparisons=(comparison,),
        registered=0,
        current=True,
        after_data=False,
    )


def _withheld(
    record: Record,
    claim: Stated,
    arms: tuple[pd.Series, pd.Series],
    failed: tuple[np.ndarray, np.ndarray],
    labels: tuple[str, str],
) -> str:
    """Why these trials can give no verdict on the claim; empty if they can."""
    counted = ", ".join(
        f"{int(each.sum())} of {len(each)} seeds of {label}"
        for label, each in zip(labels, failed, strict=True)
        if each.any()
    )
    if record.one_split:
        seeds = record.runs.set_index("run_id")["seed_counts"]
        without = [
            label for label, arm in zip(labels, arms, strict=True) if (seeds.reindex(arm) == "false").all()
        ]
        if without:
            return f"{words.listed(without)} has no seed: one split is one number, and no verdict comes of it"
        if counted and claim.target is None and claim.metric != names.TRAINS:
            return f"{counted} failed: on one split there is no verdict on means where seeds fail"
        return ""
    if counted and (claim.metric in GAPS or claim.metric.startswith(names.STATED_LEVEL_GAP)):
        return f"{counted} failed: a network that did not train has no gap, and the others no verdict"
    own = pd.to_numeric(record.runs["own_test"], errors="coerce").max()
    if own > 0 and (claim.metric in ALSO_OF_TEST_IMAGES or _is_recall(claim.metric)):
        return (
            "the data has a test part of its own, and what its images make of a difference is measured of "
            "accuracies alone: no verdict"
        )
    return ""


def _failed(record: Record, left: pd.Series, right: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Bool, a value a trial of each arm."""
    failed = failures.failed(record.runs).set_axis(record.runs["run_id"])
    return failed.reindex(left).to_numpy(bool), failed.reindex(right).to_numpy(bool)


def _reach(
    record: Record, claim: Stated, arms: tuple[pd.Series, pd.Series], labels: tuple[str, str]
) -> str | None:
    """Why a time to a target says nothing: nobody reached it; None if somebody did, or it is no time."""
    if claim.target is None:
        return None
    if any(measures.reached(record, [*arm], claim.target, claim.held) for arm in arms):
        return None
    return f"no trial of {' or '.join(labels)} reached {words.target(claim.target)}"


def _how_often(
    record: Record, failed: tuple[np.ndarray, np.ndarray], labels: tuple[str, str], *, paired: bool
) -> Found:
    """The shares of seeds that trained; on splits of their own the seeds are pairs."""
    trained = [1.0 - each for each in failed]
    notes = tuple(
        f"{label}: {int(each.sum())} of {len(each)} failed, up to "
        f"{failures.possible(int(each.sum()), len(each)):.0%} is possible"
        for label, each in zip(labels, failed, strict=True)
    )
    return Found(
        verdicts.Sides.of_shares(*trained, paired=paired and len(failed[0]) == len(failed[1])), notes
    )


def _on_own_splits(
    record: Record,
    claim: Stated,
    arms: tuple[pd.Series, pd.Series],
    failed: tuple[np.ndarray, np.ndarray],
    labels: tuple[str, str],
) -> Found:
    """Pairs of seeds; a failed trial is worse than any that trained, or of a time as long as its budget."""
    left, right = arms
    if set(left.index) != set(right.index):
        return Found(None, (f"{labels[0]} and {labels[1]} have different seeds by now",))
    order = right.index.get_indexer(left.index)
    right, lost = right.iloc[order], [failed[0], failed[1][order]]
    if claim.target is not None:
        times = (
            measures.times(record, [*arm], claim.metric, claim.target, claim.held) for arm in (left, right)
        )
        sides = verdicts.Sides.of_times(*times, claim.margin, sharing=_sharing(record, left, right, claim))
        return Found(sides)
    level = measures.level(record, [*left, *right], claim.metric)
    values = [measures.values(record, [*arm], claim.metric, level) for arm in (left, right)]
    if all(np.isnan(each).all() for each in values) or any(
        np.isnan(each[~out]).all() and not out.all() for each, out in zip(values, lost, strict=True)
    ):
        empty = next(
            (label for label, each in zip(labels, values, strict=True) if np.isnan(each).all()), labels[0]
        )
        why = measures.lacking(record, claim.metric, [*left], [*right])
        return Found(None, (why or f"nothing measured yet of {empty}",))
    notes, withheld = [], ""
    ranks = claim.metric != names.TRAINING_SECONDS and not claim.metric.startswith(names.STAGE_METRIC)
    if claim.metric not in names.EXACT_METRICS and ranks:
        worst = -math.inf if claim.metric in HIGHER_IS_BETTER or _is_recall(claim.metric) else math.inf
        values = [np.where(out, worst, each) for each, out in zip(values, lost, strict=True)]
        counted = [
            f"{int(out.sum())} of {len(out)} of {label}"
            for label, out in zip(labels, lost, strict=True)
            if out.any()
        ]
        if counted:
            notes.append(f"failed: {', '.join(counted)}; judged by the median seed, a failed one the worst")
    unknown = [
        f"{int(np.isnan(each).sum())} of {label}"
        for label, each in zip(labels, values, strict=True)
        if np.isnan(each).any()
    ]
    if unknown:
        withheld = f"not measured: {', '.join(unknown)}"
        known = ~(np.isnan(values[0]) | np.isnan(values[1]))
        values = [each[known] for each in values]
        left, right = left[known], right[known]
        if not known.any():
            return Found(None, (withheld,))
    sides = verdicts.Sides.of_pairs(*values, _sharing(record, left, right, claim))
    return Found(sides, tuple(notes), withheld)


def _is_recall(metric: str) -> bool:
    return metric.startswith(names.RECALL_METRIC)


def _sharing(record: Record, left: pd.Series, right: pd.Series, claim: Stated) -> pairs.Sharing:
    """What the seeds have in common: the pool that they draw from, and given test images.

    Of test accuracies it is measured image by image, where trials kept their answers. Of other numbers the
    seeds share as large a part of their spread as of the pool: the share that each tests, or validates with.
    """
    runs = record.runs[record.runs["run_id"].isin([*left, *right])]
    pool, own = _pool(runs)
    if math.isnan(pool):
        return pairs.ALONE
    of_images = claim.metric in OF_TEST_IMAGES and len(left) >= 2
    kept = probabilities.differences(record, zip(left, right, strict=True)) if of_images else None
    if not own > 0 and kept is not None and claim.metric in ACCURACIES and _alone(runs):
        added, freedom = images.pool_variance(*kept, int(pool))
        if not math.isnan(added):
            return pairs.Sharing(images=added, freedom=freedom)
    # A test part of its own is no part of what the other splits are drawn from.
    shares = [
        runs["validation_size"].max() / (pool - own),
        0.0 if own > 0 else runs["test_size"].max() / pool,
    ]
    tested = min(float(max(shares)), 0.5)
    if not own > 0 or not of_images:
        return pairs.Sharing(tested)
    if kept is not None:
        shared = images.shared_images_variance(*kept)
    else:  # as if arms erred independently, which is more
        accuracy = [
            runs.loc[runs["run_id"].isin(side), failures.TEST_ACCURACY].mean() for side in (left, right)
        ]
        overlap = runs["test_size"].max() / own
        shared = sum(each * (1 - each) for each in accuracy) / runs["test_size"].max() * overlap
    return pairs.Sharing(tested, shared if shared > 0 else 0.0)


def sharing_of_arm(record: Record, runs: pd.DataFrame, metric: str = names.TEST_ACCURACY) -> pairs.Sharing:
    """What the seeds of one arm have in common in test accuracies, or another metric; runs: of that arm."""
    pool, own = _pool(runs)
    if math.isnan(pool) or len(runs) < 2:
        return pairs.ALONE
    if metric not in ACCURACIES:
        return pairs.Sharing(min(float(runs["test_size"].max() / pool), 0.5))
    kept = probabilities.right(record, runs["run_id"])
    if own > 0:
        tested = min(float(runs["validation_size"].max() / (pool - own)), 0.5)
        if kept:
            shared = images.shared_images_variance(*kept)
        else:
            accuracy = runs[failures.TEST_ACCURACY].mean()
            shared = accuracy * (1 - accuracy) / own
        return pairs.Sharing(tested, shared if shared > 0 else 0.0)
    if kept and _alone(runs):
        added, freedom = images.pool_variance(*kept, int(pool))
        if not math.isnan(added):
            return pairs.Sharing(images=added, freedom=freedom)
    return pairs.Sharing(min(float(runs["test_size"].max() / pool), 0.5))


MOST_GROUPED = 0.02  # of a pool; beyond it images are not measured one by one


def _pool(runs: pd.DataFrame) -> tuple[float, float]:
    """How many images training and test are drawn from, and how many of them are a test part of their own.

    Those of a validation part of its own are never tested, nor do they train.
    """
    pool, own, validation = (
        pd.to_numeric(runs[column], errors="coerce") for column in ("pool", "own_test", "own_validation")
    )
    return float(pool.min() - validation.fillna(0).max()), float(own.max())


def _alone(runs: pd.DataFrame) -> bool:
    """Whether nearly every image is drawn by itself: those of a group err together, and count as fewer.

    Runs from before groups were noted: those of named data sets, which have none.
    """
    grouped = pd.to_numeric(runs["grouped"], errors="coerce")
    if grouped.isna().any():
        return not runs["data"].str.startswith("path:").any()
    return bool(grouped.max() <= MOST_GROUPED * pd.to_numeric(runs["pool"], errors="coerce").min())


def _on_one_split(
    record: Record,
    claim: Stated,
    comparison: tuple[str, str, str, str],
    arms: tuple[pd.Series, pd.Series],
    labels: tuple[str, str],
    tested: int,
) -> Found:
    """Samples over the seeds of one split; settings of one network are pairs, from equal first weights."""
    left, right = arms
    if claim.target is not None:
        times = (
            measures.times(record, [*arm], claim.metric, claim.target, claim.held) for arm in (left, right)
        )
        return Found(verdicts.Sides.of_times(*times, claim.margin))
    paired = comparison[0] == comparison[2] and set(left.index) == set(right.index)
    if paired:
        right = right.reindex(left.index)
    level = measures.level(record, [*left, *right], claim.metric)
    one, other = (measures.values(record, [*arm], claim.metric, level) for arm in (left, right))
    known = [~np.isnan(one), ~np.isnan(other)]
    lost = [int((~each).sum()) for each in known]
    if paired:
        known = [known[0] & known[1]] * 2
    for label, each in zip(labels, known, strict=True):
        if not each.any():
            why = measures.lacking(record, claim.metric, [*left], [*right])
            return Found(None, (why or f"nothing measured yet of {label}",))
    lacking = [f"{count} of {label}" for label, count in zip(labels, lost, strict=True) if count]
    notes = (f"not measured: {', '.join(lacking)}",) if lacking else ()
    sides = verdicts.Sides.of_values(one[known[0]], other[known[1]], paired, tested)
    return Found(sides, notes)
