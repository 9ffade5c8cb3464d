"""The model of a run on a folder of images: a CSV of classes and probabilities.

    python -m experiments predict RUN IMAGES --to predictions.csv

RUN is a trial id (a folder of work/) or the id of a run on MLflow's pages, or the beginning of either.
"""

import argparse
import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np

from experiments import command_line, files, location, names, processes
from experiments.command_line import Command, Parser
from experiments.data import crops
from experiments.data.photographs import decoding, levels
from experiments.data.photographs.formats import READ, UNREAD
from experiments.delivery.models import model_folder, whole_id
from experiments.errors import UserError

if TYPE_CHECKING:
    from experiments.trial.saved import Model

AT_ONCE = 500  # photographs
SKIP = "ON_BAD=skip (--on-bad skip)"


def images_below(folder: Path) -> list[Path]:
    """Every file below a folder that is an image by its ending, in the order of their paths.

    Files and folders whose names begin with a dot are left out.

    Raises:
        UserError: no such folder, or no image in it.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder of images")
    found = [
        file
        for file in sorted(folder.rglob("*"))
        if file.suffix.lower() in READ | UNREAD
        and not any(name.startswith(".") for name in file.relative_to(folder).parts)
        and not file.is_dir()
    ]
    if not found:
        raise UserError(f"{folder}: no image files in it")
    return found


def as_trained(file: Path, model: "Model") -> np.ndarray:
    """The image as the model was trained on it: fitted, its channels, its windows (windows, height, …).

    Raises:
        UserError: the image cannot be read or, for a model trained without image_size, has another size.
    """
    try:
        decoded = decoding.fitted(
            decoding.upright(file, model.grey_range or levels.ALL_LEVELS)[0], model.image_size
        )
    except decoding.UnreadableError as reason:
        raise UserError(f"{file}: cannot be read as an image ({reason})") from None
    except OSError as error:  # a link to nothing
        raise UserError(f"{file}: cannot be read ({error.strerror or error})") from None
    image = decoded.convert("L" if model.input_shape[-1] == 1 else "RGB")
    pixels = np.asarray(image).reshape(1, image.height, image.width, -1)
    height, width, _ = model.input_shape
    if model.crop is None and (image.height, image.width) != (height, width):
        raise UserError(f"{file}: {image.width}×{image.height} pixels; the model takes {width}×{height}")
    if model.crop and model.crop > min(image.height, image.width):
        raise UserError(
            f"{file}: {image.width}×{image.height} pixels; the model takes {width}×{height} of it"
        )
    return crops.View(pixels, crop=model.crop, windows=model.windows)[:]


def _predicted(
    images: list[Path], model: "Model", left_out: list[str] | None
) -> Iterator[tuple[list[Path], np.ndarray]]:
    """Batches of files and their probabilities (n, classes), averaged over the windows of each.

    left_out: takes the message about each file that cannot be used; None: the first one is an error.
    """
    batch: list[Path] = []
    seen: list[np.ndarray] = []
    for number, file in enumerate(images, start=1):
        try:
            seen.append(as_trained(file, model))
            batch.append(file)
        except UserError as error:
            if left_out is None:
                raise UserError(f"{error}; mend or remove it, or leave such files out by {SKIP}") from None
            left_out.append(str(error))
        full = len(batch) == AT_ONCE or sum(windows.nbytes for windows in seen) > crops.IN_MEMORY
        if batch and (full or number == len(images)):
            # Without an image_size, a larger photograph has more windows than a smaller one.
            rows = np.split(model.predict(np.concatenate(seen)), np.cumsum([*map(len, seen)])[:-1])
            yield batch, np.concatenate([crops.averaged(each, 1) for each in rows])
            batch, seen = [], []


def add_options(parser: Parser) -> None:
    """Its arguments."""
    parser.add_argument("run", help="a trial id, or a run id from MLflow's pages")
    parser.add_argument("images", type=Path, help="a folder of image files, at any depth")
    parser.add_argument(
        "--to", dest="out", type=Path, default=Path("predictions.csv"), help="default: %(default)s"
    )
    parser.add_argument(
        "--on-bad",
        choices=("stop", "skip"),
        default="stop",
        help="files that cannot be used: stop at the first, or leave them out of the table and name them",
    )
    parser.add_argument("--work", type=Path, default=location.WORK)
    parser.add_argument("--store", type=location.absolute, default=location.store_uri())


def main(options: argparse.Namespace) -> int:
    """Predict a folder."""
    images = images_below(options.images)
    if not options.out.absolute().parent.is_dir():
        raise UserError(f"--to {options.out}: no such folder {options.out.parent}")
    if options.out.is_dir():
        raise UserError(f"--to {options.out}: a folder; name a file in it")
    with tempfile.TemporaryDirectory() as scratch:
        run = whole_id(options.run, options.work, options.store)
        folder = model_folder(run, options.work, options.store, Path(scratch))
        processes.load_tensorflow()
        from experiments.trial import saved  # only now: a wrong argument is refused before keras has loaded

        model = saved.load(folder)
        command_line.say(f"{run}: {model.network}, {len(model.classes)} classes")
        encoding = names.table_encoding("".join([*model.classes, *map(str, images)]))
        with (
            files.writing(options.out) as part,
            part.open("w", newline="", encoding=encoding, errors="backslashreplace") as table,
        ):
            left_out = _write(table, images, options.images, model, skip=options.on_bad == "skip")
        for message in left_out:
            command_line.say(f"left out: {message}")
    command_line.say(f"{options.out}")
    return 0


def _write(out: TextIO, images: list[Path], folder: Path, model: "Model", *, skip: bool) -> list[str]:
    """Write a row for each image; the messages about images that cannot be used and are left out."""
    table = csv.writer(out)
    table.writerow(["file", "class", "probability", *model.classes])
    done = 0
    left_out: list[str] = []
    for batch, probabilities in _predicted(images, model, left_out if skip else None):
        for file, row in zip(batch, probabilities, strict=True):
            best = int(row.argmax())
            numbers = [f"{probability:.6f}" for probability in (row[best], *row)]
            table.writerow([file.relative_to(folder), model.classes[best], *numbers])
        done += len(batch)
        command_line.say(f"{done} of {len(images)} images")
    if not done:
        raise UserError(f"{folder}: no image in it can be used; the first: {left_out[0]}")
    return left_out


PREDICT = Command(
    "Classify a folder of images with the model of a run: a CSV of classes and probabilities.",
    "predict 3fa9 photographs --to predictions.csv",
    add_options,
    main,
)
