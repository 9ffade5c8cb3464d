"""Image folders and manifests → equal-sized uint8 arrays on the disk.

What cannot be decoded is left out and listed with its reason; whether that will do is for the caller to say.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.data.facts import SHOWN, BadFile, Files, Finding
from experiments.data.photographs import levels
from experiments.data.photographs.decoding import ImageWriter, UnreadableError, in_order
from experiments.data.photographs.entries import Entry, Listing, NoImagesError, shown
from experiments.data.photographs.levels import ALL_LEVELS, Deep, Range
from experiments.words import file_count


@dataclass(frozen=True)
class Found:
    """The decoded images of a folder or list.

    images: uint8 (m, height, width, channels), channels 1 or 3, a memory map; rows: int64 (n,), which of
    them are used; labels: int64 (n,); in_test, in_validation: bool (n,); digests: 32 bytes of SHA-256 each
    (n,); versions: uint8 (n, 64, 64), and references, larger ones of some by position (see `near_copies`);
    files: where they came from; groups: one an image; classes: by name; findings: on files that are used
    though something is wrong with them; grey_range: of 16-bit grey, if there is any.
    """

    images: np.ndarray
    rows: np.ndarray
    labels: np.ndarray
    in_test: np.ndarray
    in_validation: np.ndarray
    digests: np.ndarray
    versions: np.ndarray
    references: dict[int, np.ndarray]
    files: Files
    groups: list[str | None]
    classes: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    grey_range: Range | None = None


def read(listed: Listing, image_size: int | None, scratch: Path, grey_range: Range | None = None) -> Found:
    """Decode what is listed; images go to a file in the folder `scratch`.

    Grey if every image is grey, else RGB. grey_range: of 16-bit grey; None: as the images outside the given
    test and validation parts have it.

    Raises:
        NoImagesError: a class, or the given test part, has no image that can be used.
        UserError: images of several sizes without an image_size.
    """
    bad = list(listed.bad)
    deep = levels.of_files(
        [entry.file for entry in listed.entries], [entry.part == "train" for entry in listed.entries]
    )
    grey = grey_range or (deep.grey if deep else ALL_LEVELS)
    decoded: list[Entry] = []
    writer = ImageWriter(scratch / "decoded.npy", len(listed.entries), listed.root)
    for entry, image in in_order(listed.entries, image_size, grey):
        if isinstance(image, UnreadableError):
            bad.append(BadFile(shown(entry.file, listed.root), str(image), entry.label))
        else:
            writer.add(entry.file, image)
            decoded.append(entry)
    digests = writer.digests()
    disputed = _disputed([entry.label for entry in decoded], digests.tolist())
    for position, other in disputed.items():
        entry, like = decoded[position], decoded[other]
        reason = f"shows the same pixels as {shown(like.file, listed.root)}, of another class"
        many = "shows the same pixels as a file of another class"
        bad.append(BadFile(shown(entry.file, listed.root), reason, entry.label, many))
    rows = np.array([position for position in range(len(decoded)) if position not in disputed], np.int64)
    used = [decoded[row] for row in rows]
    used_files = {entry.file for entry in used}
    classes = tuple(sorted({entry.label for entry in used}))
    chosen = writer.references()
    _check_nothing_lost(listed, used, bad)
    numbers = {label: number for number, label in enumerate(classes)}
    return Found(
        images=writer.images(),
        rows=rows,
        labels=np.array([numbers[entry.label] for entry in used], np.int64),
        in_test=np.array([entry.in_test for entry in used]),
        in_validation=np.array([entry.part == "validation" for entry in used]),
        digests=digests[rows],
        versions=writer.versions()[rows],
        references={new: chosen[old] for new, old in enumerate(rows.tolist()) if old in chosen},
        files=Files(
            names=tuple(shown(entry.file, listed.root) for entry in used),
            sizes=tuple(writer.sizes[row] for row in rows),
            bad=tuple(bad),
            other=dict(listed.other.most_common()),
        ),
        groups=[entry.group for entry in used],
        classes=classes,
        findings=tuple(
            _remark(remark, kept, listed.root)
            for remark, files in sorted(writer.remarks.items())
            if (kept := [file for file in files if file in used_files])
        )
        + _deep(
            deep,
            [file for file in deep.files if file in used_files] if deep else [],
            grey,
            listed.root,
            given=grey_range is not None,
        ),
        grey_range=grey if deep else None,
    )


def _remark(remark: str, files: list[Path], root: Path) -> Finding:
    """A finding on files with which one thing is wrong."""
    names = tuple(shown(file, root) for file in files[:SHOWN])
    return Finding(
        "changed", f"{file_count(len(files))} {remark}; the first is {names[0]}", len(files), names
    )


def _deep(
    deep: Deep | None, files: list[Path], grey: Range, root: Path, *, given: bool
) -> tuple[Finding, ...]:
    """A finding on images of 16 bits, if any are used."""
    if not deep or not files:
        return ()
    count = len(files)
    have = "1 image has" if count == 1 else f"{count:,} images have"
    why = "as the images outside test have them" if deep.decided else "all of them: no training image has any"
    why = "as data.range says" if given else f"{why}; data.range: [low, high] sets others"
    text = f"{have} 16 bits of grey: levels {grey[0]:,} to {grey[1]:,} become 0 to 255 ({why})"
    return (Finding("changed", text, count, tuple(shown(file, root) for file in files[:SHOWN])),)


def _check_nothing_lost(listed: Listing, used: list[Entry], bad: list[BadFile]) -> None:
    """Check that every class, and the given test part, keeps an image.

    Raises:
        NoImagesError: one of them has none.
    """
    where = f"data source path:{listed.root}"
    lost = {entry.label for entry in listed.entries} | {file.label for file in bad}
    lost -= {"", *(entry.label for entry in used)}
    if lost:
        label = min(lost)
        of_class = [file for file in bad if file.label == label]
        raise NoImagesError(f"{where}: no image of class {label!r} can be used; {_first_of(of_class)}", bad)
    for part in sorted(listed.given - {entry.part for entry in used}):
        raise NoImagesError(f"{where}: no image of the given {part} part can be used; {_first_of(bad)}", bad)


def _first_of(bad: list[BadFile]) -> str:
    if not bad:
        return "there are none"
    return f"the first of {file_count(len(bad))}: {bad[0].name}: {bad[0].reason}"


def _disputed(labels: list[str], digests: list[bytes]) -> dict[int, int]:
    """The positions of images whose pixels also stand in another class, each with such an image there."""
    alike: dict[bytes, list[int]] = {}
    for position, digest in enumerate(digests):
        alike.setdefault(digest, []).append(position)
    found = {}
    for together in alike.values():
        if len({labels[position] for position in together}) == 1:
            continue
        for position in together:
            found[position] = next(other for other in together if labels[other] != labels[position])
    return dict(sorted(found.items()))
