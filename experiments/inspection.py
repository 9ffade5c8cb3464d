"""One page about a study's data: classes, splits, what a network sees, duplicates, files that are no use.

    python -m experiments.inspection compare --data path:photographs

writes work/inspection/<study>.html, a file without links to elsewhere. It trains nothing.
"""

import argparse
import base64
import io
import sys
from pathlib import Path
from typing import NamedTuple

import jinja2
import numpy as np
from PIL import Image

from experiments import (
    compare,
    datasets,
    fit,
    index,
    inspected,
    location,
    quiet,
    requested,
    samples,
    splits,
    study_file,
    unfinished,
)
from experiments.crops import View
from experiments.datasets import Dataset, OnBad
from experiments.errors import Parser, UserError, exit_status
from experiments.index import Facts, Files
from experiments.study import Study

MOST_GROUPS, MOST_MEMBERS = 60, 12  # shown with pictures
BAR = 12  # rem of the largest class
THUMBNAIL = 128  # pixels


class Page(NamedTuple):
    """The page as HTML, and the same in some lines for a terminal."""

    html: str
    told: list[str]


def page(study: Study, work: Path, on_bad: OnBad = "stop") -> Page:
    """The page of a study's data.

    on_bad: what the study will do about files that cannot be used; here they never stop.

    Raises:
        UserError: the data cannot be had.
    """
    wanted = study.data.wanted._replace(on_bad="skip")
    facts = datasets.summary(wanted, work)
    data = datasets.open_prepared(facts.digest, facts.partition, work)
    chosen, unfit = _split(study, facts, work)
    listed = index.listing(wanted.source)
    kept_as = index.path(wanted.source, listed, wanted.image_size, wanted.near_duplicates, work)
    known = Files.read(kept_as)
    height, width, channels = facts.image_shape
    unused = len(data.labels) - sum(map(len, chosen))
    warnings = inspected.warnings(data, facts, chosen, on_bad, unfit)
    told_groups = inspected.groups(data, chosen, study.data.near_duplicates) if known.names else ""
    colours = "grey" if channels == 1 else "RGB"
    told = [
        f"{wanted.source}: {len(data.labels):,} images of {len(data.classes)} classes, {width}×{height} "
        f"{colours}",
        ", ".join(f"{len(positions):,} {name}" for name, positions in chosen._asdict().items())
        + f", {unused:,} in no split",
        *([told_groups] if told_groups else []),
        *(f"warning: {warning}" for warning in warnings),
        *([f"{index.bad_files(kept_as)} lists the files that cannot be used"] if facts.bad else []),
    ]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    html = environment.get_template("inspection.html").render(
        source=wanted.source,
        study=study.name,
        seed=study.seeds[0],
        total=f"{len(data.labels):,}",
        height=height,
        width=width,
        channels=colours,
        told_size=inspected.size(study),
        warnings=warnings,
        classes=inspected.classes(data, chosen),
        bar=BAR,
        unused=f"{unused:,}",
        splits=[len(positions) for positions in chosen],
        changes=inspected.changes(study),
        evaluated=inspected.evaluated(study),
        training=_training_grid(study, data, chosen),
        evaluation=_evaluation_grid(study, data, chosen),
        sizes=inspected.file_sizes(known),
        own=bool(known.names),
        told_groups=told_groups,
        groups=_groups(data, chosen, known),
        more_groups=max(0, len(inspected.together(data)) - MOST_GROUPS),
        bad=[row[:2] for row in known.bad],
        other=", ".join(f"{count:,} {ending}" for ending, count in known.other.items()),
        digests=[
            ("data", facts.digest),
            ("partition", facts.partition),
            *splits.digests(chosen, data.image_digests).items(),
        ],
    )
    return Page(html, told)


def _split(study: Study, facts: Facts, work: Path) -> tuple[splits.Split, str | None]:
    """The study's split, or the largest that can be had, or none, with why its own cannot."""
    sizes = {name: getattr(study.data, name) for name in ("train", "validation", "test")}
    try:
        return fit.split(sizes, facts, study.data.split_seed, work)[0], None
    except UserError as error:
        unfit = str(error)
    smaller = fit.sizes(sizes, facts, study.data.split_seed, work)
    try:
        return fit.split(smaller, facts, study.data.split_seed, work)[0], f"{unfit}. Smaller splits are shown"
    except UserError:
        nothing = np.array([], np.int64)
        return splits.Split(nothing, nothing, nothing), unfit


def _training_grid(study: Study, data: Dataset, chosen: splits.Split) -> str:
    quiet.load_tensorflow()
    from experiments.augmentation import Augmentation
    from experiments.pipeline import training_batches

    recipe = study.recipe
    shown = chosen.train if len(chosen.train) else np.arange(len(data.labels))
    stream = training_batches(
        View(data.images, shown).settled(),
        data.labels[shown],
        seed=study.seeds[0],
        batch_size=recipe.batch_size,
        augmentation=Augmentation.of(study.data.crop, study.data.crops, recipe),
        steps=recipe.steps,
    )
    return _embedded(samples.grid(np.asarray(images) for images, _ in stream))


def _evaluation_grid(study: Study, data: Dataset, chosen: splits.Split) -> str:
    shown = chosen.validation if len(chosen.validation) else np.arange(len(data.labels))
    seen = View(data.images, shown, study.data.crop, study.data.crops)
    return _embedded(samples.grid([seen[: samples.COLUMNS * samples.ROWS]]))


def _groups(data: Dataset, chosen: splits.Split, known: Files) -> list[list[dict]]:
    """Groups with pictures: those of several classes, whose labels may be wrong, then the largest."""
    if not known.names:
        return []
    sides = np.full(len(data.labels), "in no split", object)
    for name, positions in chosen._asdict().items():
        sides[positions] = name
    return [
        [
            {
                "picture": _embedded(samples.picture(data.images[position]), THUMBNAIL),
                "file": known.names[position],
                "label": data.classes[data.labels[position]],
                "split": sides[position],
            }
            for position in group[:MOST_MEMBERS]
        ]
        for group in _doubtful_first(data)[:MOST_GROUPS]
    ]


def _doubtful_first(data: Dataset) -> list[np.ndarray]:
    return sorted(inspected.together(data), key=lambda group: len(np.unique(data.labels[group])) == 1)


def _embedded(image: Image.Image, largest: int = 1600) -> str:
    """The picture as a data: URI, no larger than it is shown."""
    written = io.BytesIO()
    image.thumbnail((largest, largest))
    image.save(written, "PNG")
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"


def main() -> int:
    """Write the page and say where it is."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "study", nargs="?", default="compare", help="whose sizes, crops and augmentation (default: compare)"
    )
    compare.data_arguments_of(parser)
    parser.add_argument("--work", type=Path, default=location.WORK)
    asked = parser.parse_args()
    # Bad files are to be seen here: they stop no inspection.
    taken = compare.taken(asked) | {"on_bad": "skip"}
    study = requested.read_study(asked.study, asked.data, asked.work, compare.say, taken=taken)
    own = study_file.load(study_file.find(asked.study))["data"].get("on_bad", "stop")
    made = page(study, asked.work, asked.on_bad or own)
    file = asked.work / "inspection" / f"{study.name}.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished.replace(file, made.html)
    compare.say("\n".join([*made.told, f"{file}"]))
    return 0


if __name__ == "__main__":
    sys.exit(exit_status(main))
