"""Study files: what they mean, and what they refuse."""

import pytest
import yaml

from experiments.errors import UserError
from experiments.logs import events, trial_folder
from experiments.planning import plan, rates
from experiments.studies import reading
from tests.support.small_study import DIGESTS, SMALL, changed

LADDER = [0.01, 0.03, 0.1, 0.3]


def refusal(document: dict) -> str:
    with pytest.raises(UserError) as caught:
        reading.parse(document, "small.yaml")
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_trials_come_seed_by_seed_in_the_order_of_the_arms():
    trials = reading.parse(SMALL, "small.yaml").trials(DIGESTS)
    assert [(each.arm, each.trial.seed) for each in trials] == [
        ("plain_cnn", 1),
        ("resnet18", 1),
        ("plain_cnn", 2),
        ("resnet18", 2),
    ]
    assert [each.run_name for each in trials[:2]] == ["plain_cnn · seed 1", "resnet18 · seed 1"]


def test_a_grid_gives_every_combination_once():
    document = changed("vary", {"data.train": [50, 100], "models.resnet18.arguments.width": [4, 8, 16]})
    trials = reading.parse(document, "small.yaml").trials(DIGESTS)
    # The CNN has no width: 2 train sizes × 2 seeds; the ResNet: 2 × 3 × 2.
    assert [each.arm for each in trials].count("plain_cnn") == 4
    assert [each.arm for each in trials].count("resnet18") == 12
    assert len({each.trial.id for each in trials}) == 16
    assert trials[1].setting == "data.train=50, models.resnet18.arguments.width=4"
    assert {each.setting for each in trials if each.arm == "plain_cnn"} == {"data.train=50", "data.train=100"}


def test_an_arm_may_depart_from_the_recipe_in_the_open():
    document = changed("models.plain_cnn", {"recipe": {"optimizer": "adam", "learning_rate": 0.001}})
    plain, resnet = reading.parse(document, "small.yaml").trials(DIGESTS)[:2]
    assert (plain.trial.recipe.optimizer, resnet.trial.recipe.optimizer) == ("adam", "sgd")
    assert plain.trial.recipe.epochs == 2


def test_an_arm_may_have_a_ladder_of_its_own():
    own = [0.0001, 0.0003, 0.001, 0.003]
    document = changed("tune", {"learning_rate": LADDER, "arms": {"plain_cnn": own}})
    tried = {"plain_cnn": set(), "resnet18": set()}
    for each in reading.parse(document, "small.yaml").tuning_trials(DIGESTS):
        tried[each.arm].add(each.trial.recipe.learning_rate)
    assert tried == {"plain_cnn": set(own), "resnet18": set(LADDER)}


def test_an_arm_may_have_a_label_of_its_own():
    document = changed("models.wide", {"model": "resnet18", "arguments": {"width": 32}})
    trials = reading.parse(document, "small.yaml").trials(DIGESTS)
    assert [(each.arm, each.trial.model) for each in trials[:3]][-1] == ("wide", "resnet18")


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("recipe.lerning_rate", 0.1, "recipe.lerning_rate: unknown field; did you mean 'learning_rate'?"),
        ("epochs", 3, "epochs: unknown field; choose from: claims, data, ladder, models, name"),
        ("data.train", "many", "data.train: input should be a valid integer"),
        ("data.train", 0, "data.train: input should be greater than 0, not 0"),
        ("data.source", "imagenet", "unknown data source 'imagenet'; choose from: fashion_mnist"),
        ("models", {"resnet19": {}}, "models.resnet19: unknown model 'resnet19'; did you mean 'resnet18'?"),
        ("models.resnet18.arguments", {"depth": 3}, "arguments.depth: unknown argument of resnet18; choose"),
        (
            "models.resnet18.arguments",
            {"stem": "big"},
            "arguments.stem: Input should be 'imagenet' or 'small'",
        ),
        ("models.resnet18.recipe", {"epoch": 3}, "models.resnet18: recipe.epoch: unknown field; choose from"),
        (
            "models.resnet18.recipe",
            {"epochs": "two"},
            "models.resnet18.recipe.epochs: Input should be a valid",
        ),
        ("models.resnet18.recipe", {"epochs": 0}, "models.resnet18.recipe.epochs: Input should be greater"),
        ("vary", {"data.train": [10, -1]}, "vary.data.train: Input should be greater than 0"),
        (
            "models.resnet18",
            {"argumens": {}},
            "models.resnet18.argumens: unknown field; did you mean 'arguments'",
        ),
        ("models", {}, "models: dictionary should have at least 1 item"),
        ("seeds", [1, 1], "seeds: the values must differ"),
        ("seeds", [], "seeds: list should have at least 1 item"),
        ("targets", [1.5], "targets.0: input should be less than or equal to 1, not 1.5"),
        ("recipe.optimizer", "rmsprop", "recipe.optimizer: input should be 'sgd' or 'adam', not 'rmsprop'"),
        ("recipe.learning_rate", float("nan"), "recipe.learning_rate: input should be a finite number"),
        ("recipe.warmup_epochs", 2, "warmup_epochs (2) must be below epochs (2)"),
        ("vary", {"recipe.epoch": [1]}, "recipe.epoch"),
        ("recipe.chosen_by", "recall", "recipe.chosen_by: input should be 'accuracy' or 'balanced_accuracy'"),
        (
            "models.resnet18.recipe",
            {"chosen_by": "balanced_accuracy"},
            "models.resnet18.recipe.chosen_by: is the same for all arms; state it in recipe",
        ),
        (
            "vary",
            {"recipe.chosen_by": ["accuracy", "balanced_accuracy"]},
            "vary.recipe.chosen_by: is the same for all trials of a study",
        ),
        ("vary", {"seeds": [[1], [2]]}, "vary.seeds: no such field"),
        ("vary", {"data.train": []}, "vary.data.train: list should have at least 1 item"),
        ("tune", {"learning_rate": [0.1]}, "tune.learning_rate: list should have at least 2 items"),
        ("tune", {"learning_rate": [0.1, 0.2, 0.4]}, "tune: learning_rate: a sweep takes at least 4, not 3"),
        ("tune", {"learning_rate": LADDER, "seeds": [7, 8]}, "tune: seeds: a sweep takes at least 3, not 2"),
        ("tune", {"learning_rate": LADDER, "seeds": [7, 8, 8]}, "tune: seeds: the values must differ"),
        ("tune", {"learning_rate": LADDER, "seeds": [2, 8, 9]}, "tune.seeds: 2 stands in seeds"),
        ("tune", {"learning_rate": LADDER, "seeds": [7, 8, 9], "seed": 7}, "tune: seeds and seed: give one"),
        ("tune", {"learning_rate": [0.1, 0.2], "seed": 1}, "tune.seed: 1 stands in seeds"),
        (
            "tune",
            {"learning_rate": LADDER, "arms": {"plain_cnn": [0.1]}},
            "tune.arms.plain_cnn: list should have at least 2",
        ),
        (
            "tune",
            {"learning_rate": LADDER, "arms": {"plain_cnn": [0.1, 0.2]}},
            "tune: arms.plain_cnn: 2 rates; every arm",
        ),
        (
            "tune",
            {"learning_rate": LADDER, "arms": {"plain_cnn": [0.1] * 4}},
            "tune: arms.plain_cnn: the values must differ",
        ),
        ("tune", {"learning_rate": LADDER, "arms": {"nobody": LADDER}}, "tune.arms.nobody: no such arm"),
        ("name", "a/b", "name: string should match pattern"),
        ("question", "", "question: string should have at least 1 character"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(path, value, told):
    assert told in refusal(changed(path, value))


TUNED = {**SMALL, "tune": {"learning_rate": [0.01, 0.1], "seed": 100}}


def test_a_sweep_takes_three_seeds_and_its_ladder_may_grow_for_an_arm():
    study = reading.parse({**SMALL, "tune": {"learning_rate": LADDER}}, "small.yaml")
    sweep = study.tuning_trials(DIGESTS)
    assert len(sweep) == 2 * 4 * 3
    assert {each.trial.seed for each in sweep} == {100, 101, 102}
    longer = study.tuning_trials(DIGESTS, {("resnet18", ""): [0.9, 2.7]})
    assert longer[: len(sweep)] == sweep
    beyond = [(each.arm, each.trial.recipe.learning_rate) for each in longer[len(sweep) :]]
    assert beyond == [("resnet18", 0.9), ("resnet18", 2.7)] * 3


def test_older_files_with_one_tuning_seed_stay_valid_as_they_were_dumped():
    study = reading.parse(TUNED, "small.yaml")
    assert study.tune.all_seeds == [100]
    assert study.model_validate(study.model_dump(mode="json")) == study
    packed = study.model_dump(mode="json") | {"tune": {"learning_rate": [0.01, 0.1], "seed": 100}}
    assert study.model_validate(packed) == study


def test_every_arm_gets_the_same_sweep_on_a_seed_of_its_own():
    study = reading.parse(TUNED, "small.yaml")
    sweep = study.tuning_trials(DIGESTS)
    assert [(each.arm, each.trial.recipe.learning_rate, each.trial.seed) for each in sweep] == [
        ("plain_cnn", 0.01, 100),
        ("resnet18", 0.01, 100),
        ("plain_cnn", 0.1, 100),
        ("resnet18", 0.1, 100),
    ]
    assert {each.role for each in sweep} == {"tune"}
    assert sweep[0].run_name == "plain_cnn · tune 0.01 · seed 100"
    results = study.trials(DIGESTS, {("plain_cnn", ""): 0.1, ("resnet18", ""): 0.01})
    assert [each.trial.recipe.learning_rate for each in results] == [0.1, 0.01, 0.1, 0.01]
    assert {each.role for each in results} == {"result"}
    assert not reading.parse(SMALL, "small.yaml").tuning_trials(DIGESTS)


@pytest.mark.parametrize(
    ("curves", "chosen"),
    [
        # Validation accuracies by epoch at rates 0.01 and 0.1: the best epoch of each trial counts.
        ({0.01: [0.5, 0.6], 0.1: [0.7, 0.2]}, 0.1),
        ({0.01: [0.5, 0.7], 0.1: [0.6, 0.7]}, 0.01),  # equal: the lower rate
        ({0.01: [0.5, 0.6], 0.1: [0.9, None]}, 0.01),  # diverged after all
    ],
)
def test_the_rate_of_highest_validation_accuracy_is_chosen(tmp_path, curves, chosen):
    sweep = [each for each in reading.parse(TUNED, "x").tuning_trials(DIGESTS) if each.arm == "plain_cnn"]
    for planned in sweep:
        place = trial_folder.of(tmp_path, planned.trial)
        trial_folder.begin(place, planned.trial)
        accuracies = curves[planned.trial.recipe.learning_rate]
        for epoch, accuracy in enumerate(accuracies, start=1):
            if accuracy is not None:
                metrics = {"validation/accuracy": accuracy, "validation/loss": 1.0}
                events.append(trial_folder.log(place), events.EpochEnded(epoch=epoch, metrics=metrics))
        events.append(
            trial_folder.log(place), events.Finished(epoch=1, metrics={}, diverged=None in accuracies)
        )
    assert rates.chosen(plan.scores_of(sweep, tmp_path)) == {("plain_cnn", ""): chosen}


def test_the_line_of_the_file_is_told(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(SMALL, sort_keys=False) + "recpie:\n  epochs: 3\n")
    line = len(path.read_text().splitlines()) - 1
    with pytest.raises(UserError, match=rf"small.yaml:{line}: recpie: unknown field; did you mean 'recipe'"):
        reading.parse(reading.load(path), path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: [", ":1: not valid YAML"),
        ("- a\n- b\n", "a study file is a mapping"),
        ("name: small\n\tquestion: x", ":2: not valid YAML"),
    ],
)
def test_what_is_not_a_mapping_is_refused(tmp_path, text, told):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=told):
        reading.load(path)


def test_an_unknown_study_lists_the_shipped_ones():
    with pytest.raises(UserError, match=r"no study file 'compar'.* compare, compare-large, .*smoke"):
        reading.find("compar")


@pytest.mark.parametrize("path", sorted(reading.STUDIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_study_is_valid(path):
    study = reading.parse(reading.load(path), path)
    assert study.name == path.stem
