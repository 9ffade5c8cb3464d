"""Prepared data sets: decoded once, kept by the digest of their content, memory-mapped by the trials.

    python -m experiments.datasets SOURCE [--image-size N] [--work FOLDER]

prepares one source and says what it found. The digest depends on the classes and the pixels alone, not on
file names, folders or order: the images are kept in the order of (class, SHA-256 of the image). Which of
them form the data set's own test part is told by a second digest, the partition.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments import children, folders, unfinished
from experiments.errors import Parser, UserError, exit_status

CACHE_VERSION = 1


class Dataset(NamedTuple):
    """A prepared data set.

    images: uint8 (n, height, width, channels); labels: int64 (n,); in_test: bool (n,);
    image_digests: 32 bytes each (n,).
    """

    classes: tuple[str, ...]
    images: np.ndarray
    labels: np.ndarray
    in_test: np.ndarray
    image_digests: np.ndarray

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        return self.images.shape[1:]


class Summary(NamedTuple):
    """What planning needs to know of a prepared data set without opening its images."""

    digest: str
    partition: str
    classes: tuple[str, ...]
    image_shape: tuple[int, int, int]
    train_part: int
    test_part: int


def summary(source: str, image_size: int | None, work: Path) -> Summary:
    """The prepared data set of a source, which a child process prepares now if nothing is kept of it.

    Raises:
        UserError: the source cannot be had.
    """
    index = _index(source, image_size, work)
    if not _kept(index, work):
        size = [] if image_size is None else ["--image-size", str(image_size)]
        command = [sys.executable, "-m", "experiments.datasets", source, *size, "--work", str(work)]
        print(f"preparing the data of {source} (once) …", file=sys.stderr, flush=True)
        child = children.run([*command, "--with-parent"])
        if child.returncode:
            message = child.stderr.strip().splitlines()[-1] if child.stderr.strip() else "no output"
            raise UserError(message.removeprefix("error: "))
    return Summary(**json.loads(index.read_text()))


def _kept(index: Path, work: Path) -> bool:
    """Whether the index is there and what it leads to as well."""
    if not index.exists():
        return False
    try:
        facts = json.loads(index.read_text())
    except ValueError:  # damaged: it is made again
        return False
    return (_place(work, facts["digest"], facts["partition"]) / "dataset.json").exists()


def open_prepared(digest: str, partition: str, work: Path) -> Dataset:
    """The prepared data set of a digest and a partition, its images memory-mapped.

    Raises:
        UserError: nothing is kept under them.
    """
    place = _place(work, digest, partition)
    if not (place / "dataset.json").exists():
        raise UserError(f"{place}: no prepared data set; start the study again to prepare it")
    classes = tuple(json.loads((place / "dataset.json").read_text())["classes"])
    return Dataset(classes, **{name: np.load(place / f"{name}.npy", mmap_mode="r") for name in _ARRAYS})


def prepare(source: str, image_size: int | None, work: Path) -> Summary:
    """Load a source, order it by content and keep it."""
    from experiments import sources

    # The listing is taken before the files are read: files that change meanwhile change the next listing.
    index = _index(source, image_size, work)
    found = sources.load(source, image_size)
    digests = np.array([hashlib.sha256(image.tobytes()).digest() for image in found.images], "S32")
    raw = np.frombuffer(digests.tobytes(), np.uint8).reshape(-1, 32)
    order = np.lexsort((found.in_test, *(raw[:, byte] for byte in range(31, -1, -1)), found.labels))
    content = hashlib.sha256(repr(found.images.shape[1:]).encode())
    for position in order:
        content.update(found.classes[found.labels[position]].encode() + b"\0" + raw[position].tobytes())
    in_test = found.in_test[order]
    made = Summary(
        digest=content.hexdigest(),
        partition=hashlib.sha256(in_test.tobytes()).hexdigest()[:16],
        classes=found.classes,
        image_shape=found.images.shape[1:],
        train_part=int((~in_test).sum()),
        test_part=int(in_test.sum()),
    )
    arrays = (found.images[order], found.labels[order], in_test, raw[order])
    _keep(_place(work, made.digest, made.partition), dict(zip(_ARRAYS, arrays, strict=True)), made)
    index.parent.mkdir(parents=True, exist_ok=True)
    part = unfinished.beside(index)
    part.write_text(json.dumps(made._asdict()))
    unfinished.publish(part, index)
    return made


_ARRAYS = ("images", "labels", "in_test", "image_digests")


def _keep(place: Path, arrays: dict[str, np.ndarray], facts: Summary) -> None:
    """Write the folder whole or not at all."""
    if (place / "dataset.json").exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    made = unfinished.beside(place)
    made.mkdir()
    for array, values in arrays.items():
        np.save(made / f"{array}.npy", values)
    (made / "dataset.json").write_text(json.dumps(facts._asdict()))
    try:
        unfinished.publish(made, place)
    except OSError:
        shutil.rmtree(made)
        # Another process may have kept the same content meanwhile.
        if not (place / "dataset.json").exists():
            raise


def _place(work: Path, digest: str, partition: str) -> Path:
    return work / "data" / f"{digest[:32]}-{partition}"


def _index(source: str, image_size: int | None, work: Path) -> Path:
    """The file that leads from a source, as it lies there now, to the digest of its content."""
    listed: list[object] = [CACHE_VERSION, source, image_size]
    if source.startswith("path:"):
        folder = Path(source.removeprefix("path:")).expanduser().resolve()
        listed[1] = str(folder)
        for file, label, in_test in folders.listing(folder):
            state = file.stat()
            listed.append([str(file.relative_to(folder)), label, in_test, state.st_size, state.st_mtime_ns])
    key = hashlib.sha256(json.dumps(listed).encode()).hexdigest()
    return work / "data" / "index" / f"{key[:32]}.json"


def main() -> int:
    """Prepare one source and print its summary as JSON."""
    parser = Parser(description="Decode a data source once and keep it by its digest.")
    parser.add_argument("source", help="fashion_mnist, mnist, cifar10, cifar100, digits or path:FOLDER")
    parser.add_argument("--image-size", type=int, help="fit each image to N × N pixels")
    parser.add_argument("--work", type=Path, default=Path("work"), help="where to keep it (default: work)")
    parser.add_argument("--with-parent", action="store_true", help="end when the standard input is closed")
    arguments = parser.parse_args()
    if arguments.with_parent:
        children.end_with_parent()
    print(json.dumps(prepare(arguments.source, arguments.image_size, arguments.work)._asdict()))
    return 0


if __name__ == "__main__":
    sys.exit(exit_status(main))
