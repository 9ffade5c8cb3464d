"""The autoencoder gives images back, its encoder is its first half, and the classifiers classify."""

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from baselines.autoencoder import autoencoder_features


# 28×28×1 → 14×14×16 → 7×7×32 = 1,568 → 64 and back:
#   encoder   9·1·16 + 16 = 160,  9·16·32 + 32 = 4,640,  1,568·64 + 64 = 100,416        = 105,216
#   decoder   64·1,568 + 1,568 = 101,920,  9·32·16 + 16 = 4,624,  9·16·1 + 1 = 145      = 106,689
def test_default_counts():
    model = autoencoder_features((28, 28, 1), 10)
    assert model.encoder.count_params() == 105_216
    assert model.autoencoder.count_params() == 105_216 + 106_689


@pytest.mark.parametrize("shape", [(16, 16, 1), (28, 28, 1), (45, 45, 3), (45, 33, 3)])
@pytest.mark.parametrize("filters", [(4,), (4, 8), (4, 8, 8)])
def test_reconstruction_has_the_shape_of_the_image(shape, filters):
    model = autoencoder_features(shape, 10, filters=filters, code=5)
    images = np.random.default_rng(0).normal(size=(2, *shape)).astype("float32")
    assert model.autoencoder(images).shape == (2, *shape)
    assert model.encoder(images).shape == (2, 5)


def test_outputs_are_linear():
    model = autoencoder_features((28, 28, 1), 10)
    assert model.autoencoder.get_layer("reconstruction").activation is keras.activations.linear
    assert model.encoder.get_layer("code").activation is keras.activations.linear


def test_training_the_autoencoder_trains_the_encoder():
    keras.utils.set_random_seed(0)
    model = autoencoder_features((16, 16, 1), 10, filters=(4, 8), code=8)
    images = np.random.default_rng(0).normal(size=(64, 16, 16, 1)).astype("float32")
    before = np.array(model.encoder(images))

    model.autoencoder.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", run_eagerly=True)
    losses = model.autoencoder.fit(images, images, epochs=3, verbose=0).history["loss"]

    assert losses[-1] < losses[0]
    assert not np.allclose(model.encoder(images), before)
    shared = {id(weight) for weight in model.autoencoder.weights}
    assert all(id(weight) in shared for weight in model.encoder.weights)


@pytest.mark.parametrize("kind", ["logistic", "svm"])
def test_classifier_reads_digits_and_repeats_itself(kind):
    pixels, digits = load_digits(return_X_y=True)

    def probabilities():
        model = autoencoder_features((16, 16, 1), 10, filters=(4,), code=2, classifier=kind)
        return model.classifier.fit(pixels[:1000], digits[:1000]).predict_proba(pixels[1000:])

    first = probabilities()
    assert first.shape == (797, 10)
    np.testing.assert_allclose(first.sum(axis=1), 1)
    assert (first.argmax(axis=1) == digits[1000:]).mean() > 0.9
    np.testing.assert_array_equal(probabilities(), first)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: autoencoder_features((28, 28), 10), "(height, width, channels) from 1×1 up, not (28, 28)"),
        (lambda: autoencoder_features((28, 28, 1), 10, classifier="tree"), "or 'knn', not 'tree'"),
    ],
)
def test_wrong_arguments_are_named_in_one_line(build, message):
    with pytest.raises(ValueError) as error:
        build()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("part", ["autoencoder", "encoder"])
def test_saved_parts_load_in_safe_mode(part, tmp_path):
    model = getattr(autoencoder_features((45, 33, 3), 10), part)
    images = np.random.default_rng(0).normal(size=(2, 45, 33, 3)).astype("float32")
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded(images), model(images))
