"""What is doubtful about images: groups that no split may part, and findings on what to look at."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from experiments.data.facts import SHOWN, Finding


def groups(named: Sequence[str | None], digests: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """int (n,), equal for images that belong together, directly or through others.

    Args:
        named: the group that the data set itself gives an image, if any.
        digests: of the pixels, (n,); equal ones belong together.
        edges: further pairs that belong together, int (k, 2).
    """
    found = np.arange(len(named))
    for keys in (named, digests.tolist()):
        first: dict[object, int] = {}
        equal = [(first.setdefault(key, at), at) for at, key in enumerate(keys) if key is not None]
        found = _joined(found, np.array(equal, int).reshape(-1, 2))
    return _joined(found, edges)


def _joined(found: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The groups after the two images of each edge are joined."""
    ones, others = found[edges].T
    graph = coo_array((np.ones(len(edges), bool), (ones, others)), shape=(len(found), len(found)))
    return connected_components(graph, directed=False)[1].astype(np.int64)[found]


def of_two_classes(pairs: np.ndarray, labels: np.ndarray) -> list[int]:
    """The positions of copies whose classes differ, those of a first pair first.

    pairs: int (k, 2), in the order in which they are told.
    """
    differ = pairs[labels[pairs[:, 0]] != labels[pairs[:, 1]]]
    return list(dict.fromkeys(differ.ravel().tolist()))


LARGE, SMALL_GROUP = 0.05, 5  # of all images in one group; of few images, so many are no wonder


def large_group(groups: np.ndarray, files: Sequence[str]) -> Finding | None:
    """A finding, if need be, on a group that holds more than a twentieth of the images."""
    sizes = np.bincount(groups)
    largest = int(sizes.argmax())
    if sizes[largest] <= max(SMALL_GROUP, LARGE * len(groups)):
        return None
    members = _named(np.flatnonzero(groups == largest), files)
    text = (
        f"one group holds {sizes[largest]:,} of {len(groups):,} images, all on one side of a split; the "
        f"first is {members[0]} (folders below a class make groups, GROUPS=none lets them go; copies do, "
        "NEAR_DUPLICATES=apart lets those go; and the groups of a list)"
    )
    return Finding("doubtful", text, int(sizes[largest]), members)


def seldom_found(found: dict[str, float]) -> list[Finding]:
    """A finding on kinds of copies that cannot be told from look-alikes in this data set."""
    seldom = {kind: share for kind, share in found.items() if share < SURE}
    if not seldom:
        return []
    kinds = ", ".join(f"{kind} {share:.0%}" for kind, share in seldom.items())
    text = (
        f"some images look so much alike that not every copy can be told from them; of planted copies are "
        f"found: {kinds}, of other kinds {SURE:.0%} or more"
    )
    return [Finding("doubtful", text)]


SURE = 0.8


# Findings: a list of one, or of none where there is nothing to say.

NOT_LOOKED_FOR = Finding(
    "doubtful",
    "near duplicates are not looked for (near_duplicates: apart): of two versions of one photograph one may "
    "train and the other be tested",
)
BLACK = 16  # of 256 levels


def in_two_classes(images: Sequence[int], files: Sequence[str]) -> list[Finding]:
    """A finding on images that are nearly the same as one of another class: see `of_two_classes`."""
    if not images:
        return []
    named = _named(images, files)
    text = (
        f"{len(images):,} images are nearly the same as one of another class, the first are "
        f"{named[0]} and {named[1]}; look whether their labels are right"
    )
    return [Finding("doubtful", text, len(images), named)]


def in_both_parts(
    groups: np.ndarray, in_train: np.ndarray, in_test: np.ndarray, files: Sequence[str]
) -> list[Finding]:
    """A finding on training images that are copies of images of the given test part."""
    copies = np.flatnonzero(in_train & np.isin(groups, groups[in_test]))
    if not len(copies):
        return []
    first = copies[0]
    tested = np.flatnonzero(in_test & (groups == groups[first]))[0]
    text = (
        f"{len(copies):,} of {int(in_train.sum()):,} images of train/ are copies of test images or nearly; "
        f"none trains whose copy is tested; the first is {files[first]}, like {files[tested]}"
    )
    return [Finding("doubtful", text, len(copies), _named(copies, files))]


def black(pictures: np.ndarray, files: Sequence[str]) -> list[Finding]:
    """A finding on nearly black images. pictures: small, grey, uint8 (n, …)."""
    flat = pictures.reshape(len(pictures), -1)
    found = np.flatnonzero(flat.max(axis=1) < BLACK)
    if not len(found):
        return []
    text = f"{_share(len(found), len(files))} nearly black, the first is {files[found[0]]}"
    return [Finding("doubtful", text, len(found), _named(found, files))]


def enlarged(sizes: Sequence[tuple[int, int]], image_size: int | None, files: Sequence[str]) -> list[Finding]:
    """A finding on images that are smaller than the size that they are fitted to."""
    found = [position for position, size in enumerate(sizes) if min(size) < (image_size or 0)]
    if not found:
        return []
    text = f"{_share(len(found), len(sizes))} smaller than {image_size} pixels and enlarged to them"
    return [Finding("changed", text, len(found), _named(found, files))]


def _named(positions: Sequence[int] | np.ndarray, files: Sequence[str]) -> tuple[str, ...]:
    return tuple(files[position] for position in positions[:SHOWN])


def _share(count: int, images: int) -> str:
    return f"{count:,} of {images:,} images {'are' if count > 1 else 'is'}"
