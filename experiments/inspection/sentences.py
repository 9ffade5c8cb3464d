"""What the page of a study's data says of classes, sizes, groups and doubts, in words and rows."""

from collections import Counter

import numpy as np

from experiments.data import splits
from experiments.data.dataset import Dataset
from experiments.data.facts import Facts, Files, NearDuplicates, OnBad
from experiments.studies.study import Study
from experiments.words import file_count

MOST_SIZES = 12


def size_text(study: Study) -> str:
    """How large the images are that a network gets."""
    data = study.data
    fitted = f"fitted to {data.image_size}×{data.image_size}" if data.image_size else "at their own size"
    if data.crop is None:
        return f"{fitted}, whole"
    return f"{fitted}, crops of {data.crop}×{data.crop}"


def changes_text(study: Study) -> str:
    """What the recipe changes at random, in words."""
    recipe = study.recipe
    window = "random crops" if study.data.windows == "centre" else "crops of the grid"
    changes = [
        window if study.data.crop else "",
        "flip" if recipe.flip else "",
        f"shifts of up to {recipe.shift} pixels" if recipe.shift else "",
        f"colour jitter of {recipe.jitter:g}" if recipe.jitter else "",
        f"holes of {recipe.cutout} pixels" if recipe.cutout else "",
    ]
    return ", ".join(filter(None, changes)) or "no change at all (the study augments nothing)"


def evaluation_text(study: Study) -> str:
    """How an image is seen outside training, in words."""
    if study.data.windows == "grid":
        return "probabilities are averaged over these windows of each image"
    return "each image is seen once, about its centre" if study.data.crop else "each image is seen whole"


def warnings_about(
    data: Dataset, facts: Facts, chosen: splits.Split, on_bad: OnBad, problem: str | None
) -> list[str]:
    """What stops a study, a sentence each. problem: why its splits cannot be had, if so."""
    warnings = [f"A study stops there: {problem}."] if problem else []
    if facts.bad and on_bad == "stop":
        warnings.append(
            f"{file_count(facts.bad)} cannot be used, the first is {facts.first_bad}. A study stops there "
            "unless it is told ON_BAD=skip (--on-bad skip, or on_bad: skip in its data)."
        )
    if not all(map(len, chosen)):
        return warnings
    missing = splits.missing_classes(np.asarray(data.labels), chosen)
    return warnings + [
        f"Class {data.classes[number]!r} has no image in {name}: a study stops there."
        for number, name in missing
    ]


def _left_of_groups(data: Dataset, chosen: splits.Split) -> int:
    """The number of images of no split whose group has others in validation or test."""
    free = np.ones(len(data.labels), bool)
    free[np.concatenate(chosen)] = False
    held_out = data.groups[np.concatenate([chosen.validation, chosen.test])]
    return int(np.isin(data.groups[free], held_out).sum())


def class_rows(data: Dataset, chosen: splits.Split) -> list[dict]:
    """A row a class: name, images, their numbers in the splits, and share of the largest class."""
    labels = np.asarray(data.labels)
    counts = np.bincount(labels, minlength=len(data.classes))
    parts = [np.bincount(labels[positions], minlength=len(data.classes)) for positions in chosen]
    return [
        {
            "name": name,
            "images": int(counts[number]),
            "splits": [int(part[number]) for part in parts],
            "share": float(counts[number] / counts.max()),
        }
        for number, name in enumerate(data.classes)
    ]


def file_sizes(origin: Files) -> list[tuple[str, int]]:
    """The commonest sizes of the files' own pictures, and how many have each."""
    counts = Counter(f"{width}×{height}" for width, height in origin.sizes)
    rows = counts.most_common(MOST_SIZES)
    rest = counts.total() - sum(count for _, count in rows)
    return [*rows, (f"{len(counts) - len(rows):,} other sizes", rest)] if rest else rows


def groups_of(data: Dataset) -> list[np.ndarray]:
    """The positions of each group of more than one image, larger groups first."""
    order = np.argsort(data.groups, kind="stable")
    runs = np.split(order, np.flatnonzero(np.diff(data.groups[order])) + 1)
    return sorted((run for run in runs if len(run) > 1), key=len, reverse=True)


def groups_text(data: Dataset, chosen: splits.Split, near_duplicates: NearDuplicates) -> str:
    """How many images stay together, why, and what that costs, in words."""
    found = groups_of(data)
    near = near_duplicates == "together"
    if not found:
        same = "nearly the same" if near else "the same"
        return f"No image is {same} as another, and none belongs to a group: each is split for itself."
    alike = "copies or nearly the same (re-encoded, resized, mirrored, brightened)" if near else "copies"
    return (
        f"Groups of two or more images: {len(found):,}, with {sum(map(len, found)):,} images. They lie in "
        f"one folder below their class or have one group in the list, or they are {alike}. A group stays on "
        "one side of a split. Images in no split because others of their group are in test or validation: "
        f"{_left_of_groups(data, chosen):,}."
    )
