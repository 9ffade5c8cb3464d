"""The search for copies: candidates by likeness, two looks after alignment, a bar learned of the images.

Maintained libraries were looked at first: cleanvision 0.3.7 compares equal hashes alone (15 of 55 brightened
copies found, of mirrored ones none); imagededup and fastdup take one bar for all data; faiss would find the
neighbours faster, which is the smaller part of the work.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import threadpoolctl

from experiments import words
from experiments.data.near_copies import alignment, judge, looks, neighbours, planted, stars, versions
from experiments.data.near_copies.neighbours import Pairs

LOOKED_AT, RANKED = 4, 30  # neighbours that are looked at first and, where all of those seem copies, at most
TAUGHT = 3_000  # pairs of neighbours to learn from
FEWEST, PLANTED = 40, 120  # images that copies are made of
SPARE = 0.3  # of a logarithm: how much worse than planted copies a first look may be
FEW = 2_000  # images, with which threads wait for each other longer than they work
SILENT = 2.0  # seconds between two lines of progress

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Copies:
    """What was found of n images.

    pairs: int (k, 2), two that are copies, the lower position first; centres: int (n,), equal for images that
    are copies of one; found: the share of planted copies that are found so, by kind.
    """

    pairs: np.ndarray
    centres: np.ndarray
    found: dict[str, float] = field(default_factory=dict)


def is_chosen(digest: bytes, images: int) -> bool:
    """Whether copies of an image are planted: of some 120 or half of all, chosen by their content."""
    return int.from_bytes(digest[:8]) * images < 2**64 * min(PLANTED, max(images / 2, FEWEST))


def copies(
    pictures: np.ndarray,
    references: list[np.ndarray],
    together: np.ndarray,
    side: int,
    tell: Tell = lambda _: None,
) -> Copies:
    """Find the images that are copies: re-encoded, resized, mirrored, brightened, cropped by up to 5 %.

    Args:
        pictures: uint8 (n, 64, 64), versions of images whose pixels differ.
        references: larger versions of some of them (see `versions`), which copies are made of.
        together: int (n,), equal for images that belong together anyway.
        side: pixels of the shorter side of most images.
        tell: gets a line now and then.
    """
    few = len(pictures) < FEW
    with threadpoolctl.threadpool_limits(1 if few else None):
        return _copies(pictures, references, together, side, tell)


def _copies(
    pictures: np.ndarray, references: list[np.ndarray], together: np.ndarray, side: int, tell: Tell
) -> Copies:
    alone = Copies(np.empty((0, 2), np.int64), np.arange(len(pictures)))
    if len(pictures) < 2 or not references:
        return alone
    tiny = side < looks.COARSE
    eye = _Eye(pictures, looks.COARSE if tiny else 32 if side < versions.SIZE else versions.SIZE)
    pairs, ranks = _candidates(pictures, together, tell)
    if not len(ranks):
        return alone
    sown = planted.planted(references, seed=0)
    first, of_planted = eye.of_planted(sown)
    worst = np.quantile(first.left, 0.995) + SPARE
    few = ranks < LOOKED_AT
    looked = eye.first(pairs.only(few), _Progress("pairs of images, first look", few.sum(), tell))
    # Where the first few all seem to be copies, the copy may be another: many are alike.
    crowded = np.zeros(len(pictures), int)
    seeming = pairs.only(few).only(looked.left <= worst)
    np.add.at(crowded, np.concatenate([seeming.ones, seeming.others]), 1)
    crowded = crowded >= LOOKED_AT
    further = ~few & (crowded[pairs.ones] | crowded[pairs.others])
    far = np.flatnonzero(~few & ~further)
    further[far[:: max(1, len(far) // TAUGHT)]] = True
    looked_further = eye.first(pairs.only(further), _Progress("further pairs", further.sum(), tell))
    order = np.concatenate([np.flatnonzero(few), np.flatnonzero(further)])
    pairs, ranks = pairs.only(order), ranks[order]
    looked = looks.First(*(np.concatenate(both) for both in zip(looked, looked_further, strict=True)))
    near = looked.left <= worst
    taught = np.zeros(len(ranks), bool)
    taught[np.argsort(looked.left, kind="stable")[:TAUGHT]] = True
    chosen = np.flatnonzero(near | taught)
    pairs, ranks, looked = pairs.only(chosen), ranks[chosen], looked.only(chosen)
    features = eye.second(pairs, looked, _Progress("pairs of images, second look", len(ranks), tell))
    judged = judge.judged(features, of_planted, sown.of, len(pictures), tiny=tiny)
    passed = np.stack(pairs[:2], axis=1)[judged.pairs >= judged.bar]

    def are_copies(centres: np.ndarray) -> np.ndarray:
        # Mirrored or not: nobody has looked at the two yet.
        both = [Pairs(*centres.T, np.full(len(centres), flipped)) for flipped in (False, True)]
        scores = [judged.score(eye.second(each, eye.first(each))) for each in both]
        return np.max(scores, axis=0) >= judged.bar

    if not judged.learned:  # too few images to say how well
        return Copies(np.unique(passed, axis=0), stars.joined(passed, len(pictures), are_copies))
    found = (judged.planted >= judged.bar).reshape(-1, len(planted.KINDS)).mean(axis=0)
    return Copies(
        np.unique(passed, axis=0),
        stars.joined(passed, len(pictures), are_copies),
        dict(zip(planted.KINDS, found.tolist(), strict=True)),
    )


class _Eye:
    """Looks at pairs of the images."""

    def __init__(self, pictures: np.ndarray, size: int) -> None:
        self._pictures, self._size = pictures, size
        self.mean = pictures.mean(axis=0, dtype=np.float64).astype(np.float32)

    def first(self, pairs: Pairs, progress: Callable[[int], None] = lambda _: None) -> looks.First:
        return looks.first(*self._of(pairs), len(pairs.ones), self.mean, progress)

    def second(
        self, pairs: Pairs, begun: looks.First, progress: Callable[[int], None] = lambda _: None
    ) -> np.ndarray:
        return looks.second(*self._of(pairs), begun, self.mean, self._size, progress)

    def of_planted(self, sown: planted.Planted) -> tuple[looks.First, np.ndarray]:
        """Both looks at planted copies, as they fit: mirrored ones mirrored back."""

        def ones(chosen: np.ndarray) -> np.ndarray:
            return sown.originals[chosen]

        def others(chosen: np.ndarray) -> np.ndarray:
            return _turned(sown.copies[chosen], sown.mirrored[chosen])

        first = looks.first(ones, others, len(sown.of), self.mean, lambda _: None)
        return first, looks.second(ones, others, first, self.mean, self._size, lambda _: None)

    def _of(self, pairs: Pairs) -> tuple[looks.Pictures, looks.Pictures]:
        def others(chosen: np.ndarray) -> np.ndarray:
            return _turned(self._pictures[pairs.others[chosen]], pairs.mirrored[chosen])

        return lambda chosen: self._pictures[pairs.ones[chosen]], others


def _turned(pictures: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
    return np.where(mirrored[:, None, None], pictures[:, :, ::-1], pictures)


def _candidates(pictures: np.ndarray, together: np.ndarray, tell: Tell) -> tuple[Pairs, np.ndarray]:
    """Neighbours, each two once, the lower position first; and how near by order the second is to the first.

    Without those that belong together anyway, and pictures that show nothing.
    """
    count = len(pictures)
    tiny = np.concatenate(
        [looks.reduced(pictures[at : at + 4096], looks.COARSE) for at in range(0, count, 4096)]
    )
    showing = tiny.std(axis=(1, 2)) > alignment.FLAT
    most = min(RANKED, count - 1)
    progress = _Progress("images", count, tell)
    parts = []
    for done, block in neighbours.nearest(tiny, most):
        parts.append(block)
        progress(done)
    pairs = Pairs(*(np.concatenate(each) for each in zip(*parts, strict=True)))
    ranks = np.tile(np.arange(most), count)
    keep = showing[pairs.ones] & showing[pairs.others] & (together[pairs.ones] != together[pairs.others])
    pairs, ranks = pairs.only(keep), ranks[keep]
    low, high = np.minimum(pairs.ones, pairs.others), np.maximum(pairs.ones, pairs.others)
    order = np.lexsort((ranks, high, low))
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
    chosen = order[first]
    return Pairs(low[chosen], high[chosen], pairs.mirrored[chosen]), ranks[chosen]


class _Progress:
    """Tells now and then how much is done and how long the rest takes."""

    def __init__(self, what: str, total: int, tell: Tell) -> None:
        self._what, self._total, self._tell = what, total, tell
        self._began = self._last = time.monotonic()

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if now - self._last < SILENT or done >= self._total:
            return
        self._last = now
        left = words.duration((self._total - done) * (now - self._began) / done)
        self._tell(f"looking for copies: {done:,} of {self._total:,} {self._what}, about {left} left")
