"""Saved views of MLflow's page: what they hold, and when they are written anew."""

import base64
import json
import zlib

import pytest

from experiments import names
from experiments.store import page, views
from experiments.studies import reading
from tests.support.small_study import SMALL


def study(**changed):
    return reading.parse({**SMALL, **changed}, "small")


def read(tags, view):
    """The name of a view, and its page."""
    told = json.loads(tags[names.SAVED_VIEW + view])
    state = zlib.decompress(base64.b64decode(told["state"].removeprefix("deflate;")))
    return told["name"], json.loads(state)


def test_two_views_group_charts_by_the_questions():
    tags = views.tags(study(), {})
    assert len(tags) == 2
    name, every = read(tags, views.TRIALS)
    assert name == "Every trial"
    sections = {each["uuid"] for each in every["compareRunSections"]}
    assert {each["metricSectionId"] for each in every["compareRunCharts"]} == sections
    assert f"metrics.`{names.OVERFITTING_GAP}`" in every["selectedColumns"]
    assert every["searchFilter"] == "tags.`study.complete` = 'true' and tags.`study.role` = 'result'"
    _, means = read(tags, views.MEANS)
    assert means["groupBy"]["groupByKeys"] == [{"mode": "tag", "groupByData": names.ARM}]
    # Of a group, points of all seeds would be strung together along the seconds.
    by_second = [each for each in means["compareRunCharts"] if each.get("xAxisKey") == "metric"]
    assert not by_second and any(each.get("xAxisKey") == "metric" for each in every["compareRunCharts"])


def test_what_the_store_has_is_not_written_again():
    tags = views.tags(study(), {})
    assert views.tags(study(), tags) == {}
    edited = tags | {names.SAVED_VIEW + views.TRIALS: "{"}
    assert {*views.tags(study(), edited)} == {names.SAVED_VIEW + views.TRIALS}


# Two arms: 51 seeds are 102 runs, of which MLflow's page loads 100: some seeds of one arm would be missing.
@pytest.mark.parametrize(("seeds", "part"), [(50, False), (51, True)])
def test_more_runs_than_the_page_loads_are_a_fair_part_and_say_so(seeds, part):
    _, every = read(views.tags(study(seeds=list(range(1, seeds + 1))), {}), views.TRIALS)
    assert ("tags.`study.seed` = '1'" in every["searchFilter"]) == part
    assert (f"seed 1 of {seeds}" in every["compareRunSections"][0]["name"]) == part


def test_settings_are_groups_of_their_own():
    varied = study(vary={"data.train": [50, 100]})
    _, means = read(views.tags(varied, {}), views.MEANS)
    grouped = [each["groupByData"] for each in means["groupBy"]["groupByKeys"]]
    assert grouped == [names.ARM, names.SETTING]


def test_a_note_with_links_is_the_note():
    note = page.note(study())
    assert page.is_note(f"{note}{page.LINKS}- [Every trial]({views.link('1')})\n", note)
    assert not page.is_note(note, note)  # its links are still missing
    assert not page.is_note(None, note) and not page.is_note(f"other{page.LINKS}", note)
