"""Near duplicates: planted copies are found, different pictures are not, groups stay together; notices."""

import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from experiments.data import dataset, prepare
from experiments.data.facts import Wanted
from experiments.data.photographs import doubts
from tests.support.tiles import tiles as cut_out


# 0 and 3 by their name, 3 and 4 by their pixels, 4 and 1 by likeness; 2 and 5 stand alone.
def test_groups_hold_what_belongs_together_through_others():
    named = ["burst", None, None, "burst", None, "other"]
    digests = np.array([b"a", b"b", b"c", b"d", b"d", b"e"])
    groups = doubts.groups(named, digests, np.array([[1, 4]]))
    assert groups[0] == groups[1] == groups[3] == groups[4]
    assert len(set(groups.tolist())) == 3
    apart = doubts.groups(named, digests, np.empty((0, 2), int))
    assert len(set(apart.tolist())) == 4


def test_copies_of_two_classes_are_doubtful():
    labels = np.array([0, 0, 1, 1])
    pairs = np.array([[0, 1], [1, 2], [1, 3]])
    assert doubts.of_two_classes(pairs, labels) == [1, 2, 3]
    assert doubts.of_two_classes(pairs[:1], labels) == []


def test_a_group_of_more_than_a_twentieth_is_told():
    files = [f"{number}.png" for number in range(100)]
    groups = np.arange(100)
    groups[10:17] = 10
    told = doubts.large_group(groups, files)
    assert told.text.startswith("one group holds 7 of 100 images")
    assert (told.kind, told.count, told.files) == ("doubtful", 7, tuple(files[10:17]))
    groups[10:17] = np.arange(10, 17)
    groups[10:15] = 10
    assert doubts.large_group(groups, files) is None


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30))
def test_numbers_count_groups_as_they_come(groups):
    numbers = prepare.numbered(np.array(groups)).tolist()
    assert [numbers.index(number) for number in dict.fromkeys(numbers)] == [
        groups.index(group) for group in dict.fromkeys(groups)
    ]
    assert list(dict.fromkeys(numbers)) == list(range(len(set(groups))))


def test_near_copies_of_two_classes_are_told_and_stay_together(photographs, tmp_path):
    facts = dataset.summary(Wanted(f"path:{photographs}", 16, on_bad="skip"), tmp_path)
    bad, alike = facts.notices
    assert bad.startswith("2 files cannot be used and are left out, the first is leaf/3.png: shows")
    assert alike == (
        "2 images are nearly the same as one of another class, the first are leaf/26.png and "
        "wall/bright.png; look whether their labels are right"
    )


# Versions may be of the kind of picture; equal pixels are one picture whatever the study says.
@pytest.mark.slow
def test_only_near_duplicates_may_stand_apart(photographs, tmp_path):
    for number in (0, 1):
        shutil.copy(photographs / "leaf" / f"{number}.png", photographs / "leaf" / f"copy of {number}.png")
    apart, together = (
        dataset.summary(Wanted(f"path:{photographs}", 16, each, "skip"), tmp_path)
        for each in ("apart", "together")
    )
    assert (apart.grouped, together.grouped) == (4, 6)
    assert apart.digest == together.digest
    assert apart.partition != together.partition  # each is kept in a folder of its own
    _, told = apart.notices  # after the bad files
    assert told.startswith("near duplicates are not looked for (near_duplicates: apart)")


def test_images_that_are_nearly_black_are_told(photographs, tmp_path):
    dark = np.asarray(Image.fromarray(cut_out(50, 1)[0]).convert("L")) // 16
    Image.fromarray(dark).save(photographs / "leaf" / "dark.png")
    facts = dataset.summary(Wanted(f"path:{photographs}", 16, "apart", "skip"), tmp_path)
    (told,) = [each for each in facts.notices if "black" in each]
    assert told == "1 of 61 images is nearly black, the first is leaf/dark.png"
    Image.fromarray(dark * 16).save(photographs / "leaf" / "dark.png")
    facts = dataset.summary(Wanted(f"path:{photographs}", 16, "apart", "skip"), tmp_path)
    assert not any("black" in each for each in facts.notices)
