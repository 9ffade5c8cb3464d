"""The largest study that fits into some minutes: chosen by what it takes here, before anything is trained."""

import copy
import json
import time
from dataclasses import replace

import pytest

from experiments.data.facts import Facts
from experiments.errors import UserError
from experiments.planning import minutes, plan
from experiments.studies import reading

SHIPPED = reading.find("photographs")
STUDY = reading.parse(reading.load(SHIPPED), SHIPPED)
FACTS = Facts(
    digest="d", partition="p", classes=("a", "b"), image_shape=(96, 96, 3), train_part=100, test_part=0
)


def chosen(given, of, taken=0.0):
    """The choice where a setting takes `of(setting)` seconds; taken: of the minutes so far."""
    asked = []

    def seconds(setting):
        asked.append(setting)
        return of(setting)

    return minutes._chosen(STUDY, FACTS, 96, given, time.monotonic() - taken, seconds), asked


def work(setting):
    return setting.image_size**2 / 1000 * setting.width / 16 * setting.epochs * setting.seeds


# 64 pixels: 4.096 × 1 epoch × 6 seeds = 25 s; 40 epochs and 8 seeds 1,311 s, 60 epochs 1,966 s. Of 30
# minutes nine tenths are filled, 1,600 s beside the report.
def test_the_highest_rung_that_fits_is_taken_and_the_next_is_told():
    found, _ = chosen(30, work)
    assert found.setting[:3] == (64, 16, 40)
    assert found.above.startswith("60 epochs")
    # What is left goes to seeds: 1,600 s / (1,311 s / 8) = 9.8.
    assert found.seeds == 9
    assert found.seconds == pytest.approx(work(found.setting))
    assert found.seconds <= 1600


def test_more_minutes_are_never_a_smaller_study():
    settings = [chosen(given, work)[0] for given in (2, 5, 10, 20, 40, 80, 160, 320)]
    seconds = [each.seconds for each in settings]
    assert seconds == sorted(seconds)
    assert [each.image_size for each in settings] == sorted(each.image_size for each in settings)
    assert all(each.seconds <= 60 * each.minutes for each in settings)


def test_nothing_above_what_does_not_fit_is_measured():
    found, asked = chosen(5, work)
    largest = max(work(each) for each in asked)
    beyond = [each for each in asked if work(each) > 300]
    assert found.image_size == 64 and largest < 600 and len(beyond) <= 2


def test_what_the_command_took_so_far_counts():
    assert chosen(10, work, taken=400)[0].seconds < chosen(10, work)[0].seconds


def test_all_of_the_ladder_and_more_seeds_where_there_is_time_for_it():
    found, _ = chosen(1000, lambda _: 1.0)
    assert (found.image_size, found.width, found.epochs, found.seeds) == (96, 64, 60, minutes.MOST_SEEDS)
    assert found.above == ""


# 570 s and the report's 20 s are more than nine tenths of ten minutes, and less than all.
def test_the_least_may_fill_the_minutes():
    found, asked = chosen(10, lambda _: 570.0)
    assert found.setting == asked[0]


def test_minutes_that_nothing_fits_are_one_line_with_the_least_that_does():
    with pytest.raises(UserError, match=r"MINUTES=1: .* 64 pixels, width 16, 1 epoch, 6 seeds.*MINUTES=12"):
        chosen(1, lambda _: 680.0)


def test_a_choice_stands_for_its_images(tmp_path):
    file = tmp_path / "x.json"
    assert minutes._kept(file, FACTS) is None
    found, _ = chosen(30, work)
    file.write_text(found.model_dump_json())
    assert minutes._kept(file, FACTS) == found
    assert minutes._kept(file, FACTS.model_copy(update={"digest": "other"})) is None
    file.write_text(json.dumps({"minutes": 30}))
    assert minutes._kept(file, FACTS) is None


def test_the_short_side_is_that_of_most_photographs(tmp_path):
    index = tmp_path / "i.json"
    facts = FACTS.model_copy(update={"index": index})
    assert minutes.short_side(facts) == minutes.NO_FILES
    names = [f"{number}.png" for number in range(8)]
    sizes = [[20, 30], [300, 100], *[[200, 150 + number] for number in range(6)]]
    index.with_suffix(".files.json").write_text(json.dumps({"names": names, "sizes": sizes}))
    assert minutes.short_side(facts) == 100


@pytest.fixture
def settle(tmp_path, monkeypatch):
    """Settles a document for 30 minutes; returns the choice, and whether it was made anew."""
    asked = []

    def seconds(_, setting):
        asked.append(setting)
        return work(setting)

    # The images are those of FACTS, and no network is measured.
    monkeypatch.setattr(minutes, "_on_all_images", lambda document, *_: (document, FACTS))
    monkeypatch.setattr(minutes._Costs, "seconds", seconds)

    def settled(document, **options):
        asked.clear()
        given = replace(plan.Options(work=tmp_path, store="", workers=2, cards=()), **options)
        _, choice = minutes.settled(document, SHIPPED, 30, given, time.monotonic(), lambda _: None)
        return choice, bool(asked)

    return settled


def changed(path, value):
    """The shipped study with a field set, of a dotted path; an arm without fields is None in the file."""
    document = copy.deepcopy(reading.load(SHIPPED))
    *parents, last = path.split(".")
    place = document
    for part in parents:
        place[part] = place.get(part) or {}
        place = place[part]
    place[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("models.resnet18.title", "Residual net"),
        ("question", "Which one?"),
        ("claims", []),
        ("targets", [0.5, 0.6]),
        # Said outright, what is so anyway.
        ("splits", "each"),
        ("models.resnet18.model", "resnet18"),
        ("models.plain_cnn.recipe.optimizer", "sgd"),
        ("recipe.threads", 1),
        # The ladder sets them.
        ("recipe.epochs", 9),
        ("data.image_size", 96),
    ],
)
def test_a_choice_stands_where_nothing_that_is_trained_changes(settle, path, value):
    first, _ = settle(reading.load(SHIPPED))
    assert changed(path, value) != reading.load(SHIPPED)
    assert settle(changed(path, value)) == (first, False)


def test_a_choice_stands_where_arms_have_other_names_and_another_order(settle):
    first, _ = settle(reading.load(SHIPPED))
    document = changed("claims", [])
    arms = {"deep": {"model": "resnet18"}, **dict(reversed(document["models"].items()))}
    del arms["resnet18"]
    assert settle({**document, "models": arms}) == (first, False)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("recipe.learning_rate", 0.1),
        ("recipe.batch_size", 64),
        ("tune.images", 400),
        ("tune.seeds", [100, 101, 103]),
        ("seeds", [2, 3, 4, 5, 6, 7, 8, 9]),
        ("models.lenet5", {}),
        ("data.crop", 32),
        # What the least rung, or the first one, has anyway, but not the others.
        ("models.resnet18.arguments.width", 16),
        ("models.resnet18.arguments.width", 64),
        ("models.plain_cnn.recipe.epochs", 3),
        ("ladder.epochs", [60, 40, 30, 20, 14, 10, 7, 5, 4, 3, 2]),
        ("ladder.arms", {"finetuned": [15, 10, 8, 6, 4, 3, 2, 2, 1, 1, 1]}),
        ("ladder.seeds", [8, 7, 6]),
    ],
)
def test_what_is_trained_otherwise_is_chosen_anew(settle, path, value):
    settle(reading.load(SHIPPED))
    _, anew = settle(changed(path, value))
    assert anew
    assert settle(changed(path, value))[1] is False


def test_other_workers_or_gpus_are_another_choice(settle):
    settle(reading.load(SHIPPED))
    assert settle(reading.load(SHIPPED), workers=4)[1]
    assert settle(reading.load(SHIPPED), workers=4, cards=None)[1]
    assert not settle(reading.load(SHIPPED), workers=4, cards=None)[1]
