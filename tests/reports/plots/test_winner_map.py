from dataclasses import replace

import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from reports import figure_files
from reports.answers import sizes
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


def test_the_highest_mean_wins_and_leads():
    best = winner_map.winner(cell(cnn=[0.5, 0.5], residual=[0.7, 0.7], features=[0.6, 0.6]))
    assert (best.arm, best.order, best.second) == ("residual", 1, "features")
    assert (best.mean, best.half_width, best.lead) == pytest.approx((0.7, 0, 0.1))
    assert not best.overlaps


def test_intervals_that_overlap_leave_no_winner():
    # 0.705 ± 0.0635 (12.706 × 0.005), so up to 0.7685.
    assert winner_map.winner(cell(cnn=[0.70, 0.71], residual=[0.75, 0.75])).overlaps
    assert not winner_map.winner(cell(cnn=[0.70, 0.71], residual=[0.78, 0.78])).overlaps


def test_the_interval_of_a_third_arm_counts_too():
    best = winner_map.winner(cell(cnn=[0.3, 0.7], residual=[0.9, 0.9], features=[0.6, 0.6]))
    assert best.second == "features"
    assert best.overlaps


def test_equal_means_name_no_winner():
    best = winner_map.winner(cell(cnn=[0.5, 0.5], residual=[0.5, 0.5]))
    assert (best.arm, best.lead, best.overlaps) == ("cnn", 0, True)


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
    assert winner_map.winner(cell(**arms)) == why


def test_each_cell_is_coloured_written_and_hatched(cropped):
    trials = sizes.trials(cropped, sizes.CROP, sizes.TRAIN)
    ax = Figure().subplots()
    assert winner_map.draw(trials, ax, width=30) is ax
    cnn, residual = (style.arm(order).color for order in (0, 1))
    # Crop 16 with 100 and 1000 images, then crop 32: see CROP_ACCURACIES.
    assert [to_hex(patch.get_facecolor()).upper() for patch in ax.patches] == [
        residual,
        residual,
        winner_map.GREY,
        cnn,
    ]
    assert [patch.get_hatch() for patch in ax.patches] == [None, winner_map.HATCH, None, None]
    assert [text.get_text() for text in ax.texts] == [
        "<b>$res_net$\n0.600 ± 0.000\n+0.100 over cnn",
        "<b>$res_net$\n0.900 ± 0.000\n+0.100 over cnn",
        "one seed of cnn",
        "cnn\n1.000 ± 0.000\n+0.100 over <b>$res_net$",
    ]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["16", "32"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["100", "1,000"]


def test_a_cell_says_where_an_arm_is_missing():
    best = winner_map.winner(cell(cnn=[0.5, 0.5], residual=[0.6, 0.6]))
    assert winner_map.words(best, 20, arms=3).splitlines()[-1] == "2 of 3 arms tested"


def test_a_cell_leads_by_what_can_be_seen_and_tells_no_interval_of_two():
    best = winner_map.winner(cell(cnn=[0.5, 0.6, 0.7], residual=[0.6, 0.6001, 0.6002]))
    assert winner_map.words(best, 30, arms=2).splitlines() == ["residual", "0.600 ± 0.000", "as high as cnn"]
    two = winner_map.winner(cell(cnn=[0.5, 0.6], residual=[0.6, 0.7]))
    assert winner_map.words(two, 30, arms=2).splitlines() == ["residual", "0.650", "+0.100 over cnn"]


def test_long_names_are_cut_to_the_cell():
    best = winner_map.winner(cell(**{"a" * 50: [0.5, 0.5], "b" * 50: [0.4, 0.4]}))
    assert winner_map.words(best, 16, arms=2).splitlines() == [
        "a" * 16,
        "a" * 15 + "…",
        "0.500 ± 0.000",
        "+0.100 over",
        "b" * 15 + "…",
    ]


def test_words_are_read_on_every_colour():
    assert [winner_map.ink(color) for color in ("#000000", "#0072B2", "#E69F00", "#D9D9D9", "#FFFFFF")] == [
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
        "hatched: intervals overlap",
        "grey: too few arms or seeds",
    ]
    assert "overlaps the one of another arm" in caption_of(page)
    assert "study crop" in caption_of(page)
    assert not any(text.get_parse_math() for text in page.axes[0].texts)


def test_equal_numbers_give_equal_bytes_hatching_too(cropped, tmp_path):
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
