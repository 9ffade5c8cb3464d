"""What is doubtful about images: nearly the same pictures, which no split may part, and notices on others.

Nearly the same are re-encoded, resized, mirrored and brightened copies, and neighbours in a burst. Candidates
are pairs whose perceptual hashes (imagehash's pHash, 64 bits), one of them mirrored or not, differ in few
bits. By chance some pictures have close hashes too: a candidate counts if its small grey versions also
correlate. Brightness and contrast change neither by much; cropping and turning do, and are not found.
cleanvision 0.3.7 compares equal pHashes alone: it found 15 of 55 brightened copies, of mirrored ones none.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import imagehash
import numpy as np
from PIL import Image, ImageOps
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

MOST_BITS = 12  # of 64 that differ
LEAST_CORRELATION = 0.94
SMALL, TINY = 64, 16  # pixels of the versions that are hashed and correlated
ROWS, CANDIDATES = 512, 50_000  # hashes compared with all others, and pictures correlated, at a time


def fingerprint(image: Image.Image) -> np.ndarray:
    """uint8 (272,): the hash, the mirror image's hash, and 16 × 16 grey pixels."""
    grey = image.convert("L")
    if max(grey.size) > SMALL:
        grey = grey.resize((SMALL, SMALL), Image.Resampling.BILINEAR, reducing_gap=2.0)
    hashes = [np.packbits(imagehash.phash(each).hash) for each in (grey, ImageOps.mirror(grey))]
    tiny = np.asarray(grey.resize((TINY, TINY), Image.Resampling.BILINEAR))
    return np.concatenate([*map(np.ravel, hashes), tiny.ravel()])


def pairs(fingerprints: np.ndarray) -> Iterator[np.ndarray]:
    """The positions (lower, higher) of images that are nearly the same: int (k, 2), a part at a time.

    fingerprints: uint8 (n, 272). The time grows with n²: some seconds for 10,000 images, minutes for 100,000.
    A pair may come twice, as picture and as mirror image.
    """
    hashes, mirrored = (_hashes(fingerprints[:, start : start + 8]) for start in (0, 8))
    tiny = pictures(fingerprints)
    for others, pixels in ((hashes, tiny), (mirrored, tiny[:, :, ::-1])):
        for start in range(0, len(hashes), ROWS):
            bits = np.bitwise_count(hashes[start : start + ROWS, None] ^ others[None, start:])
            near = np.argwhere(bits <= MOST_BITS)
            near = near[near[:, 0] < near[:, 1]] + start  # each pair once, and none with itself
            for first in range(0, len(near), CANDIDATES):
                part = near[first : first + CANDIDATES]
                alike = _correlations(tiny[part[:, 0]], pixels[part[:, 1]]) >= LEAST_CORRELATION
                yield part[alike]


def pictures(fingerprints: np.ndarray) -> np.ndarray:
    """Their grey versions, uint8 (n, 16, 16)."""
    return fingerprints[:, 16:].reshape(-1, TINY, TINY)


def _hashes(packed: np.ndarray) -> np.ndarray:
    """uint8 (n, 8) as one number each."""
    return np.ascontiguousarray(packed).view(np.uint64)[:, 0]


def _correlations(ones: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Pearson's correlation of each pair of pictures (n, height, width); 0 for a picture of one colour."""
    ones, others = (each.reshape(len(each), TINY * TINY).astype(np.float32) for each in (ones, others))
    ones, others = (each - each.mean(axis=1, keepdims=True) for each in (ones, others))
    norms = np.linalg.norm(ones, axis=1) * np.linalg.norm(others, axis=1)
    return (ones * others).sum(axis=1) / np.maximum(norms, 1e-6)


class Doubtful(NamedTuple):
    """Images nearly the same as one of another class: how many, and the positions of a first pair."""

    count: int
    first: tuple[int, int]


def groups(
    named: Sequence[str | None], digests: np.ndarray, alike: Iterable[np.ndarray], labels: np.ndarray
) -> tuple[np.ndarray, Doubtful | None]:
    """int (n,), equal for images that belong together, directly or through others; and the doubtful ones.

    Args:
        named: the group that the data set itself gives an image, if any.
        digests: of the pixels, (n,); equal ones belong together.
        alike: pairs that belong together, int (k, 2) each.
        labels: the class of each image, (n,); it parts no group.
    """
    found = np.arange(len(named))
    for keys in (named, digests.tolist()):
        first: dict[object, int] = {}
        edges = [(first.setdefault(key, at), at) for at, key in enumerate(keys) if key is not None]
        found = _joined(found, np.array(edges, int).reshape(-1, 2))
    doubtful = np.zeros(len(named), bool)
    first_pair = None
    for edges in alike:  # joined a part at a time: pictures of one scene make more pairs than memory holds
        if not len(edges):
            continue
        found = _joined(found, edges)
        of_two_classes = edges[labels[edges[:, 0]] != labels[edges[:, 1]]]
        doubtful[of_two_classes] = True
        if first_pair is None and len(of_two_classes):
            first_pair = tuple(of_two_classes[0].tolist())
    return found, Doubtful(int(doubtful.sum()), first_pair) if first_pair else None


def _joined(found: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The groups after the two images of each edge are joined."""
    ones, others = found[edges].T
    graph = coo_array((np.ones(len(edges), bool), (ones, others)), shape=(len(found), len(found)))
    return connected_components(graph, directed=False)[1].astype(np.int64)[found]


# Notices: a list of one sentence, or of none where there is nothing to say.

NOT_LOOKED_FOR = (
    "near duplicates are not looked for (near_duplicates: apart): of two versions of one photograph one may "
    "train and the other be tested"
)
BLACK = 16  # of 256 levels: 12 bits of grey in the lower ones of 16 lie below


def in_two_classes(doubtful: Doubtful | None, files: Sequence[str]) -> list[str]:
    """A notice on images that are nearly the same as one of another class."""
    if not doubtful:
        return []
    one, other = (files[position] for position in doubtful.first)
    return [
        f"{doubtful.count:,} images are nearly the same as one of another class, the first are {one} "
        f"and {other}; look whether their labels are right"
    ]


def in_both_parts(groups: np.ndarray, in_test: np.ndarray, files: Sequence[str]) -> list[str]:
    """A notice on training images that are copies of images of the given test part."""
    copies = np.flatnonzero(~in_test & np.isin(groups, groups[in_test]))
    if not len(copies):
        return []
    first = copies[0]
    tested = np.flatnonzero(in_test & (groups == groups[first]))[0]
    return [
        f"{len(copies):,} of {int((~in_test).sum()):,} images of train/ are copies of test images or nearly; "
        f"none trains whose copy is tested; the first is {files[first]}, like {files[tested]}"
    ]


def black(pictures: np.ndarray, files: Sequence[str]) -> list[str]:
    """A notice on nearly black images. pictures: small, grey, uint8 (n, …)."""
    flat = pictures.reshape(len(pictures), -1)
    found = np.flatnonzero(flat.max(axis=1) < BLACK)
    if not len(found):
        return []
    return [
        f"{_share(len(found), len(files))} nearly black, the first is {files[found[0]]} (12 bits of grey in "
        "a file of 16 become so)"
    ]


def enlarged(sizes: Sequence[tuple[int, int]], image_size: int | None) -> list[str]:
    """A notice on images that are smaller than the size that they are fitted to."""
    count = sum(min(size) < (image_size or 0) for size in sizes)
    if not count:
        return []
    return [f"{_share(count, len(sizes))} smaller than {image_size} pixels and enlarged to them"]


def _share(count: int, images: int) -> str:
    return f"{count:,} of {images:,} images {'are' if count > 1 else 'is'}"
