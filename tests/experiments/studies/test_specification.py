"""What makes a trial the same trial."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import catalog, names
from experiments.studies import reading
from experiments.studies.specification import Recipe, Trial
from experiments.studies.study import Study
from tests.support.small_study import DIGESTS, SMALL, changed


def some_trial(**changes) -> Trial:
    study = Study.model_validate(SMALL)
    trial = study.trials(DIGESTS)[1].trial
    return trial.model_copy(update=changes)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 9},
        {"data_digest": "f" * 64},
        {"partition": "q" * 16},
        {"train": 99},
        {"crop": 8},
        {"windows": "grid"},
        {"arguments": {"stem": "small", "width": 8, "shortcuts": True}},
        {"recipe": Recipe(epochs=2, threads=2)},
        {"recipe": Recipe(epochs=3)},
        {"recipe": Recipe(epochs=2, steps=2)},
        {"recipe": Recipe(epochs=2, jitter=0.1)},
        {"recipe": Recipe(epochs=2, cutout=4)},
        {"recipe": Recipe(epochs=2, class_weight="balanced")},
        {"recipe": Recipe(epochs=2, precision="bfloat16")},
        {"recipe": Recipe(epochs=2, evaluate_every=2)},
        {"recipe": Recipe(epochs=2, chosen_by="balanced_accuracy")},
        {"model": "resnet34"},
    ],
    ids=str,
)
def test_whatever_changes_the_numbers_changes_the_id(change):
    assert some_trial(**change).id != some_trial().id


def test_labels_and_places_are_no_part_of_the_id():
    document = changed("models", {"wide": {"model": "resnet18", "arguments": {"width": 8}}})
    renamed = reading.parse({**document, "name": "other", "question": "?"}, "x").trials(DIGESTS)
    assert renamed[0].trial.id == some_trial().id


@given(st.permutations(list(SMALL["data"])), st.permutations(["stem", "width", "shortcuts"]))
def test_the_order_of_fields_does_not_change_the_id(fields, arguments):
    given_arguments = {"stem": "imagenet", "width": 8, "shortcuts": True}
    document = changed("models.resnet18.arguments", {name: given_arguments[name] for name in arguments})
    document["data"] = {name: SMALL["data"][name] for name in fields}
    assert Study.model_validate(document).trials(DIGESTS)[1].trial.id == some_trial().id


def test_the_id_of_a_known_trial_stays_the_same():
    # Another literal means that every stored trial is trained again.
    assert some_trial().model_copy(update={"split_seed": 0, "results_version": 1}).id == "a363f8ca6e954324"


def test_the_defaults_that_ids_rest_on_stay_the_same():
    # An id leaves out what is at its default. Change one of these and raise names.RESULTS_VERSION.
    assert Recipe().model_dump() == {
        "optimizer": "sgd",
        "momentum": 0.9,
        "learning_rate": 0.05,
        "schedule": "cosine",
        "warmup_epochs": 0,
        "weight_decay": 0,
        "batch_size": 64,
        "epochs": 12,
        "steps": None,
        "flip": False,
        "shift": 0,
        "jitter": 0,
        "cutout": 0,
        "threads": 1,
        "gradient_flow": False,
        "class_weight": None,
        "precision": "float32",
        "evaluate_every": 1,
        "chosen_by": "accuracy",
    }
    resnet = {"stem": "imagenet", "width": 64, "shortcuts": True, "batch_norm": True}
    before = {"stem": "imagenet", "dense": 4096}
    defaults = {
        "plain_cnn": {"filters": [32, 64, 128], "kernels": [3, 3, 3], "dense": 128},
        "autoencoder_features": {"filters": [16, 32], "code": 64, "classifier": "logistic"},
        "resnet18": resnet,
        "resnet50": {**resnet, "stride_on": "1x1"},
        "resnet20": {"shortcuts": True, "batch_norm": True},
        "resnet26": {**resnet, "block": "basic"},
        "lenet5": {"width": 6},
        "alexnet": {**before, "width": 96},
        "zfnet": {**before, "width": 96},
        "vgg16": {**before, "width": 64},
        "googlenet": {"stem": "imagenet", "width": 64, "auxiliary": True},
    }
    assert {name: catalog.complete_arguments(name, {}) for name in defaults} == defaults


def test_a_setting_at_its_default_is_the_same_trial_said_or_not():
    said = changed("models.resnet18.arguments", {"width": 8, "stem": "imagenet"})
    assert Study.model_validate(said).trials(DIGESTS)[1].trial.id == some_trial().id


def test_specifications_survive_their_json():
    trial = some_trial()
    assert Trial.model_validate_json(trial.model_dump_json()).id == trial.id


# Numbers of another version are other numbers: neither is taken for the other's.
def test_a_specification_without_a_version_is_of_the_first():
    trial = some_trial()
    assert trial.results_version == names.RESULTS_VERSION
    older = Trial.model_validate(trial.model_dump(mode="json", exclude={"results_version"}))
    assert older.results_version == 1
    assert older.id != trial.id
    assert older.model_copy(update={"results_version": names.RESULTS_VERSION}).id == trial.id
