"""Whether more images would help: what is said, what is withheld, and what becomes of it."""

import json
import math
import tarfile
from dataclasses import replace

import pandas as pd
import pytest
from pydantic import TypeAdapter

from experiments import export, names
from experiments.store import client
from experiments.studies.specification import PlannedTrial
from experiments.studies.study import Study
from reports.answers import forecasts
from reports.store import forecasts as registry
from reports.store.record import read_record
from tests.support.chains import HALVED, of_sizes
from tests.support.places import ROOT

BENT = HALVED | {1600: 0.02}  # far below what 100 to 800 images say


@pytest.fixture
def halved(cropped):
    return of_sizes(cropped, HALVED)


def test_a_curve_that_told_its_largest_size_gives_a_forecast(halved):
    (found,) = forecasts.of(halved)
    assert found.given and found.check.held
    assert found.check.measured == pytest.approx(0.2)
    assert found.curve.at(3200) == pytest.approx(0.8 / 32**0.5, rel=1e-3)


def test_a_curve_that_did_not_is_withheld_and_says_why(cropped):
    study = of_sizes(cropped, BENT)
    (found,) = forecasts.of(study)
    assert found.withheld and not found.given
    assert forecasts.to_register(study) == []
    (line,) = forecasts.sentences(study)
    assert "No forecast for cnn" in line and "at 1,600, where 0.020 was measured" in line
    assert forecasts.as_json(study)["forecasts"][0]["given"] is False


# Four sizes fit three parameters; five are needed to leave one out.
def test_four_sizes_give_a_forecast_that_was_not_checked(cropped):
    four = dict(list(HALVED.items())[1:])
    (found,) = forecasts.of(of_sizes(cropped, four))
    assert found.given and found.check is None
    assert "is not known of cnn: too few" in forecasts.sentences(of_sizes(cropped, four))[0]


@pytest.mark.parametrize(
    ("errors", "settings", "reason"),
    [
        (dict(list(HALVED.items())[:3]), {}, "3 sizes, and a curve needs 4"),
        (HALVED, {"seeds": 2}, "2 seeds at every size, and a curve needs 3"),
        (HALVED, {"diverged": True}, "a trial diverged"),
        (HALVED | {1600: 0.0}, {}, "a test error of 0"),
    ],
)
def test_what_lacks_is_named(cropped, errors, settings, reason):
    study = of_sizes(cropped, errors, **settings)
    assert forecasts.sentences(study) == []
    assert reason in forecasts.why_none(study)


def test_a_study_of_one_size_says_what_would_tell(halved):
    one = replace(halved, runs=halved.runs[halved.runs["train_size"] == 100])
    assert forecasts.of(one) == []
    assert "STUDY=train_size" in forecasts.why_none(one)


def test_curves_that_cross_are_told(halved, cropped):
    other = of_sizes(cropped, {size: 0.9 * 0.2 * (1600 / size) ** 0.2 for size in HALVED}).runs
    other = other.assign(arm="flat", arm_order=1, run_id="flat" + other["run_id"], label="flat")
    study = replace(halved, runs=pd.concat([halved.runs, other], ignore_index=True))
    ((worse, better, size),) = forecasts.crossings(forecasts.of(study))
    # 0.2 (n / 1600)^-0.5 = 0.18 (n / 1600)^-0.2 at 1600 × (0.2 / 0.18)^(1 / 0.3)
    assert (worse.arm, better.arm) == ("flat", "cnn")
    assert size == pytest.approx(1600 * (0.2 / 0.18) ** (1 / 0.3), rel=0.03)
    assert any("cross near 2,2" in line for line in forecasts.sentences(study))


def registered(record):
    return replace(forecasts.to_register(record)[0], registered=1_000)


def later(record, size, error, seeds=3, started=2_000):
    """The record with trials at one more size."""
    runs = of_sizes(record, {size: error}, seeds=seeds).runs.assign(started=started)
    return replace(record, runs=pd.concat([record.runs.assign(started=500), runs], ignore_index=True))


@pytest.mark.parametrize(
    ("error", "held"), [(0.141, True), (0.17, True), (0.2, False), (0.35, False), (0.05, False)]
)
def test_a_registered_forecast_is_judged_by_later_trials(halved, error, held):
    study = replace(later(halved, 3200, error), forecasts=(registered(halved),))
    (judged,) = forecasts.judged(study)
    assert (judged.held, judged.seeds) == (held, 3)
    assert judged.measured == pytest.approx(error)
    assert ("within" if held else "outside") in forecasts.outcome(judged)


@pytest.mark.parametrize(
    "change",
    [
        {"started": 500},  # they were there before
        {"size": 6400},  # farther than a forecast reaches
        {"size": 1600},  # no more than it was fitted to
        {"seeds": 2},
    ],
)
def test_other_trials_judge_nothing(halved, change):
    study = later(halved, **{"size": 3200, "error": 0.14} | change)
    assert forecasts.judged(replace(study, forecasts=(registered(halved),))) == []


@pytest.mark.parametrize("field", ["arm", "trained_as", "rest"])
def test_what_was_trained_otherwise_judges_nothing(halved, field):
    other = replace(registered(halved), **{field: "another"})
    assert forecasts.judged(replace(later(halved, 3200, 0.14), forecasts=(other,))) == []


def test_between_the_points_it_is_read_from_the_line(halved):
    (judged,) = forecasts.judged(replace(later(halved, 2263, 0.168), forecasts=(registered(halved),)))
    assert judged.expected.estimate == pytest.approx(0.2 / 2**0.25, rel=2e-3)


def test_other_test_images_add_what_their_draw_does(halved):
    study = later(halved, 3200, 0.2)
    same, shared = registered(halved), replace(registered(halved), data="before", shared_test=50)
    (narrow,), (wide,) = (forecasts.judged(replace(study, forecasts=(each,))) for each in (same, shared))
    assert not narrow.held and wide.held
    # Half widths of log error add in squares: 1.645 standard errors of 0.1414 on 50 images.
    halves = [math.log(each.expected.high / each.expected.estimate) for each in (narrow, wide)]
    added = 1.645**2 * (1 / 0.1414 - 1) / 50
    test = forecasts.shared_test(study.runs[study.runs["train_size"] == 3200])
    added += 1.645**2 * (1 / 0.1414 - 1) / test if test else 0
    assert halves[1] ** 2 == pytest.approx(halves[0] ** 2 + added, rel=0.01)


def test_tags_that_somebody_edited_are_left_out(halved):
    good = registered(halved)
    text = json.dumps(registry.asdict(good))
    tags = {names.FORECAST + "a": text, names.FORECAST + "b": "{", names.FORECAST + "c": "{}", "other": text}
    assert registry.read(tags) == (good,)


@pytest.mark.slow
@pytest.mark.parametrize(("study", "held"), [("train_size", 3), ("train_size-cifar-2010cc", 2)])
def test_recorded_studies_would_have_told_their_largest_size(study, held, tmp_path, capsys):
    from reports.__main__ import main

    uri = f"sqlite:///{tmp_path}/mlflow.db"
    named, _ = export.unpack(ROOT / "docs" / "results" / f"{study}.tar.xz", tmp_path / "work", uri)
    found = forecasts.of(read_record(uri, named))
    assert sum(each.check.held for each in found) == held
    assert len(found) == 3
    given = ["forecast", named, "--store", uri, "--register"]
    for lines in (f"Registered: {held}; they were before: 0.", f"Registered: 0; they were before: {held}."):
        assert main(given) == 0
        assert lines in capsys.readouterr().out
    assert len(read_record(uri, named).forecasts) == held


@pytest.mark.slow
def test_registered_forecasts_travel_with_a_pack(tmp_path, capsys):
    from reports.__main__ import main

    uri, recorded = f"sqlite:///{tmp_path}/mlflow.db", ROOT / "docs" / "results" / "train_size.tar.xz"
    named, _ = export.unpack(recorded, tmp_path / "work", uri)
    assert main(["forecast", named, "--store", uri, "--register"]) == 0
    with tarfile.open(recorded) as archive:
        index = json.load(archive.extractfile(export.INDEX))
    packed, trials = (
        tmp_path / "again.tar.xz",
        TypeAdapter(list[PlannedTrial]).validate_python(index["trials"]),
    )
    tags = client.stored(uri, named).tags
    export.pack(
        Study.model_validate({"splits": "one"} | index["study"]), trials, tmp_path / "work", packed, tags=tags
    )
    elsewhere = f"sqlite:///{tmp_path}/elsewhere.db"
    export.unpack(packed, tmp_path / "elsewhere", elsewhere)
    known = read_record(uri, named).forecasts
    assert len(known) == 3 and read_record(elsewhere, named).forecasts == known
