"""One page about a study's data: classes, splits, what a network sees, duplicates, files that are no use.

    python -m experiments.inspection compare --data path:photographs

writes work/inspection/<study>.html, a file without links to elsewhere. It trains nothing.
"""

import argparse
import base64
import io
import sys
from pathlib import Path

import jinja2
import numpy as np
from PIL import Image

from experiments import datasets, index, inspected, location, requested, samples, splits, unfinished
from experiments.compare import say
from experiments.crops import View
from experiments.datasets import Dataset
from experiments.errors import Parser, exit_status
from experiments.index import Files
from experiments.study import Study

MOST_GROUPS, MOST_MEMBERS = 60, 12  # shown with pictures
BAR = 12  # rem of the largest class
THUMBNAIL = 128  # pixels


def page(study: Study, work: Path) -> str:
    """The page of a study's data as HTML.

    Raises:
        UserError: the data cannot be had, or is too small for the splits.
    """
    wanted = study.data.wanted._replace(on_bad="skip")
    facts = datasets.summary(wanted, work)
    data = datasets.open_prepared(facts.digest, facts.partition, work)
    sizes = {name: getattr(study.data, name) for name in ("train", "validation", "test")}
    chosen = splits.split(
        np.asarray(data.labels), np.asarray(data.in_test), data.groups, **sizes, seed=study.data.split_seed
    )
    listed = index.listing(wanted.source)
    kept_as = index.path(wanted.source, listed, wanted.image_size, wanted.near_duplicates, work)
    known = Files.read(kept_as)
    height, width, channels = facts.image_shape
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template("inspection.html").render(
        source=wanted.source,
        study=study.name,
        seed=study.seeds[0],
        total=f"{len(data.labels):,}",
        height=height,
        width=width,
        channels="grey" if channels == 1 else "RGB",
        told_size=inspected.size(study),
        warnings=inspected.warnings(data, known, chosen),
        classes=inspected.classes(data, chosen),
        bar=BAR,
        splits=[len(positions) for positions in chosen],
        changes=inspected.changes(study),
        evaluated=inspected.evaluated(study),
        training=_training_grid(study, data, chosen),
        evaluation=_evaluation_grid(study, data, chosen),
        sizes=inspected.file_sizes(known),
        own=bool(known.names),
        told_groups=inspected.groups(data, chosen),
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


def _training_grid(study: Study, data: Dataset, chosen: splits.Split) -> str:
    from experiments.augmentation import Augmentation
    from experiments.pipeline import training_batches

    recipe = study.recipe
    stream = training_batches(
        View(data.images, chosen.train).settled(),
        data.labels[chosen.train],
        seed=study.seeds[0],
        batch_size=recipe.batch_size,
        augmentation=Augmentation.of(study.data.crop, study.data.crops, recipe),
        steps=recipe.steps,
    )
    return _embedded(samples.grid(np.asarray(images) for images, _ in stream))


def _evaluation_grid(study: Study, data: Dataset, chosen: splits.Split) -> str:
    seen = View(data.images, chosen.validation, study.data.crop, study.data.crops)
    return _embedded(samples.grid([seen[: samples.COLUMNS * samples.ROWS]]))


def _groups(data: Dataset, chosen: splits.Split, known: Files) -> list[list[dict]]:
    """The largest groups, with pictures."""
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
        for group in inspected.together(data)[:MOST_GROUPS]
    ]


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
    parser.add_argument(
        "--data", help="other data than the study's: a named source, path:FOLDER or path:LIST.csv"
    )
    parser.add_argument("--work", type=Path, default=location.WORK)
    asked = parser.parse_args()
    study = requested.read_study(asked.study, asked.data, asked.work, say, on_bad="skip")
    made = page(study, asked.work)
    file = asked.work / "inspection" / f"{study.name}.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished.replace(file, made)
    say(f"{file}")
    return 0


if __name__ == "__main__":
    sys.exit(exit_status(main))
