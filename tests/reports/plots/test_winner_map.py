import json
import math
from dataclasses import replace

import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from scipy import stats

from experiments import names
from reports import figure_files
from reports.answers import judge, sides, sizes, verdicts
from reports.answers.leads import Lead
from reports.numbers.intervals import Interval
from reports.plots import winner_map
from reports.plots.elements import style
from reports.store import record
from tests.support import synthetic
from tests.support.pictures import caption_of, drawn_of, legend_of
from tests.support.synthetic import curve, once, tags


def cell(**arms):
    return pd.DataFrame(
        [
            {"arm": arm, "title": arm, "arm_order": order, "accuracy": accuracy}
            for order, (arm, accuracies) in enumerate(arms.items())
            for accuracy in accuracies
        ],
        columns=["arm", "title", "arm_order", "accuracy"],
    )


def by_interval(best, others):
    """Of samples, Welch's intervals by scipy, all of a cell together by Bonferroni."""
    found = []
    for other in others:
        test = stats.ttest_ind(best["accuracy"], other["accuracy"], equal_var=False)
        interval = test.confidence_interval(1 - 0.05 / len(others))
        lead = best["accuracy"].mean() - other["accuracy"].mean()
        found.append(Lead(Interval(lead, interval.low, interval.high), interval.low > 0))
    return found


def winner(**arms):
    return winner_map.winner(cell(**arms), by_interval)


HIGH, MIDDLE, LOW = [0.70, 0.71, 0.72], [0.60, 0.61, 0.62], [0.50, 0.51, 0.52]


def test_the_highest_mean_wins_and_leads():
    best = winner(cnn=LOW, residual=HIGH, features=MIDDLE)
    assert (best.arm, best.second) == ("residual", "features")
    assert (best.mean, best.lead.interval.estimate) == pytest.approx((0.71, 0.1))
    assert best.shown


def test_a_lead_that_may_be_chance_is_not_shown():
    best = winner(cnn=[0.60, 0.70, 0.80], residual=[0.66, 0.76, 0.86])
    assert best.arm == "residual" and not best.shown and best.lead.interval.low < 0


# Ahead of the second, which does not vary, and not for sure of the third, which does.
def test_every_other_arm_counts():
    best = winner(cnn=[0.1, 0.5, 0.9], residual=HIGH, features=[0.60, 0.60, 0.61])
    assert best.second == "features" and best.lead.supported and not best.shown


def test_equal_means_name_no_winner():
    best = winner(cnn=LOW, residual=LOW)
    assert (best.arm, best.lead.interval.estimate, best.shown) == ("cnn", 0, False)


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

    def sure(best, others):
        leads = [best["accuracy"].mean() - other["accuracy"].mean() for other in others]
        return [Lead(Interval(lead, lead - 0.01, lead + 0.01), True) for lead in leads]

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


# Where seeds failed a lead is one of medians, a failed seed worse than any that trained.
@pytest.mark.parametrize(
    ("lead", "told"),
    [
        ((0.1, 0.05, 0.15), "+0.100 over cnn\n(+0.050 … +0.150)"),
        ((0.1, 0.05, math.inf), "+0.100 over cnn\n(+0.050 … +∞)"),
        ((-0.02, -0.1, 0.1), "median −0.020 to cnn\n(−0.100 … +0.100)"),
        ((math.inf, 0.1, math.inf), "most seeds of cnn failed, not of residual\n(+0.100 … +∞)"),
        ((-math.inf, -math.inf, 0.1), "most seeds of residual failed, not of cnn\n(−∞ … +0.100)"),
        ((0.0, math.nan, math.nan), "as high as cnn"),
        ((0.1, 0.1, 0.1), "+0.100 over cnn"),
    ],
)
def test_a_lead_is_told_as_what_it_is(lead, told):
    best = winner_map.winner(cell(cnn=LOW, residual=HIGH), lambda *_: [Lead(Interval(*lead), False)])
    assert winner_map.words(best, 60, arms=2) == f"residual 0.710\n{told}"


def test_without_a_judged_lead_it_is_that_of_the_means():
    nothing = Lead(Interval(math.nan, math.nan, math.nan), False)
    best = winner_map.winner(cell(cnn=LOW, residual=HIGH), lambda *_: [nothing])
    assert winner_map.words(best, 60, arms=2) == "residual 0.710\n+0.200 over cnn"
    assert not best.shown


# Arms of two versions of a study file: each was the first there.
def test_arms_at_one_position_are_not_one_arm():
    same = cell(cnn=LOW, residual=HIGH).assign(arm_order=0)
    best = winner_map.winner(same, by_interval)
    assert (best.arm, best.second, best.tested) == ("residual", "cnn", 2)
    assert best.lead.interval.estimate == pytest.approx(0.2)


CNN = [0.50, 0.52, 0.54, 0.51, 0.53, 0.55, 0.50, 0.52]
APART = [0.100, 0.110, 0.095, 0.105, 0.100, 0.112, 0.098, 0.104]
AHEAD = [one + apart for one, apart in zip(CNN, APART, strict=True)]
CELLS = [(16, 100), (16, 1000), (32, 100), (32, 1000)]


@pytest.fixture
def study(writable):
    """Writes a study of two arms at four sizes; split: what a seed's split is called; returns the record."""

    def write(cnn, residual, split="s{}", looks=None, failed=(), claims=(), **own):
        experiment = writable.study("map", targets=())
        if looks:
            schedule = {"seeds": [*range(1, looks[-1] + 1)], "looks": [*looks]}
            plan = {"schedule": schedule, "registered": synthetic.DAY}
            writable.client.set_experiment_tag(experiment, names.PLAN, json.dumps(plan))
        if claims:
            vary = {"data.crop": [16, 32], "data.train": [100, 1000]}
            synthetic.state(writable, experiment, [*claims], ["cnn", "residual"], vary)
        for crop, train in CELLS:
            for order, (arm, accuracies) in enumerate({"cnn": cnn, "residual": residual}.items()):
                for seed, accuracy in enumerate(accuracies, start=1):
                    told = {
                        names.SETTING: f"data.crop={crop}, data.train={train}",
                        names.SPLIT_DIGEST: split.format(seed) + str(train),
                        names.TEST_DIGEST: split.format(seed),
                        names.POOL: "1000000",
                        names.OWN_TEST: "0",
                        names.CLASSES: "10",
                        names.DIVERGED: "true" if (arm, seed) in failed else "false",
                    }
                    points = curve([0.5, 0.6]) + once(accuracy, 2)
                    writable.run(experiment, tags(arm, order, seed, **(told | own)), points, train=train)
        return record.read_record(writable.uri, "map")

    return write


def colors_of(page):
    (ax,) = page.axes
    return {to_hex(patch.get_facecolor()).upper() for patch in ax.patches}


def claimed(study_):
    """The verdict of a claim on the two arms in one cell, were it the only one."""
    setting = study_.runs["setting"].iloc[0]
    claim = sides.higher(("residual", setting, "cnn", setting))
    (found,) = judge.judge(replace(study_, claims=(claim,)))
    return found.verdict


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"looks": (8,)}, True),
        # The first of five looks: 2 / 2⁸ = 0.008, which is paid for five times.
        pytest.param({"looks": (8, 10, 15, 20, 40)}, True, marks=pytest.mark.slow),
        ({"looks": (6, 10)}, False),  # judged at six alone: 2 / 2⁶ = 0.031, and there are two looks
        pytest.param({"looks": (10,)}, False, marks=pytest.mark.slow),  # the first look is still to come
        pytest.param({"split": "one"}, True, marks=pytest.mark.slow),
        ({"split": "one", names.SEED_COUNTS: "false"}, False),  # no seed: one split is one number
        pytest.param(
            {"split": "one", "failed": {("cnn", 1)}}, False, marks=pytest.mark.slow
        ),  # on one split no verdict where seeds fail
        ({"looks": (8,), "failed": {("residual", 1)}}, False),  # seven signs of eight: 18 / 256
    ],
)
def test_a_cell_has_a_colour_only_where_a_claim_would_be_supported(study, settings, shown):
    found = study(CNN, AHEAD, **settings)
    residual = style.looks(found)("residual").color
    assert colors_of(winner_map.figure(found)) == {residual if shown else winner_map.GREY}
    assert (claimed(found) == verdicts.SUPPORTED) == shown
    sentence = winner_map.finding(found)
    assert sentence == (
        "Shown to be ahead of all others, of 4 cells: residual in 4."
        if shown
        else "In none of 4 cells was an arm shown to be ahead of all others."
    )


# p of eight pairs is 0.008 at least: with seven claims that nothing decides it is adjusted to 0.06.
def test_the_claims_of_the_study_count_for_a_cell(study):
    gaps = [
        f"gap(residual at crop=16) > gap(cnn at crop=16) + 0.{place} for every train" for place in range(1, 8)
    ]
    assert colors_of(winner_map.figure(study(CNN, AHEAD, looks=(8,), claims=gaps))) == {winner_map.GREY}


# Five of eight failed: the means are those of what was measured, the median pair is behind.
def test_a_failed_leader_is_no_winner_and_is_told(study):
    failed = {("residual", seed) for seed in range(1, 6)}
    found = study(CNN, AHEAD, looks=(8,), failed=failed)
    page = winner_map.figure(found)
    assert colors_of(page) == {winner_map.GREY}
    assert {text.get_text().replace("\n", " ") for text in page.axes[0].texts} == {
        "residual 0.624 most seeds of residual failed, not of cnn (−∞ … +0.112)"
    }
    assert winner_map.DIVERGED in drawn_of(page) and winner_map.FAILED in drawn_of(page)
