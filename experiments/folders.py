"""Image folders: `class/…` or `train/class/…` with `test/class/…`, of PNG and JPEG files."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from experiments.errors import UserError

SUFFIXES = {".png", ".jpg", ".jpeg"}


def listing(folder: Path) -> list[tuple[Path, str, bool]]:
    """(file, class name, whether it lies in the test part) of every image, in the order of their paths.

    Raises:
        UserError: no such folder, a train/ without a test/, no images, or fewer than two classes.
    """
    if not folder.is_dir():
        raise UserError(f"data source path:{folder}: no such folder")
    parts = {"train": folder / "train", "test": folder / "test"}
    given = [name for name, part in parts.items() if part.is_dir()]
    if len(given) == 1:
        missing = next(name for name in parts if name not in given)
        raise UserError(f"data source path:{folder}: it has {given[0]}/ but no {missing}/")
    roots = [(parts["train"], False), (parts["test"], True)] if given else [(folder, False)]
    found = [(file, label, in_test) for root, in_test in roots for file, label in _classes(root)]
    classes = {label for _, label, _ in found}
    if len(classes) < 2:
        loose = sum(file.suffix.lower() in SUFFIXES for root, _ in roots for file in root.iterdir())
        beside = f" and {loose} that lie in no class folder" if loose else ""
        raise UserError(
            f"data source path:{folder}: {len(found)} PNG/JPEG files in {len(classes)} class folders"
            f"{beside}; expected class/… or train/class/… and test/class/… with two classes or more"
        )
    if given and len({label for _, label, in_test in found if not in_test}) < len(classes):
        trained = {label for _, label, in_test in found if not in_test}
        raise UserError(
            f"data source path:{folder}: class {min(classes - trained)!r} stands in test/ but not in train/"
        )
    return found


def _classes(root: Path) -> Iterator[tuple[Path, str]]:
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")):
        for file in sorted(folder.rglob("*")):
            if file.suffix.lower() in SUFFIXES and file.is_file():
                yield file, folder.name


def read(folder: Path, image_size: int | None) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[str, ...]]:
    """The fields of `sources.Images`; grey if every file is grey, else RGB.

    Raises:
        UserError: a file that Pillow cannot read, or files of several sizes without an image_size.
    """
    found = listing(folder)
    decoded = [decode(file, image_size) for file, _, _ in found]
    grey = all(image.mode == "L" for image in decoded)
    shapes = {image.size: file for image, (file, _, _) in zip(decoded, found, strict=True)}
    if len(shapes) > 1:
        (first, one), (second, other) = list(shapes.items())[:2]
        raise UserError(
            f"data source path:{folder}: images of several sizes ({one.name} has "
            f"{first[0]}×{first[1]} pixels, {other.name} {second[0]}×{second[1]}); set data.image_size"
        )
    pixels = [np.asarray(image if grey else image.convert("RGB")) for image in decoded]
    images = np.stack(pixels)
    classes = tuple(sorted({label for _, label, _ in found}))
    labels = np.array([classes.index(label) for _, label, _ in found], np.int64)
    in_test = np.array([part for _, _, part in found])
    return images.reshape(*images.shape[:3], -1), labels, in_test, classes


def decode(file: Path, image_size: int | None) -> Image.Image:
    """One file as an upright image, grey ("L") or RGB, fitted to image_size × image_size pixels.

    Raises:
        UserError: Pillow cannot read it.
    """
    try:
        with Image.open(file) as opened:
            image = ImageOps.exif_transpose(opened)
            if image.mode.startswith("I"):  # 16 bits of grey, which convert() would cut off at 255
                image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
            image = image if image.mode == "L" else image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(f"{file}: cannot be read as an image ({error}); remove or repair it") from None
    if image_size is None:
        return image
    return ImageOps.fit(image, (image_size, image_size), Image.Resampling.BILINEAR)
