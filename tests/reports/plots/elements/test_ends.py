"""Names at the ends of lines: none covers another, and none is farther from its line than it must be."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from reports.plots.elements import ends
from reports.plots.elements.ends import End


def test_names_with_room_stay_where_they_belong():
    assert ends.spread([0.2, 0.5, 0.9], [0.1] * 3) == pytest.approx([0.2, 0.5, 0.9])


# Two at one height stand about it; a third that touches them moves with them.
def test_names_that_would_touch_stand_about_their_mean():
    assert ends.spread([0.5, 0.5], [0.1, 0.1]) == pytest.approx([0.45, 0.55])
    assert ends.spread([0.5, 0.5, 0.5], [0.1, 0.1, 0.1]) == pytest.approx([0.4, 0.5, 0.6])


def test_names_stay_within_the_panel_where_they_fit():
    assert ends.spread([0.0, 0.0], [0.2, 0.2]) == pytest.approx([0.1, 0.3])
    assert ends.spread([1.0, 1.0], [0.2, 0.2]) == pytest.approx([0.7, 0.9])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0.01, 0.08))
def test_no_two_overlap_and_their_order_stays(at, height):
    at = sorted(at)
    found = ends.spread(at, [height] * len(at))
    assert (np.diff(found) >= height - 1e-9).all()
    assert found[0] >= -1e-9 and found[-1] <= 1 + 1e-9


def test_a_name_is_written_beside_the_panel():
    figure = Figure(figsize=(6, 4))
    ax = figure.subplots()
    ax.set_ylim(0, 1)
    ends.name(ax, [End("ResNet-18", 0.8, "blue", "0.75 in 8 s"), End("plain CNN", 0.7, "orange")])
    assert [text.get_text() for text in ax.texts] == ["plain CNN", "ResNet-18\n0.75 in 8 s"]
    assert all(text.get_position()[0] > 1 for text in ax.texts)
    assert ends.width([End("a" * 30, 0, "k")]) > ends.width([End("a", 0, "k")])


# The median of an arm of which half diverged is below every axis; and its line may lie nowhere.
@pytest.mark.parametrize("nowhere", [math.nan, -math.inf])
def test_a_line_that_lies_nowhere_is_named_at_the_lower_edge(nowhere):
    figure = Figure(figsize=(6, 4))
    ax = figure.subplots()
    ax.set_ylim(0.2, 1)
    ends.name(ax, [End("ResNet-18", 0.8, "blue"), End("broken", nowhere, "orange")])
    broken, named = ax.texts
    assert broken.get_text() == "broken" and named.get_text() == "ResNet-18"
    assert broken.xy == (1, 0)
    assert 0 < broken.get_position()[1] < 0.1 and named.get_position()[1] == pytest.approx(0.75)


def test_the_height_of_names_is_what_they_take():
    one, two = ends.height([End("a", 0, "k")]), ends.height([End("a", 0, "k", "below")])
    assert one < two < 2 * one
    assert ends.height([End("a", 0, "k")] * 3) == pytest.approx(3 * one)
