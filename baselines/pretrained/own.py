"""A network that was trained here, on other images, as an encoder: its head removed."""

import hashlib
from pathlib import Path

import keras
from keras import KerasTensor, layers, ops

from baselines.arguments import check_shape
from baselines.pretrained.efficientnet_lite import MissingError

NETWORK, ENCODER = "model.keras", "encoder.keras"
HEAD = "logits"  # the layer that every network of labels ends in
LUMINANCE = (0.299, 0.587, 0.114)  # of red, green and blue (ITU-R BT.601)


def own_encoder(model: Path, input_shape: tuple[int, int, int]) -> keras.Model:
    """Pixels 0 to 255 (batch, *input_shape) → float32 features (batch, n), what the head of a network sees.

    model: the folder of a saved model. Of a network of labels the features are the input of its logits, of
    learnt features (the code of an autoencoder) themselves. Images are brought to the size and the colours
    that it was trained at. The name of the encoder has the run, a digest of its file (on another machine the
    same run may have other last bits) and its size. ValueError below one pixel.

    Raises:
        MissingError: the folder holds no network, such as that of a classifier of raw pixels.
    """
    check_shape(input_shape, 1)
    file = next((model / name for name in (NETWORK, ENCODER) if (model / name).is_file()), None)
    if file is None:
        raise MissingError(f"{model} holds no network that could be an encoder")
    whole = keras.saving.load_model(file, compile=False, safe_mode=True)
    height, width, channels = whole.input_shape[1:]
    x = images = keras.Input(input_shape, name="images")
    x = _in_colours(x, input_shape[2], channels)
    if input_shape[:2] != (height, width):
        # Smoothed where it shrinks: else single pixels of the larger image would stand for many.
        x = ops.image.resize(x, (height, width), interpolation="bilinear", antialias=True)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
    name = f"run_{model.parent.name}_{digest}_at_{height}x{width}"
    return keras.Model(images, _headless(whole)(x), name=name)


def _headless(whole: keras.Model) -> keras.Model:
    """From pixels of its own size, as numbers, to its features; whole: from uint8 images to probabilities."""
    pixels = keras.Input(whole.input_shape[1:], name="pixels")
    x = pixels
    for layer in whole.layers[1:]:
        if isinstance(layer, keras.Model) and any(each.name == HEAD for each in layer.layers):
            features = keras.Model(layer.input, layer.get_layer(HEAD).input, name=layer.name)
            return keras.Model(pixels, features(x), name="own")
        x = layer(x)
    return keras.Model(pixels, layers.Flatten(name="features")(x), name="own")


def _in_colours(x: KerasTensor, given: int, wanted: int) -> KerasTensor:
    if given == wanted:
        return x
    if wanted == 3:
        return layers.Concatenate(name="colours")([x, x, x])
    return sum(x[..., channel : channel + 1] * share for channel, share in enumerate(LUMINANCE))
