"""The head that AlexNet, ZFNet and VGG share: two hidden dense layers with dropout, and the logits."""

from functools import partial

from keras import KerasTensor, layers

layer = partial(layers.Dense, kernel_initializer="he_normal")


def dense_head(x: KerasTensor, neurons: int, classes: int) -> KerasTensor:
    """From maps (batch, height, width, channels) to float32 logits (batch, classes)."""
    x = layers.Flatten(name="flatten")(x)
    for index in (1, 2):
        x = layer(neurons, activation="relu", name=f"dense{index}")(x)
        x = layers.Dropout(0.5, name=f"dense{index}_dropout")(x)
    # float32 whatever the policy: under mixed precision a loss of float16 logits loses digits.
    return layer(classes, dtype="float32", name="logits")(x)
