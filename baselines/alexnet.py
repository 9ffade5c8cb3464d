"""AlexNet (Krizhevsky et al. 2012, "ImageNet Classification with Deep Convolutional …", figure 2).

    alexnet((227, 227, 3), classes=1000)                        # a keras.Model, images to logits
    alexnet((32, 32, 3), classes=10, stem="small", width=32, dense=256)

Two towers of convolutions, each half of the filters: the paper's two GPUs. They see each other's maps in
layer 3 and in the dense layers only. They are two convolutions a layer here, not one with two groups, which
takes 17 times as long on a CPU.

Departures: 227×227 images, with which the paper's own map sizes come out (it says 224×224). He-normal
weights and zero biases, as in every network here with ReLU, not a deviation of 0.01 and biases of one. The
dense layers are whole: half of their neurons on either side would compute the same.
"""

from functools import partial
from typing import NamedTuple

import keras
from keras import KerasTensor, layers

from baselines.arguments import Stem, check_choice, check_shape, in_proportion
from baselines.dense_head import dense_head
from baselines.local_response import LocalResponseNormalization

WIDTH = 96
LEAST = {"imagenet": 67, "small": 7}  # pixels that leave one behind the last pool


class Row(NamedTuple):
    """One layer of convolutions; `filters` counts both towers."""

    kernel: int
    filters: int
    stride: int = 1
    crosses: bool = False  # either tower sees the maps of both
    norm: bool = False
    pool: bool = False


STEMS = {
    "imagenet": Row(11, 96, stride=4, norm=True, pool=True),
    "small": Row(3, 96, norm=True),
}
ROWS = (
    Row(5, 256, norm=True, pool=True),
    Row(3, 384, crosses=True),
    Row(3, 384),
    Row(3, 256, pool=True),
)

conv = partial(layers.Conv2D, activation="relu", kernel_initializer="he_normal")


@keras.saving.register_keras_serializable(package="baselines")
class OnDevice(layers.Wrapper):
    """A layer whose weights and forward pass are on `device`, such as "gpu:1".

    A device scope around building a network places nothing: its layers are called again when it runs.
    Tensorflow does not carry the scope over to the backward pass, which runs on the first device.
    """

    def __init__(self, layer: layers.Layer, device: str, **kwargs: object) -> None:
        super().__init__(layer, **kwargs)
        self.device = device

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the layer's weights on the device."""
        with keras.device(self.device):
            super().build(input_shape)

    def call(self, x: KerasTensor) -> KerasTensor:
        """Run the layer on the device."""
        with keras.device(self.device):
            return self.layer(x)

    def get_config(self) -> dict[str, object]:
        """The layer and its device."""
        return {**super().get_config(), "device": self.device}

    @classmethod
    def from_config(cls, config: dict[str, object], custom_objects: dict | None = None) -> "OnDevice":
        """Read a saved layer, whose weights are created while it is read."""
        with keras.device(config["device"]):
            return super().from_config(config, custom_objects)


def alexnet(
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    stem: Stem = "imagenet",
    width: int = WIDTH,
    dense: int = 4096,
    devices: tuple[str, str] | None = None,
) -> keras.Model:
    """From float images (batch, *input_shape), normalised by the caller, to float32 logits (batch, classes).

    The small stem is 3×3 at stride 1 without its pool: 28×28 images leave the paper's 6×6 maps. `width` is
    the filters of the first layer, both towers, the other layers in proportion; `dense` the neurons of the
    two hidden dense layers. `devices` places either tower on one, such as ("gpu:0", "gpu:1"), with the same
    weights in the same order as without.
    ValueError if `input_shape` is not (height, width, channels) from 67×67 up (small stem: 7×7), for an
    unknown `stem`, an odd `width`, or a device that is not there.
    """
    check_choice("stem", stem, Stem)
    check_shape(input_shape, LEAST[stem])
    if width % 2:
        raise ValueError(f"width must be even, half of it in either tower, not {width}")
    for device in devices or ():
        known = keras.distribution.list_devices(device.split(":")[0])
        if device not in known:
            raise ValueError(f"there is no device {device!r}, only {', '.join(known) or 'none of its type'}")

    images = keras.Input(input_shape, name="images")
    towers = [images, images]
    for index, row in enumerate((STEMS[stem], *ROWS), start=1):
        if row.crosses:
            towers = [layers.Concatenate(name=f"conv{index}_maps")(towers)] * 2
        for tower in (0, 1):
            filters = in_proportion(row.filters // 2, width, WIDTH)
            for layer in _layers(row, filters, f"conv{index}_tower{tower + 1}"):
                if devices:
                    layer = OnDevice(layer, devices[tower], name=layer.name)
                towers[tower] = layer(towers[tower])
    x = layers.Concatenate(name="maps")(towers)
    logits = dense_head(x, dense, classes)
    return keras.Model(images, logits, name="alexnet")


def _layers(row: Row, filters: int, name: str) -> list[layers.Layer]:
    """One tower's part of one row, in order: convolution with ReLU, normalisation, overlapping max pool."""
    padding = "same" if row.stride == 1 else "valid"
    tower = [conv(filters, row.kernel, strides=row.stride, padding=padding, name=name)]
    if row.norm:
        tower.append(LocalResponseNormalization(name=f"{name}_norm"))
    if row.pool:
        tower.append(layers.MaxPooling2D(3, strides=2, name=f"{name}_pool"))
    return tower
