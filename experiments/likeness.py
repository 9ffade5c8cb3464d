"""Which images are nearly the same picture, so that a split does not part them: re-encoded, resized,
mirrored, brightened copies, and neighbours in a burst.

Candidates are pairs whose perceptual hashes (imagehash's pHash, 64 bits), one of them mirrored or not, differ
in few bits. By chance some pictures have close hashes too: a candidate counts if its small grey versions also
correlate. Brightness and contrast change neither by much; cropping and turning do, and are not found.
"""

from collections.abc import Sequence

import imagehash
import numpy as np
from PIL import Image, ImageOps
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

VERSION = 1  # of the two thresholds and of what they are compared with
MOST_BITS = 12  # of 64 that differ
LEAST_CORRELATION = 0.94
SMALL, TINY = 64, 16  # pixels of the versions that are hashed and correlated
ROWS = 512  # compared with all others at a time

Pairs = list[tuple[int, int]]


def fingerprint(image: Image.Image) -> np.ndarray:
    """uint8 (272,): the hash, the mirror image's hash, and 16 × 16 grey pixels."""
    grey = image.convert("L")
    if max(grey.size) > SMALL:
        grey = grey.resize((SMALL, SMALL), Image.Resampling.BILINEAR, reducing_gap=2.0)
    hashes = [np.packbits(imagehash.phash(each).hash) for each in (grey, ImageOps.mirror(grey))]
    tiny = np.asarray(grey.resize((TINY, TINY), Image.Resampling.BILINEAR))
    return np.concatenate([*map(np.ravel, hashes), tiny.ravel()])


def pairs(fingerprints: np.ndarray) -> Pairs:
    """The positions (lower, higher) of images that are nearly the same.

    fingerprints: uint8 (n, 272). The time grows with n²: some seconds for 10,000 images, minutes for 100,000.
    """
    hashes, mirrored = (
        np.ascontiguousarray(fingerprints[:, at : at + 8]).view(np.uint64)[:, 0] for at in (0, 8)
    )
    tiny = fingerprints[:, 16:].reshape(-1, TINY, TINY).astype(np.float32)
    found: set[tuple[int, int]] = set()
    for others, pixels in ((hashes, tiny), (mirrored, tiny[:, :, ::-1])):
        for start in range(0, len(hashes), ROWS):
            bits = np.bitwise_count(hashes[start : start + ROWS, None] ^ others[None, start:])
            one, other = np.nonzero(bits <= MOST_BITS)
            later = one < other  # each pair once, and none with itself
            one, other = one[later] + start, other[later] + start
            alike = _correlations(tiny[one], pixels[other]) >= LEAST_CORRELATION
            found.update(zip(one[alike].tolist(), other[alike].tolist(), strict=True))
    return sorted(found)


def _correlations(ones: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Pearson's, of each pair of pictures (n, height, width); 0 for a picture of one colour."""
    ones, others = (each.reshape(len(each), TINY * TINY) for each in (ones, others))
    ones, others = (each - each.mean(axis=1, keepdims=True) for each in (ones, others))
    norms = np.linalg.norm(ones, axis=1) * np.linalg.norm(others, axis=1)
    return (ones * others).sum(axis=1) / np.maximum(norms, 1e-6)


def groups(named: Sequence[str | None], digests: np.ndarray | None, alike: Pairs) -> np.ndarray:
    """int (n,), equal for images that belong together, directly or through others.

    Args:
        named: the group that the data set itself gives an image, if any.
        digests: of the pixels, (n,); equal ones belong together. None: they need not.
        alike: pairs that belong together.
    """
    edges = [*alike]
    for keys in (named, [] if digests is None else digests.tolist()):
        first: dict[object, int] = {}
        edges += [(first.setdefault(key, at), at) for at, key in enumerate(keys) if key is not None]
    ones, others = np.array(edges, int).reshape(-1, 2).T
    graph = coo_array((np.ones(len(ones), bool), (ones, others)), shape=(len(named), len(named)))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def numbered(found: np.ndarray) -> np.ndarray:
    """Groups counted from 0, in the order in which their first images stand."""
    _, first, of = np.unique(found, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[of].astype(np.int64)
