from dataclasses import replace

import pandas as pd
import pytest

from reports import drawing
from reports.plots import learning_rates
from reports.store import record
from tests.support.pictures import caption_of


@pytest.fixture(scope="module")
def small(ready):
    return record.read_record(ready.uri, "small")


@pytest.fixture(scope="module")
def swept(small):
    """Three tuning seeds of two arms: cnn leads by 0.02 ± 0.01, residual by 0.01 ± 0.03."""
    accuracies = {
        "cnn": {0.1: [0.70, 0.72, 0.74], 0.3: [0.69, 0.70, 0.71]},
        "residual": {0.1: [0.60, 0.60, 0.60], 0.3: [0.61, 0.64, 0.58]},
    }
    first = small.tuning.iloc[0].to_dict()
    rows = [
        first | {"label": arm, "arm": arm, "arm_order": order, "seed": 100 + place, "learning_rate": rate,
                 "validation/accuracy": accuracy}
        for order, (arm, by_rate) in enumerate(accuracies.items())
        for rate, seeds in by_rate.items() for place, accuracy in enumerate(seeds)
    ]  # fmt: skip
    return replace(small, tuning=pd.DataFrame(rows))


def test_a_tuning_trial_has_its_validation_at_the_chosen_epoch_and_no_test(small):
    assert list(small.tuning["validation/accuracy"]) == [0.99] * 6
    assert "test/accuracy" not in small.tuning


def test_each_arm_has_a_panel_with_the_chosen_rate_in_a_ring(swept):
    page = learning_rates.figure(swept)
    assert [ax.get_title(loc="left") for ax in page.axes] == ["cnn", "residual"]
    for ax, best, mean in zip(page.axes, (0.1, 0.3), (0.72, 0.61), strict=True):
        *_, ring = ax.lines
        assert (*ring.get_xdata(), *ring.get_ydata()) == pytest.approx((best, mean))
        assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0.1", "0.3"]
        assert len(ax.lines) == 1 + 3 + 1  # means, seeds, ring
    assert "ring: the rate that was chosen" in caption_of(page)


def test_a_lead_within_its_own_spread_is_said(swept):
    assert learning_rates.finding(swept) == (
        "Chosen by mean validation accuracy: cnn 0.1 (ahead by 0.020) and residual 0.3 (ahead by 0.010). "
        "For residual the lead is within its own spread: over tuning seeds it varies by as much or more."
    )


def test_a_sweep_on_one_seed_as_older_studies_have_it_says_so(small):
    told = learning_rates.finding(small)
    assert told.startswith("Chosen by mean validation accuracy: cnn 0.1 (ahead by 0.000)")
    assert told.endswith("Of one tuning seed nobody knows how far a lead varies.")


def test_a_trial_that_diverged_is_drawn_at_the_lower_edge(swept):
    lost = swept.tuning.assign(
        diverged=(swept.tuning["seed"] == 100) & (swept.tuning["learning_rate"] == 0.3)
    )
    page = learning_rates.figure(replace(swept, tuning=lost))
    low, _ = page.axes[0].get_ylim()
    assert page.axes[0].lines[1].get_ydata()[1] == low > 0.5


def test_a_study_without_a_sweep_has_no_such_figure(ready, tmp_path):
    grid = record.read_record(ready.uri, "grid")
    assert learning_rates.figure(grid) is None
    assert learning_rates.finding(grid) == ""


def test_it_is_drawn_once_for_all_settings(swept, tmp_path):
    (drawn,) = drawing.draw(swept, tmp_path, ["learning_rates"])
    assert drawn.files[0].name == "learning_rates.png"
