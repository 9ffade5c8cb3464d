import math
from dataclasses import replace

import pytest
from matplotlib.figure import Figure

from experiments import names
from reports import drawing
from reports.answers import sizes
from reports.plots import learning_curves
from reports.plots.elements import by_size
from reports.store import record
from tests.support.chains import HALVED, of_sizes
from tests.support.pictures import caption_of, legend_of, means_of, x_labels_of


@pytest.fixture(scope="module")
def page(cropped):
    return learning_curves.figure(cropped)


def test_errors_and_gaps_are_drawn_by_train_size_a_row_a_crop(page):
    error16, gap16, error32, gap32 = page.axes
    assert means_of(error16) == [pytest.approx([0.5, 0.2]), pytest.approx([0.4, 0.1])]
    # Of 1,000 test images none was wrong: half an image.
    assert means_of(error32) == [pytest.approx([0.1, 0.0005]), pytest.approx([0.2, 0.1])]
    for gap in (gap16, gap32):
        assert means_of(gap) == [pytest.approx([0.3, 0.1])] * 2
    assert [ax.get_title(loc="left") for ax in (error16, error32)] == ["crop=16", "crop=32"]
    assert {ax.get_xscale() for ax in page.axes} == {"log"}
    assert [ax.get_yscale() for ax in (error16, gap16)] == ["log", "linear"]
    assert x_labels_of(gap32) == ["100", "1,000"]


def test_the_axes_show_every_seed(page):
    low, high = page.axes[0].get_ylim()
    assert low < 0.0005 < 0.5 < high
    low, high = page.axes[1].get_ylim()
    assert low <= 0 < 0.3 < high  # no gap is shown too


def test_the_caption_tells_what_was_done(page):
    told = caption_of(page)
    assert "overfitting gap, chosen epoch" in told
    assert "A test error of 0 is drawn at that of half an image" in told
    assert "A bar without an end runs out of the panel" in told  # 0.8 ± 1.27
    assert "study crop · data tiny_shirts (100 / 1,000 training" in told
    assert "Left out" not in told


def test_names_are_plain_text(page):
    assert legend_of(page) == ["cnn", "<b>$res_net$"]
    assert not any(text.get_parse_math() for text in page.legends[0].get_texts())


def test_an_interval_and_each_seed_are_drawn(cropped):
    frame = by_size.at_sizes(sizes.trials(cropped, sizes.TRAIN), sizes.TRAIN)
    of_arm = frame[(frame["arm"] == "cnn") & (frame["rest"] == "data.crop=16")]
    ax = Figure().subplots()
    assert by_size.draw(of_arm.assign(y=of_arm["accuracy"]), ax) is ax
    (bars,) = ax.containers[0].lines[2]
    none, wide = (segment[:, 1] for segment in bars.get_segments())
    assert list(none) == [0.5, 0.5]
    assert list(wide) == pytest.approx([0.8 - 12.706 * 0.1, 0.8 + 12.706 * 0.1], abs=1e-3)
    assert list(ax.lines[-1].get_ydata()) == [0.5, 0.5, 0.7, 0.9]


def test_one_seed_has_no_interval(cropped):
    frame = by_size.at_sizes(sizes.trials(cropped, sizes.TRAIN), sizes.TRAIN)
    alone = frame[(frame["arm"] == "cnn") & (frame["rest"] == "data.crop=32")]
    ax = by_size.draw(alone.assign(y=alone["accuracy"]), Figure().subplots())
    (bars,) = ax.containers[0].lines[2]
    one, two = bars.get_segments()
    assert len(one) == 0
    assert list(two[:, 1]) == [1, 1]


def test_no_arm_is_moved_from_its_size(cropped):
    frame = by_size.at_sizes(sizes.trials(cropped, sizes.CROP), sizes.CROP)
    assert (frame["x"] == frame[sizes.CROP]).all() and frame["arm"].nunique() == 2
    trained = by_size.at_sizes(sizes.trials(cropped, sizes.TRAIN), sizes.TRAIN)
    assert list(trained["x"]) == pytest.approx(list(trained[sizes.TRAIN]))


def test_trials_that_are_all_perfect_or_untested_break_nothing(cropped):
    accuracy = names.metric(names.TEST, names.ACCURACY)
    perfect = replace(cropped, runs=cropped.runs.assign(**{accuracy: 1.0, "test_size": math.nan}))
    learning_curves.figure(perfect).draw_without_rendering()
    untested = replace(cropped, runs=cropped.runs.assign(**{accuracy: math.nan}))
    assert "no trial was tested" in learning_curves.figure(untested)._suptitle.get_text()
    unvalidated = replace(cropped, epochs=cropped.epochs.iloc[:0])
    learning_curves.figure(unvalidated).draw_without_rendering()


def test_it_is_drawn_once_for_all_settings(cropped, tmp_path):
    (drawn,) = drawing.draw(cropped, tmp_path, ["learning_curves"])
    assert [path.name for path in drawn.files] == [
        "learning_curves.png",
        "learning_curves.svg",
        "learning_curves.pdf",
    ]


def test_a_study_of_train_sizes_alone_is_one_row(ready):
    page = learning_curves.figure(record.read_record(ready.uri, "grid"))
    assert len(page.axes) == 2
    assert legend_of(page) == ["$a_b$ | c", "_hidden"]


def test_the_trend_is_told_to_twice_the_images_and_as_at_least(cropped):
    study = of_sizes(cropped, HALVED)
    told = learning_curves.finding(study)
    assert "At 3,200 training images, 2 times the most measured" in told
    assert "expects a test error of cnn 0.141 (" in told
    # 0.19 takes 1,600 × (0.2 / 0.19)^2 = 1,773 images; the interval of the level, a tenth wide, allows fewer.
    assert "An error lower by 0.01 than at 1,600 takes at least 1,600 for cnn" in told
    error = learning_curves.figure(study).axes[0]
    (band,) = error.collections[-1:]
    assert band.get_paths()[0].vertices[:, 0].max() == pytest.approx(3200)
    assert error.get_ylim()[0] < band.get_paths()[0].vertices[:, 1].min()
    assert "90% interval over seeds" in caption_of(learning_curves.figure(study))


def test_no_trend_is_told_of_too_little_or_of_seeds_that_diverged(cropped):
    three = dict(list(HALVED.items())[:3])
    for study in (
        of_sizes(cropped, three),
        of_sizes(cropped, HALVED, seeds=2),
        of_sizes(cropped, HALVED, diverged=True),
    ):
        assert "power law" not in learning_curves.finding(study)
        assert "interval over seeds" not in caption_of(learning_curves.figure(study))


def test_a_flat_curve_takes_more_than_twice_the_images(cropped):
    study = of_sizes(cropped, dict.fromkeys(HALVED, 0.2))
    accuracy = names.metric(names.TEST, names.ACCURACY)
    alike = study.runs[accuracy].where(study.runs["seed"] == 1, study.runs[accuracy].mean())
    told = learning_curves.finding(replace(study, runs=study.runs.assign(**{accuracy: alike})))
    assert "takes more than 3,200 for cnn" in told
