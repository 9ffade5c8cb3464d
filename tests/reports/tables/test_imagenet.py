"""Classes that ImageNet has too."""

import pytest

from reports.tables import imagenet


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("tench", "tench"),
        ("Fire_Trucks", "fire engine"),
        ("cat", "Persian cat"),
        ("horse", None),  # a river horse is none
        ("plane", None),  # a carpenter's
        ("Persian cat", "Persian cat"),
        ("school-bus", "school bus"),
        ("buses", None),  # no English grammar here
        ("airliner", "airliner"),
        ("crankshaft", None),
        ("at", None),  # the end of a word is no word
        ("", None),
        ("Katze", None),
    ],
)
def test_a_class_is_found_by_its_name_or_the_end_of_one(name, named):
    found = imagenet.among([name])
    assert named in found[name] if named else found == {}


def test_there_are_a_thousand_and_only_cranes_share_a_name():
    lines = imagenet.LIST.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1000
    assert {line for line in lines if lines.count(line) > 1} == {"crane"}


def test_a_sentence_names_some_of_them():
    told = imagenet.sentence(["crankshaft", "cat", "tench"])
    assert told == "ImageNet has cat (tiger cat, Persian cat, …), tench"
    assert imagenet.sentence(["crankshaft"]) == ""
