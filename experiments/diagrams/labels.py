"""The words of structure pictures: a layer, an amount, and the notes below."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

import keras
from keras import layers

StepKind = Literal["conv", "dense", "pool", "other", "small"]


class Step(NamedTuple):
    """One layer as it is drawn: `3×3 conv` over `64, /2`, where /2 is the stride."""

    kind: StepKind
    title: str
    detail: str


def amount(number: float) -> str:
    """`11.7 M`: three digits, and k, M or G."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= 0.9995 * size:
            value = number / size
            return f"{value:.{0 if value >= 99.95 else 1 if value >= 9.995 else 2}f} {unit}"
    return f"{number:.0f}"


def step(layer: keras.Layer) -> Step | None:
    """How a layer is drawn; None for one that is not: normalisation, activation, padding, reshaping."""
    match layer:
        case layers.Conv2D():
            return Step("conv", f"{_size(layer.kernel_size)} conv", f"{layer.filters}{_stride(layer)}")
        case layers.Dense():
            last = layer.name.rpartition("_")[2]  # auxiliary1_logits → logits
            return Step("dense", last if last in ("logits", "code") else "dense", f"{layer.units}")
        case layers.MaxPooling2D() | layers.AveragePooling2D():
            kind = "max" if isinstance(layer, layers.MaxPooling2D) else "avg"
            return Step("pool", f"{kind} pool", f"{_size(layer.pool_size)}{_stride(layer)}")
        case layers.GlobalAveragePooling2D():
            return Step("pool", "avg pool", "global")
        case layers.UpSampling2D():
            return Step("pool", "upsample", f"×{layer.size[0]}")
        case layers.Dropout():
            return Step("small", "dropout", f"{layer.rate:g}")
    if "ResponseNormalization" in type(layer).__name__:
        return Step("small", "LRN", "")
    if layer.trainable_variables and not isinstance(layer, layers.BatchNormalization):
        return Step("other", type(layer).__name__, f"{layer.output.shape[-1]}")
    return None


def _size(size: tuple[int, int]) -> str:
    return "×".join(map(str, size))


def _stride(layer: keras.Layer) -> str:
    return f", /{layer.strides[0]}" if layer.strides[0] > 1 else ""


def steps(group: Iterable[keras.Layer]) -> tuple[Step, ...]:
    """The steps of the layers that are drawn."""
    return tuple(found for layer in group if (found := step(layer)))


def notes(network: keras.Model, heads: bool) -> tuple[str, ...]:
    """What follows each convolution, and what abbreviations mean; `heads`: some stand beside the main one."""
    kinds = {type(layer) for layer in network.layers}
    texts = []
    activation = _activation(network)
    if activation:
        first = "batch normalisation and " if layers.BatchNormalization in kinds else ""
        but = ", but for the last" if _is_convolution(network, network.outputs[0]) else ""
        texts.append(f"each convolution is followed by {first}{activation}{but}")
    if layers.Add in kinds:
        texts.append("the last ReLU of a block comes after the addition")
    if any("ResponseNormalization" in kind.__name__ for kind in kinds):
        texts.append("LRN: local response normalisation")
    if heads:
        texts.append("auxiliary heads: for training only, counted in the totals")
    return tuple(texts)


def _is_convolution(network: keras.Model, output: keras.KerasTensor) -> bool:
    return any(layer.output is output for layer in network.layers if isinstance(layer, layers.Conv2D))


def _activation(network: keras.Model) -> str:
    names = {
        layer.activation.__name__
        for layer in network.layers
        if isinstance(layer, layers.Conv2D) and layer.activation.__name__ != "linear"
    }
    if any(isinstance(layer, layers.ReLU) for layer in network.layers):
        names.add("relu")
    return " and ".join("ReLU" if name == "relu" else name for name in sorted(names))
