"""The words of structure pictures: what stands for a layer, and the notes below."""

from collections.abc import Iterable

import keras
from keras import layers

from experiments.logs.network import Step
from experiments.trial.anatomy import graph


def step(layer: keras.Layer) -> Step | None:
    """How a layer is drawn; None for one that is not: normalisation, activation, padding, reshaping."""
    match layer:
        case keras.Model():  # one box: what an encoder has learnt elsewhere is not what is compared here
            deep = graph.depth(layer)
            return Step("other", layer.name, f"{deep} layers", layers=deep)
        case layers.Conv2D():
            title, detail = f"{_size(layer.kernel_size)} conv", f"{layer.filters}{_stride(layer)}"
            return Step("conv", title, detail, layers=1)
        case layers.Dense():
            last = layer.name.rpartition("_")[2]  # auxiliary1_logits → logits
            return Step("dense", last if last in ("logits", "code") else "dense", f"{layer.units}", layers=1)
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
