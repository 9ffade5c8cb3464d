"""A network that was trained here as an encoder: its head removed, on other images, never on its own."""

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import yaml

from baselines.pretrained import own
from baselines.pretrained.efficientnet_lite import MissingError
from experiments import catalog
from experiments.planning import feasible
from experiments.trial import saved
from tests.support.places import Place

IMAGES = np.random.default_rng(3).integers(0, 256, (5, 16, 16, 1), np.uint8)


@pytest.fixture(scope="module")
def trained(finished):
    """The folder of a trial of each arm of the tiny study, of digits at 16 pixels."""
    place, done = finished
    assert done.returncode == 0, done.stderr
    folders = sorted(place.work.glob("*/model"))
    return {json.loads((each / saved.FACTS).read_text())["model"]: each for each in folders}


# What the head of the whole network makes of the features is what the network says.
def test_features_are_what_the_head_sees(trained):
    folder = trained["plain_cnn"]
    encoder = own.own_encoder(folder, (16, 16, 1))
    whole = keras.saving.load_model(folder / "model.keras", compile=False)
    head = next(each for each in whole.layers if isinstance(each, keras.Model)).get_layer("logits")
    features = encoder(IMAGES.astype(np.float32))
    assert features.shape == (5, 16)
    assert folder.parent.name in encoder.name
    np.testing.assert_allclose(keras.ops.softmax(head(features)), whole(IMAGES), atol=1e-5)


def test_the_code_of_an_autoencoder_is_taken_as_it_is(trained):
    folder = trained["autoencoder_features"]
    encoder = own.own_encoder(folder, (16, 16, 1))
    code = keras.saving.load_model(folder / "encoder.keras", compile=False)(IMAGES)
    np.testing.assert_allclose(encoder(IMAGES.astype(np.float32)), code, atol=1e-5)


# Grey shown in colour, and twice as large: the same picture for a network of small grey ones.
def test_images_are_brought_to_its_size_and_colours(trained):
    grey = own.own_encoder(trained["plain_cnn"], (16, 16, 1))
    colour = own.own_encoder(trained["plain_cnn"], (32, 32, 3))
    smooth = np.full((2, 16, 16, 1), [[[[40.0]]], [[[200.0]]]], np.float32)
    large = np.repeat(np.repeat(np.repeat(smooth, 2, 1), 2, 2), 3, 3)
    np.testing.assert_allclose(colour(large), grey(smooth), rtol=1e-3, atol=1e-4)


def test_a_folder_without_a_network_is_refused(tmp_path):
    with pytest.raises(MissingError, match="holds no network that could be an encoder"):
        own.own_encoder(tmp_path, (16, 16, 1))


def test_pixels_are_refused_where_they_would_change_an_id_alone():
    own = {"encoder": "run:" + "a" * 16}
    assert catalog.complete_arguments("finetuned", own) == own | {"pixels": 96}
    with pytest.raises(
        ValueError, match=r"arguments\.pixels: .*sees images as they are: leave it out, not 128"
    ):
        catalog.complete_arguments("finetuned", own | {"pixels": 128})


@pytest.mark.parametrize("encoder", ["run:", "run:xyz", "run:" + "a" * 15, "path:model", "resnet51"])
def test_only_a_whole_id_names_a_trial(encoder):
    with pytest.raises(ValueError, match="encoder"):
        catalog.complete_arguments("pretrained_features", {"encoder": encoder})


def study_of(photographs, encoder: str, **data) -> str:
    arguments = {"encoder": encoder}
    return yaml.safe_dump(
        {
            "name": "tiny",
            "question": "Does what was learnt elsewhere help?",
            "data": {
                "source": f"path:{photographs}",
                "image_size": 20,
                "on_bad": "skip",
                "train": 30,
                "validation": 10,
                "test": 10,
            }
            | data,
            "models": {
                "pretrained_features": {"arguments": arguments},
                "finetuned": {"arguments": arguments, "recipe": {"epochs": 2}},
            },
            "seeds": [1],
            "recipe": {"batch_size": 10, "epochs": 2, "learning_rate": 0.05},
        }
    )


@pytest.fixture
def elsewhere(finished, tmp_path):
    """A place of its own, with the finished study's trials, data and costs."""
    shutil.copytree(finished[0].work, tmp_path / "work")
    return Place(tmp_path / "tiny.yaml", tmp_path / "work", f"sqlite:///{tmp_path / 'mlflow.db'}")


@pytest.mark.slow
def test_both_arms_begin_with_it(trained, elsewhere, photographs):
    encoder = f"run:{trained['plain_cnn'].parent.name}"
    elsewhere.study.write_text(study_of(photographs, encoder))
    done = elsewhere.compare()
    assert done.returncode == 0, done.stderr
    found = {}
    for folder in elsewhere.work.glob("*/trial.json"):
        trial = json.loads(folder.read_text())
        if trial["arguments"].get("encoder") == encoder:
            found[trial["model"]] = folder.parent
    assert {*found} == {"pretrained_features", "finetuned"}
    model = saved.load(found["finetuned"] / "model")
    assert model.predict(np.zeros((1, 20, 20, 3), np.uint8)).sum() == pytest.approx(1)


def test_the_same_images_are_refused_at_another_size_too(trained, elsewhere):
    encoder = f"run:{trained['plain_cnn'].parent.name}"
    for size in (16, 12):
        given = {"source": "digits", "image_size": size, "train": 120, "validation": 60, "test": 100}
        elsewhere.study.write_text(study_of("", encoder, **given))
        done = elsewhere.compare()
        assert done.returncode == 2
        assert "was trained on the same images" in done.stderr and done.stderr.count("error: ") == 1


# The encoder of the encoder has seen the digits: so has the encoder.
@pytest.mark.slow
def test_what_an_encoder_began_with_counts_too(trained, elsewhere, photographs):
    first = trained["plain_cnn"].parent.name
    elsewhere.study.write_text(study_of(photographs, f"run:{first}"))
    assert elsewhere.compare().returncode == 0
    (second,) = (
        each.parent.name
        for each in elsewhere.work.glob("*/trial.json")
        if json.loads(each.read_text())["model"] == "finetuned"
    )
    given = {"source": "digits", "image_size": 20, "train": 120, "validation": 60, "test": 100}
    elsewhere.study.write_text(study_of("", f"run:{second}", **given))
    done = elsewhere.compare()
    assert done.returncode == 2
    assert f"trial {first} was trained on the same images" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["model", "events.jsonl"])
def test_a_trial_that_is_not_whole_is_refused(damage, trained, elsewhere, photographs):
    encoder = trained["plain_cnn"].parent.name
    broken: Path = elsewhere.work / encoder / damage
    shutil.rmtree(broken) if broken.is_dir() else broken.write_text("")
    elsewhere.study.write_text(study_of(photographs, f"run:{encoder}"))
    done = elsewhere.compare()
    assert done.returncode == 2
    assert f"no complete trial {encoder} with a model" in done.stderr and done.stderr.count("error: ") == 1


def test_other_encoders_are_looked_for_nowhere(tmp_path):
    feasible.check_encoders([], tmp_path)
    assert catalog.encoder_trial({"encoder": "resnet50"}) is None
    assert catalog.encoder_trial({}) is None
