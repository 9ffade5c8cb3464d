"""Saved views of MLflow's page: what they hold, which runs they show, and when they are written anew."""

import base64
import json
import sqlite3
import zlib
from contextlib import closing

import mlflow
import pytest

from experiments import names
from experiments.execution import carry_out, scheduler
from experiments.logs import events, trial_folder
from experiments.planning import plan
from experiments.processes import Starter
from experiments.store import client, page, tracking, views
from experiments.studies import reading, schedule
from tests.support import stub_runs
from tests.support.small_study import SMALL


def study(**changed):
    return reading.parse({**SMALL, **changed}, "small")


def seeds(count):
    return list(range(1, count + 1))


def of(given, *more):
    return views.of_study(given, [*dict.fromkeys([*given.seeds, *more])])


@pytest.fixture
def store(tmp_path):
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


def lacking(store, given, **options):
    return views.lacking(given, given.seeds, client.stored(store, given.name), **options)


def show(store, given):
    """Bring the page up to date, as a start of the study does; what it says."""
    return tracking.Projection(store, given.name).show(given, lacking(store, given))


def loaded(store, given, view):
    """The runs that MLflow's page loads for a view: the first of its filter, in its order."""
    wanted = view.page
    key, ascending = wanted["orderByKey"], wanted["orderByAsc"]
    opened = mlflow.MlflowClient(store)
    experiment = opened.get_experiment_by_name(given.name).experiment_id
    order = [f"{key} {'ASC' if ascending else 'DESC'}"]
    return opened.search_runs([experiment], wanted["searchFilter"], max_results=100, order_by=order)


def counted(runs):
    """How many runs there are of each arm, setting and seed."""
    found = {}
    for run in runs:
        key = tuple(run.data.tags[tag] for tag in (names.ARM, names.SETTING, names.SEED))
        found[key] = found.get(key, 0) + 1
    return found


def test_two_views_group_charts_by_the_questions():
    found = of(study())
    assert {key: view.name for key, view in found.items()} == {
        views.TRIALS: "Every trial",
        views.MEANS: "Means over seeds",
    }
    every, means = (found[key].page for key in (views.TRIALS, views.MEANS))
    sections = {each["uuid"] for each in every["compareRunSections"]}
    assert {each["metricSectionId"] for each in every["compareRunCharts"]} == sections
    assert f"metrics.`{names.OVERFITTING_GAP}`" in every["selectedColumns"]
    assert every["searchFilter"] == "tags.`study.complete` = 'true' and tags.`study.role` = 'result'"
    assert means["groupBy"]["groupByKeys"] == [{"mode": "tag", "groupByData": names.ARM}]
    # Of a group, points of all seeds would be strung together along the seconds.
    by_second = [each for each in means["compareRunCharts"] if each.get("xAxisKey") == "metric"]
    assert not by_second and any(each.get("xAxisKey") == "metric" for each in every["compareRunCharts"])


def test_settings_are_groups_of_their_own():
    means = of(study(vary={"data.train": [50, 100]}))[views.MEANS].page
    grouped = [each["groupByData"] for each in means["groupBy"]["groupByKeys"]]
    assert grouped == [names.ARM, names.SETTING]


# Two arms, and a page of 100 runs.
@pytest.mark.parametrize(
    ("count", "words"),
    [
        (50, ""),
        (51, "seeds 1 to 50 of 51"),
        (90, "seeds 1 to 50 of 90"),
        # No filter leaves out more than 40 one by one: of 91, those of two digits less 32.
        (91, "seeds 10 to 59 of 91"),
        (500, "seeds 10 to 59 of 500"),
    ],
)
def test_more_seeds_than_the_page_loads_are_the_first_of_all_arms_and_say_so(store, count, words):
    given = study(seeds=seeds(count))
    stub_runs.write(store, given, given.seeds)
    for key, view in of(given).items():
        runs = counted(loaded(store, given, view))
        shown = {seed for _, _, seed in runs}
        assert runs == {(arm, "", seed): 1 for arm in given.models for seed in shown}
        assert len(shown) == 50
        ends = f"{min(map(int, shown))} to {max(map(int, shown))} of {count}"
        assert ends in words if words else shown == set(map(str, given.seeds))
        whole, of_part = views.NAMES[key]
        assert view.name == (of_part.format(words) if words else whole)
        assert view.page["compareRunSections"][0]["name"].endswith(words or "faster?")


def test_seeds_are_counted_by_the_schedule_not_by_the_look_that_is_taken():
    arms = {f"arm{index}": {"model": "plain_cnn"} for index in range(6)}
    claims = ["arm1 has higher test accuracy than arm0"]
    first_look = study(models=arms, seeds=seeds(6), claims=claims)
    assert of(first_look)[views.MEANS].name == "Means over seeds"
    whole = schedule.until_decided(first_look).seeds
    assert of(first_look, *whole)[views.MEANS].name == "Means over seeds 1 to 16 of 20"
    found = views.lacking(first_look, whole, client.Stored({}, [], {}))
    assert found.links[0] == ("Trials of seeds 1 to 16 of 20", views.TRIALS)


def test_where_one_seed_is_too_much_the_first_settings_are_shown_whole(store):
    given = study(vary={"data.train": list(range(10, 70))}, seeds=[3, 7])  # 60 settings of two arms
    stub_runs.write(store, given, given.seeds)
    view = of(given)[views.TRIALS]
    assert view.name == "Trials of 1 of 2 seeds, 50 of 60 settings"
    assert counted(loaded(store, given, view)) == {
        (arm, f"data.train={size}", "3"): 1 for arm in given.models for size in range(10, 60)
    }


def test_settings_with_quotes_are_told_apart(store):
    given = study(
        models={"a": {"model": "autoencoder_features"}},
        vary={"data.train": list(range(10, 61)), "models.a.arguments.classifier": ["svm", "logistic"]},
        seeds=[1],
    )
    stub_runs.write(store, given, given.seeds)
    assert "classifier=svm" in next(iter(given.arms_at_settings()))[4]
    assert len(loaded(store, given, of(given)[views.TRIALS])) == 100


def test_runs_that_are_not_the_studys_are_shown_by_their_age_not_by_their_results(store):
    given = study(seeds=[101])  # as `make run` leaves one after the other in one experiment
    stub_runs.write(store, given, seeds(101))
    found = lacking(store, given, alone=False)
    assert found.links[0][0] == "Trials of the newest 100 runs"
    view = views.of_study(given, given.seeds, 202)[views.TRIALS]
    runs = loaded(store, given, view)
    assert [run.info.start_time for run in runs] == [
        stub_runs.BEGAN + 1000 * position for position in range(201, 101, -1)
    ]
    assert views.of_study(given, given.seeds, 100)[views.TRIALS].name == "Every trial"


def test_what_the_store_has_is_not_written_again(store):
    given = study()
    stub_runs.write(store, given, given.seeds)
    assert len(lacking(store, given).tags) == 2 and lacking(store, given).is_due
    assert show(store, given) == ""
    found = lacking(store, given)
    assert not any(found) and not found.is_due
    stored = client.stored(store, given.name)
    edited = stored._replace(tags=stored.tags | {names.SAVED_VIEW + views.TRIALS: "{"})
    assert {*views.lacking(given, given.seeds, edited).tags} == {names.SAVED_VIEW + views.TRIALS}


@pytest.mark.parametrize("level", [0, 1])
def test_views_are_compared_by_what_they_say_not_by_their_bytes(store, level):
    given = study()
    stub_runs.write(store, given, given.seeds)
    show(store, given)
    stored = client.stored(store, given.name)
    tags = dict(stored.tags)
    for key in (views.TRIALS, views.MEANS):
        told = json.loads(tags[names.SAVED_VIEW + key])
        state = zlib.decompress(base64.b64decode(told["state"].removeprefix("deflate;")))
        packed = "deflate;" + base64.b64encode(zlib.compress(state, level)).decode()
        assert packed != told["state"]
        # MLflow reads both forms: packed, as it is here by another zlib, and plain.
        told |= {"state": packed if level else state.decode(), "createdAt": 1}
        tags[names.SAVED_VIEW + key] = json.dumps(told)
    assert not any(views.lacking(given, given.seeds, stored._replace(tags=tags)))


def test_the_note_links_to_the_views_by_their_keys_and_names(store):
    given = study(seeds=seeds(51))
    experiment = stub_runs.write(store, given, [])
    show(store, given)
    note = client.stored(store, given.name).tags[names.NOTE]
    keys = [key.removeprefix(names.SAVED_VIEW) for key in client.stored(store, given.name).tags if
            key.startswith(names.SAVED_VIEW)]  # fmt: skip
    assert note.startswith(page.note(given)) and page.is_note(note, page.note(given))
    assert note.endswith(
        f"- [Trials of seeds 1 to 50 of 51]({views.link(experiment, 'trials')})\n"
        f"- [Means over seeds 1 to 50 of 51]({views.link(experiment, 'means')})\n{views.MENU}"
    )
    assert sorted(keys) == ["means", "trials"]
    # Fewer seeds: other names, which the note has too.
    show(store, study(seeds=seeds(50)))
    assert "- [Every trial](" in client.stored(store, given.name).tags[names.NOTE]


def test_a_note_is_the_note_with_whatever_links():
    note = page.note(study())
    assert page.is_note(note, note) and page.is_note(f"{note}{page.LINKS}- …", note)
    assert not page.is_note(None, note) and not page.is_note(f"other{page.LINKS}", note)


def test_runs_of_before_get_gap_and_colour_and_those_that_have_them_nothing(store):
    given = study()
    experiment = stub_runs.write(store, given, given.seeds)
    before = lacking(store, given)
    assert len(before.colors) == len(before.gaps) == 4
    show(store, given)
    opened = mlflow.MlflowClient(store)
    runs = opened.search_runs([experiment])
    for run in runs:
        history = opened.get_metric_history(run.info.run_id, names.OVERFITTING_GAP)
        assert [(point.step, point.value) for point in history] == [(1, 0.125), (2, 0.125), (3, 0.125)]
        epochs = opened.get_metric_history(run.info.run_id, client.VALIDATION_ACCURACY)
        assert [point.timestamp for point in history] == [point.timestamp for point in epochs]
    assert {run.data.tags[names.ARM]: run.data.tags[names.RUN_COLOR] for run in runs} == {
        "plain_cnn": names.FAMILY_COLORS["plain"][0],
        "resnet18": names.FAMILY_COLORS["residual"][0],
    }
    after = lacking(store, given)
    assert not after.colors and not after.gaps
    # An arm more of one kind moves the colours of that kind alone.
    wider = study(models={**SMALL["models"], "resnet18b": {"model": "resnet18"}})
    assert not lacking(store, wider).gaps
    assert {*lacking(store, wider).colors.values()} == set()
    deeper = study(models={"resnet18b": {"model": "resnet18"}, **SMALL["models"]})
    assert {*lacking(store, deeper).colors.values()} == {names.FAMILY_COLORS["residual"][-1]}


def test_a_tracking_server_tells_the_same_of_runs(store):
    given = study()
    stub_runs.write(store, given, given.seeds)
    for _ in range(2):
        direct, asked = client.stored_in_sqlite(store, "small"), client.stored_by_client(store, "small")
        assert sorted(direct.shown) == sorted(asked.shown) and direct.experiment == asked.experiment
        assert direct.tags.keys() == asked.tags.keys()
        show(store, given)


REFUSING = """
    CREATE TRIGGER refuse BEFORE INSERT ON experiment_tags WHEN NEW.key LIKE 'mlflow.sharedViewState.%'
    BEGIN SELECT RAISE(ABORT, 'value too long for type character varying(5000)'); END
"""


def refuse(store):
    with closing(sqlite3.connect(store.removeprefix("sqlite:///"))) as database, database:
        database.execute(REFUSING)


def test_a_store_that_refuses_views_says_so_once_and_is_left_alone(store):
    given = study()
    stub_runs.write(store, given, given.seeds)
    refuse(store)
    told = show(store, given)
    assert "value too long" in told and len(told.splitlines()) == 1
    assert not lacking(store, given).is_due and lacking(store, given).refused
    assert show(store, given) == ""
    # What has changed since is tried again.
    other = study(seeds=seeds(51))
    assert lacking(store, other).is_due
    assert "value too long" in show(store, other)
    with closing(sqlite3.connect(store.removeprefix("sqlite:///"))) as database, database:
        database.execute("DROP TRIGGER refuse")
    assert show(store, other) == ""
    assert not any(lacking(store, other)[:4])


@pytest.fixture
def trained(tmp_path):
    """A small study, and a work folder with the logs of its complete trials: nothing was trained."""
    given, work = study(), tmp_path / "work"
    for planned in plan.trials(given, work):
        folder = trial_folder.of(work, planned.trial)
        trial_folder.begin(folder, planned.trial)
        accuracies = {client.TRAIN_ACCURACY: 0.75, client.VALIDATION_ACCURACY: 0.5}
        for event in (
            events.Started(tags={}),
            events.EpochEnded(epoch=1, metrics=accuracies),
            events.Finished(epoch=1, metrics={"test/accuracy": 0.5}, diverged=False),
        ):
            events.append(trial_folder.log(folder), event)
    return given, work


def start(given, work, store):
    """A start of the study: its exit status, what it says, and whether it had anything to do."""
    told = []
    made = plan.make(given, plan.Options(work, store, workers=1), told.append)
    with Starter("process") as starter:
        options = carry_out.Options(work, store, "all", scheduler.Patience(), starter)
        status = carry_out.carry_out(made, options, told.append)
    return status, told, made.has_work


def test_a_study_whose_page_is_refused_is_brought_to_the_store_and_done(trained, store):
    given, work = trained
    tracking.Projection(store, "small")
    refuse(store)
    status, told, had_work = start(given, work, store)
    assert status == 0 and had_work
    assert ["value too long" in line for line in told] == [True]
    assert len(client.stored(store, "small").complete) == 4
    # Its runs came with their colours and gaps: of the page nothing is lacking but what was refused.
    assert start(given, work, store) == (0, [], False)
    assert client.stored(store, "small").tags[names.NOTE] == page.note(given)


def test_a_study_once_more_gives_runs_of_before_what_the_page_shows(trained, store):
    given, work = trained
    assert start(given, work, store) == (0, [], True)
    assert start(given, work, store) == (0, [], False)
    whole = client.stored(store, "small").shown
    assert len(whole) == 4 and not any(each.lacks_gap or each.color is None for each in whole)
    with closing(sqlite3.connect(store.removeprefix("sqlite:///"))) as database, database:
        for table in ("metrics", "latest_metrics"):
            database.execute(f"DELETE FROM {table} WHERE key = ?", (names.OVERFITTING_GAP,))
        database.execute("DELETE FROM tags WHERE key = ?", (names.RUN_COLOR,))
    assert all(each.lacks_gap and each.color is None for each in client.stored(store, "small").shown)
    assert start(given, work, store) == (0, [], True)
    assert sorted(client.stored(store, "small").shown) == sorted(whole)
    assert start(given, work, store) == (0, [], False)
