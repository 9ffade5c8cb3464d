"""The matrix of representations and classifiers."""

import json
from dataclasses import replace

import pytest

from reports.plots import representations
from tests.support.pictures import caption_of, drawn_of

ACCURACY = representations.ACCURACY


@pytest.fixture
def study(small):
    """Three arms of the small study as two representations, one of them by two classifiers."""
    kinds = {
        "cnn": ("autoencoder 16, SVM", "autoencoder_features", {"code": "16", "classifier": "svm"}),
        "residual": (
            "autoencoder 16, forest",
            "autoencoder_features",
            {"code": "16", "classifier": "random_forest"},
        ),
        "features": ("pixels, SVM", "raw_pixels", {"classifier": "svm"}),
    }
    titles, models, arguments = ({name: each[at] for name, each in kinds.items()} for at in range(3))
    arm = small.runs["arm"]
    runs = small.runs.assign(
        title=arm.map(titles), model=arm.map(models), arguments=[json.dumps(arguments[each]) for each in arm]
    )
    return replace(small, runs=runs)


def test_rows_are_representations_and_columns_classifiers(study):
    found = representations.grid(study)
    assert found.representations == ["autoencoder 16", "pixels"]
    assert found.classifiers == ["support vector machine", "random forest"]
    assert {*found.trials} == {(0, 0), (0, 1), (1, 0)}


def test_a_cell_has_the_mean_and_the_best_is_bold(study):
    page = representations.figure(study)
    means = study.runs.groupby("title")[ACCURACY].mean()
    texts = {text.get_text().split()[0]: text for text in page.axes[0].texts}
    for mean in means:
        assert f"{mean:.3f}" in texts
    assert [text for text, each in texts.items() if each.get_weight() == "bold"] == [f"{means.max():.3f}"]
    assert "mean over seeds" in caption_of(page)
    best = means.idxmax().split(", ")[0]
    assert representations.finding(study).startswith(f"The highest mean is that of {best} with ")


def test_a_study_without_classifiers_has_none(small):
    assert representations.figure(small) is None and representations.finding(small) == ""


# Names without a comma, as of studies from before arms had titles.
def test_a_row_is_called_by_the_words_that_its_arms_share(study):
    titles = study.runs["title"].str.replace(",", "").str.replace("autoencoder 16", "autoencoder16")
    found = representations.grid(replace(study, runs=study.runs.assign(title=titles)))
    assert found.representations == ["autoencoder16", "pixels SVM"]


# Arms of two versions of the study file, each the first there.
def test_arms_at_one_position_are_cells_of_their_own(study):
    found = representations.grid(replace(study, runs=study.runs.assign(arm_order=0)))
    assert {*found.trials} == {(0, 0), (0, 1), (1, 0)}
    assert all(arm["arm"].nunique() == 1 for arm in found.trials.values())


def test_trials_that_diverged_are_told_in_the_picture(study):
    assert representations.DIVERGED in drawn_of(representations.figure(study))  # one of the small study's did
    trained = replace(study, runs=study.runs.assign(diverged=False))
    assert representations.DIVERGED not in drawn_of(representations.figure(trained))
