"""Image folders and manifests → equal-sized uint8 arrays on the disk.

What cannot be decoded is left out and told with its reason; whether that will do is for the caller to say.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments.data.facts import Files
from experiments.data.photographs import decoding, entries
from experiments.data.photographs.decoding import Written, in_order
from experiments.data.photographs.entries import BadFile, Entry, Listing, NothingLeft
from experiments.words import file_count


class Found(NamedTuple):
    """A data set of one's own, decoded.

    images: uint8 (m, height, width, channels), channels 1 or 3, a memory map; rows: int64 (n,), which of
    them are used; labels: int64 (n,); in_test: bool (n,); digests: 32 bytes of SHA-256 each (n,);
    fingerprints: see `likeness`; files: where they came from; groups: one an image; classes: by name.
    """

    images: np.ndarray
    rows: np.ndarray
    labels: np.ndarray
    in_test: np.ndarray
    digests: np.ndarray
    fingerprints: np.ndarray
    files: Files
    groups: list[str | None]
    classes: tuple[str, ...]


def read(listed: Listing, image_size: int | None, scratch: Path) -> Found:
    """Decode what is listed; images go to a file in the folder `scratch`.

    Grey if every image is grey, else RGB.

    Raises:
        NothingLeft: of a class.
        UserError: images of several sizes without an image_size.
    """
    where = f"data source path:{listed.root}"
    bad = list(listed.bad)
    kept: list[Entry] = []
    decoded = Written(scratch / "decoded.npy", len(listed.entries), listed.root)
    for entry, made in in_order(listed.entries, image_size):
        if isinstance(made, decoding.Unreadable):
            bad.append(BadFile(entries.shown(entry.file, listed.root), str(made), entry.label))
        else:
            decoded.add(entry.file, made)
            kept.append(entry)
    labels, digests = [entry.label for entry in kept], decoded.digests()
    disputed = _disputed(labels, digests.tolist())
    for at, other in disputed.items():
        reason = f"shows the same pixels as {entries.shown(kept[other].file, listed.root)}, of another class"
        bad.append(BadFile(entries.shown(kept[at].file, listed.root), reason, labels[at]))
    rows = np.array([at for at in range(len(kept)) if at not in disputed], np.int64)
    kept = [kept[at] for at in rows]
    classes = tuple(sorted({entry.label for entry in kept}))
    lost = {entry.label for entry in listed.entries} | {file.label for file in bad}
    lost -= {*classes, ""}
    if lost:
        of_it = [file for file in bad if file.label == min(lost)]
        raise NothingLeft(f"{where}: no image of class {min(lost)!r} can be used; the first of "
                          f"{file_count(len(of_it))}: {of_it[0].name}: {of_it[0].reason}", bad)  # fmt: skip
    if listed.given_test and not any(entry.in_test for entry in kept):
        raise NothingLeft(f"{where}: no image of the given test part can be used; the first of "
                          f"{file_count(len(bad))}: {bad[0].name}: {bad[0].reason}", bad)  # fmt: skip
    numbers = {label: number for number, label in enumerate(classes)}
    return Found(
        images=decoded.images(),
        rows=rows,
        labels=np.array([numbers[entry.label] for entry in kept], np.int64),
        in_test=np.array([entry.in_test for entry in kept]),
        digests=digests[rows],
        fingerprints=np.concatenate(decoded.fingerprints)[rows],
        files=Files(
            names=[entries.shown(entry.file, listed.root) for entry in kept],
            sizes=[decoded.sizes[at] for at in rows],
            bad=[tuple(file) for file in bad],
            other=dict(listed.other.most_common()),
        ),
        groups=[entry.group for entry in kept],
        classes=classes,
    )


def _disputed(labels: list[str], digests: list[bytes]) -> dict[int, int]:
    """The images whose pixels are also those of an image of another class, each with such a one."""
    alike: dict[bytes, list[int]] = {}
    for at, digest in enumerate(digests):
        alike.setdefault(digest, []).append(at)
    found = {}
    for together in alike.values():
        if len({labels[at] for at in together}) == 1:
            continue
        for at in together:
            other = next((other for other in together if labels[other] != labels[at]), None)
            if other is not None:
                found[at] = other
    return dict(sorted(found.items()))
