"""The size of gradients and activations along the depth of a network, stage by stage, once an epoch.

Gradients are seen where the optimizer receives them, so nothing is computed twice. A stage is what a layer's
name begins with: `stage2_block1_conv1` belongs to `stage2`, `stem_conv` to `stem`.
"""

import keras
import numpy as np
from keras import ops

from experiments import names
from experiments.trial import pipeline

PROBED_IMAGES = 128


def stage_of(layer: str) -> str:
    """The stage of a layer's name."""
    return layer.partition("_")[0]


class Watched(keras.optimizers.Optimizer):
    """An optimizer that adds up squared gradient norms by stage; its updates are the same to the bit."""

    def build(self, variables: list[keras.Variable]) -> None:
        """Make the sums, one a stage, in the order of the network."""
        of_each = [stage_of(variable.path.split("/")[-2]) for variable in variables]
        self._stages = list(dict.fromkeys(of_each))
        self._stage_index = np.array([self._stages.index(stage) for stage in of_each])
        super().build(variables)
        with keras.name_scope(self.name):
            self._squares = self.add_variable((len(self._stages),), name="squared_gradient_norms")

    def apply(self, grads: list, trainable_variables: list | None = None) -> None:
        """Add the squared norms of this step, then update."""
        if trainable_variables is not None and not self.built:
            self.build(trainable_variables)
        norms = ops.stack([ops.sum(ops.square(gradient)) for gradient in grads])
        self._squares.assign_add(ops.segment_sum(norms, self._stage_index, num_segments=len(self._stages)))
        super().apply(grads, trainable_variables)

    def gradient_norms(self, steps: int) -> dict[str, float]:
        """By metric name: the L2 norm of each stage's gradient, root mean square over the steps summed up."""
        squares = np.asarray(self._squares) / steps
        return {
            f"{names.GRADIENT_NORM}/{stage}": float(np.sqrt(square))
            for stage, square in zip(self._stages, squares, strict=True)
        }

    def reset_gradient_norms(self) -> None:
        """Begin the sums anew, as each epoch does."""
        self._squares.assign(np.zeros(len(self._stages), "float32"))


class WatchedSGD(Watched, keras.optimizers.SGD):
    """SGD, watched."""


class WatchedAdam(Watched, keras.optimizers.Adam):
    """Adam, watched."""


class Activations:
    """The spread of each stage's last weighted layer on a few fixed images, in inference mode.

    In a residual stage that is its last branch, before the addition.
    """

    def __init__(self, network: keras.Model, images: np.ndarray) -> None:
        """Images: normalised float (n, height, width, channels); the first ones are used."""
        last = {stage_of(layer.name): layer.output for layer in network.layers if layer.weights}
        self._stages = list(last)
        self._probe = keras.Model(network.input, list(last.values()))
        self._outputs = pipeline.Outputs(self._probe)
        self._images = images[:PROBED_IMAGES]

    def spreads(self) -> dict[str, float]:
        """Standard deviation over images, positions and channels of the stage's last weighted layer."""
        outputs = self._outputs(self._images)
        return {
            f"{names.ACTIVATION_STD}/{stage}": float(np.std(output, dtype=np.float64))
            for stage, output in zip(self._stages, outputs, strict=True)
        }
