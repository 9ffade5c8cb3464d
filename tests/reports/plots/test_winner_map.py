from dataclasses import replace

import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from scipy import stats

from reports import figure_files
from reports.answers import sizes
from reports.numbers.intervals import Interval
from reports.plots import winner_map
from reports.plots.elements import style
from reports.store import record
from tests.support.pictures import caption_of, legend_of


def cell(**arms):
    return pd.DataFrame(
        [
            {"arm": arm, "title": arm, "arm_order": order, "accuracy": accuracy}
            for order, (arm, accuracies) in enumerate(arms.items())
            for accuracy in accuracies
        ],
        columns=["arm", "title", "arm_order", "accuracy"],
    )


def by_interval(one, other, level):
    """Of two samples, Welch's interval by scipy."""
    found = stats.ttest_ind(one["accuracy"], other["accuracy"], equal_var=False)
    interval = found.confidence_interval(level)
    return Interval(one["accuracy"].mean() - other["accuracy"].mean(), interval.low, interval.high)


def winner(**arms):
    return winner_map.winner(cell(**arms), by_interval)


HIGH, MIDDLE, LOW = [0.70, 0.71, 0.72], [0.60, 0.61, 0.62], [0.50, 0.51, 0.52]


def test_the_highest_mean_wins_and_leads():
    best = winner(cnn=LOW, residual=HIGH, features=MIDDLE)
    assert (best.arm, best.order, best.second) == ("residual", 1, "features")
    assert (best.mean, best.lead.estimate) == pytest.approx((0.71, 0.1))
    assert best.shown


def test_a_lead_that_may_be_chance_is_not_shown():
    best = winner(cnn=[0.60, 0.70, 0.80], residual=[0.66, 0.76, 0.86])
    assert best.arm == "residual" and not best.shown and best.lead.low < 0


# Ahead of the second, which does not vary, and not for sure of the third, which does.
def test_every_other_arm_counts():
    best = winner(cnn=[0.1, 0.5, 0.9], residual=HIGH, features=[0.60, 0.60, 0.61])
    assert best.second == "features" and best.lead.low > 0 and not best.shown


def test_equal_means_name_no_winner():
    best = winner(cnn=LOW, residual=LOW)
    assert (best.arm, best.lead.estimate, best.shown) == ("cnn", 0, False)


# Shown at 95 % for one other arm, and not at the level for ten.
def test_more_arms_take_wider_intervals():
    close = {"cnn": [0.500, 0.501, 0.502], "residual": [0.503, 0.504, 0.5055]}
    others = {f"other{place}": LOW for place in range(9)}
    assert winner(**close).shown
    worse = {name: [value - 0.3 for value in values] for name, values in others.items()}
    assert not winner(**close, **worse).shown


@pytest.mark.parametrize(
    ("arms", "why"),
    [
        ({}, "nothing tested"),
        ({"cnn": [0.5, 0.6]}, "only cnn tested"),
        ({"cnn": [0.5, 0.6], "residual": [float("nan")]}, "only cnn tested"),
        ({"cnn": [0.5, 0.6], "residual": [0.9]}, "one seed of residual"),
    ],
)
def test_too_few_arms_or_seeds_name_no_winner(arms, why):
    assert winner(**arms) == why


def test_each_cell_is_coloured_where_a_lead_is_shown(cropped):
    trials = sizes.trials(cropped, sizes.CROP, sizes.TRAIN)
    ax, wide = Figure().subplots(), Figure().subplots()

    def sure(one, other, _):
        lead = one["accuracy"].mean() - other["accuracy"].mean()
        return Interval(lead, lead - 0.01, lead + 0.01)

    assert winner_map.draw(trials, ax, 30, sure) is ax
    cnn, residual = (style.arm(order).color for order in (0, 1))
    # Crop 16 with 100 and 1000 images, then crop 32: see CROP_ACCURACIES.
    colors = [to_hex(patch.get_facecolor()).upper() for patch in ax.patches]
    assert colors == [residual, residual, winner_map.GREY, cnn]
    assert ax.texts[0].get_text() == "<b>$res_net$ 0.600\n+0.100 over cnn\n(+0.090 … +0.110)"
    assert ax.texts[2].get_text() == "one seed of cnn"
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["16", "32"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["100", "1,000"]
    # Two seeds, alike: nothing is known of other seeds, and no cell has a colour.
    winner_map.draw(trials, wide, 30, winner_map.in_record(cropped))
    assert {to_hex(patch.get_facecolor()).upper() for patch in wide.patches} == {winner_map.GREY}


def test_a_cell_says_where_an_arm_is_missing():
    assert (
        winner_map.words(winner(cnn=LOW, residual=HIGH), 20, arms=3).splitlines()[-1] == "2 of 3 arms tested"
    )


def test_a_cell_leads_by_what_can_be_seen():
    best = winner(cnn=[0.5, 0.6, 0.7], residual=[0.6, 0.6001, 0.6002])
    assert winner_map.words(best, 30, arms=2).splitlines()[:2] == ["residual 0.600", "as high as cnn"]


def test_long_names_are_cut_to_the_cell():
    best = winner(**{"a" * 50: HIGH, "b" * 50: MIDDLE})
    lines = winner_map.words(best, 16, arms=2).splitlines()
    assert lines[:4] == ["a" * 16, "a" * 15 + "…", "+0.100 over", "b" * 15 + "…"]
    assert max(map(len, lines)) <= 16


def test_words_are_read_on_every_colour():
    assert [style.ink(color) for color in ("#000000", "#0072B2", "#E69F00", "#D9D9D9", "#FFFFFF")] == [
        "white",
        "white",
        "black",
        "black",
        "black",
    ]


def test_the_page_tells_the_rule(cropped):
    page = winner_map.figure(cropped)
    assert legend_of(page) == [
        "cnn",
        "<b>$res_net$",
        "no arm was shown to be ahead",
    ]
    assert "was shown to be ahead of every other one there" in caption_of(page)
    assert "study crop" in caption_of(page)
    assert not any(text.get_parse_math() for text in page.axes[0].texts)


def test_equal_numbers_give_equal_bytes(cropped, tmp_path):
    one, other = (
        figure_files.save(winner_map.figure(cropped), tmp_path / place, "map", cropped)
        for place in ("a", "b")
    )
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


def test_what_else_varies_is_a_map_of_its_own(cropped):
    settings = cropped.runs["setting"] + cropped.runs["seed"].map(
        {0: ", recipe.epochs=3", 1: ", recipe.epochs=5"}
    )
    page = winner_map.figure(replace(cropped, runs=cropped.runs.assign(setting=settings)))
    assert [ax.get_title(loc="left") for ax in page.axes] == ["epochs=3", "epochs=5"]


def test_both_sizes_must_vary(ready):
    assert winner_map.figure(record.read_record(ready.uri, "grid")) is None
