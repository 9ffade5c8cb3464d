"""One page about a study's data: classes, splits, what a network sees, duplicates, files that cannot be used.

    python -m experiments inspect compare --data path:photographs

writes work/inspection/<study>.html, a file without links to elsewhere. It trains nothing.
"""

import argparse
import base64
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import jinja2
import numpy as np
from PIL import Image

from experiments import command_line, files, location, processes
from experiments.command_line import Command, Parser
from experiments.data import dataset, kept, split_sizes, splits
from experiments.data.crops import View
from experiments.data.dataset import Dataset
from experiments.data.facts import Facts, Files, NearDuplicates, OnBad
from experiments.errors import UserError
from experiments.planning import request
from experiments.studies import reading
from experiments.studies.study import Study
from experiments.trial import samples
from experiments.words import file_count

MOST_GROUPS, MOST_MEMBERS = 60, 12  # shown with pictures
BAR = 12  # rem of the largest class
THUMBNAIL = 128  # pixels


@dataclass(frozen=True)
class Page:
    """The page as HTML, and the same in some lines for a terminal."""

    html: str
    lines: list[str]


def page(study: Study, work: Path, on_bad: OnBad = "stop") -> Page:
    """The page of a study's data.

    on_bad: what the study will do about files that cannot be used; here they never stop.

    Raises:
        UserError: the data cannot be had.
    """
    facts = dataset.summary(study.data.wanted._replace(on_bad="skip"), work)
    data = dataset.open_prepared(facts.digest, facts.partition, work)
    chosen, problem = _split(study, facts, work)
    origin = Files.read(facts.index)
    warnings = warnings_about(data, facts, chosen, on_bad, problem)
    groups = groups_text(data, chosen, study.data.near_duplicates) if origin.names else ""
    unused = len(data.labels) - sum(map(len, chosen))
    height, width, channels = facts.image_shape
    colours = "grey" if channels == 1 else "RGB"
    html = _template().render(
        source=study.data.source,
        study=study.name,
        seed=study.seeds[0],
        total=f"{len(data.labels):,}",
        height=height,
        width=width,
        channels=colours,
        size=size_text(study),
        warnings=warnings,
        classes=class_rows(data, chosen),
        bar=BAR,
        unused=f"{unused:,}",
        splits=[len(positions) for positions in chosen],
        changes=changes_text(study),
        evaluated=evaluation_text(study),
        training=_training_grid(study, data, chosen),
        evaluation=_evaluation_grid(study, data, chosen),
        sizes=file_sizes(origin),
        from_files=bool(origin.names),
        groups_text=groups,
        groups=_groups(data, chosen, origin),
        more_groups=max(0, len(groups_of(data)) - MOST_GROUPS),
        bad=origin.bad,
        other=", ".join(f"{count:,} {ending}" for ending, count in origin.other.items()),
        digests=[
            ("data", facts.digest),
            ("partition", facts.partition),
            *splits.digests(chosen, data.image_digests).items(),
        ],
    )
    sizes = ", ".join(f"{len(positions):,} {name}" for name, positions in chosen._asdict().items())
    lines = [
        f"{study.data.source}: {len(data.labels):,} images of {len(data.classes)} classes, {width}×{height} "
        f"{colours}",
        f"{sizes}, {unused:,} in no split",
    ]
    lines += [groups] if groups else []
    lines += [f"warning: {warning}" for warning in warnings]
    lines += [f"{kept.bad_table(facts.index)} lists the files that cannot be used"] if facts.bad else []
    return Page(html, lines)


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(location.ROOT / "experiments" / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template("inspection.html")


def _split(study: Study, facts: Facts, work: Path) -> tuple[splits.Split, str | None]:
    """The split of the study's first seed, or the largest that can be had, or none, and why."""
    seed = study.split_seed(study.seeds[0])
    sizes = {name: getattr(study.data, name) for name in ("train", "validation", "test")}
    try:
        return split_sizes.split_of(sizes, facts, seed, work)[0], None
    except UserError as error:
        problem = str(error)
    smaller = split_sizes.fitting(sizes, facts, [seed], work)
    try:
        return split_sizes.split_of(smaller, facts, seed, work)[0], f"{problem}. Smaller splits are shown"
    except UserError:
        nothing = np.array([], np.int64)
        return splits.Split(nothing, nothing, nothing), problem


def _training_grid(study: Study, data: Dataset, chosen: splits.Split) -> str:
    processes.load_tensorflow()
    from experiments.trial.augmentation import Augmentation
    from experiments.trial.pipeline import training_batches

    recipe = study.recipe
    shown = chosen.train if len(chosen.train) else np.arange(len(data.labels))
    stream = training_batches(
        View(data.images, shown).settled(),
        data.labels[shown],
        seed=study.seeds[0],
        batch_size=recipe.batch_size,
        augmentation=Augmentation.of(study.data.crop, study.data.windows, recipe),
        steps=recipe.steps,
    )
    return _embedded(samples.grid(np.asarray(images) for images, _ in stream))


def _evaluation_grid(study: Study, data: Dataset, chosen: splits.Split) -> str:
    shown = chosen.validation if len(chosen.validation) else np.arange(len(data.labels))
    seen = View(data.images, shown, study.data.crop, study.data.windows)
    return _embedded(samples.grid([seen[: samples.COLUMNS * samples.ROWS]]))


def _groups(data: Dataset, chosen: splits.Split, origin: Files) -> list[list[dict]]:
    """Groups with pictures: those of several classes, whose labels may be wrong, then the largest."""
    if not origin.names:
        return []
    sides = np.full(len(data.labels), "in no split", object)
    for name, positions in chosen._asdict().items():
        sides[positions] = name
    return [
        [
            {
                "picture": _embedded(samples.picture(data.images[position]), THUMBNAIL),
                "file": origin.names[position],
                "label": data.classes[data.labels[position]],
                "split": sides[position],
            }
            for position in group[:MOST_MEMBERS]
        ]
        for group in _doubtful_first(data)[:MOST_GROUPS]
    ]


def _doubtful_first(data: Dataset) -> list[np.ndarray]:
    return sorted(groups_of(data), key=lambda group: len(np.unique(data.labels[group])) == 1)


def _embedded(image: Image.Image, largest: int = 1600) -> str:
    """The picture as a data: URI, no larger than it is shown."""
    written = io.BytesIO()
    image.thumbnail((largest, largest))
    image.save(written, "PNG")
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"


MOST_SIZES = 12
# Of all images in one group: then nearness may be of the kind of picture, not of its content.
ALIKE_TO_WORRY = 0.1


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
    """What somebody should look at, a sentence each. problem: why the study's splits cannot be had, if so."""
    warnings = [f"A study stops there: {problem}."] if problem else []
    if facts.bad and on_bad == "stop":
        warnings.append(
            f"{file_count(facts.bad)} cannot be used, the first is {facts.first_bad}. A study stops there "
            "unless it is told ON_BAD=skip (--on-bad skip, or on_bad: skip in its data)."
        )
    notices = facts.all_notices if on_bad == "skip" else facts.notices
    warnings += [f"{notice[:1].upper()}{notice[1:]}." for notice in notices]
    largest = int(np.bincount(data.groups).max())
    if largest > 1 and largest > ALIKE_TO_WORRY * len(data.labels):
        warnings.append(
            f"One group holds {largest:,} of {len(data.labels):,} images, all on one side of a split. Images "
            "of one folder below a class, or of one group in a list, stay together, and so do copies and "
            "near copies; if these only look alike and are no copies, NEAR_DUPLICATES=apart (or "
            "near_duplicates: apart in the study's data) lets them go."
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


def add_options(parser: Parser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "study", nargs="?", default="compare", help="whose sizes, crops and augmentation (default: compare)"
    )
    command_line.add_data_options(parser)
    parser.add_argument("--work", type=Path, default=location.WORK)


def main(options: argparse.Namespace) -> int:
    """Write the page and say where it is."""
    # Bad files do not stop an inspection: it shows them.
    taken = command_line.data_options(options) | {"on_bad": "skip"}
    study = request.read_study(options.study, options.data, options.work, command_line.say, taken=taken)
    on_bad = options.on_bad or reading.load(reading.find(options.study))["data"].get("on_bad", "stop")
    written = page(study, options.work, on_bad)
    file = options.work / "inspection" / f"{study.name}.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    files.replace(file, written.html)
    command_line.say("\n".join([*written.lines, f"{file}"]))
    return 0


INSPECT = Command(__doc__.partition("\n\n")[0], "inspect compare --data path:photographs", add_options, main)
