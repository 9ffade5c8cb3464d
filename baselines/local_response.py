"""Local response normalisation (Krizhevsky et al. 2012, section 3.3), which Keras has no layer for.

A saved network that has the layer loads in safe mode once this module is imported: the import registers it.
"""

import keras
import numpy as np
from keras import KerasTensor, layers, ops


@keras.saving.register_keras_serializable(package="baselines")
class LocalResponseNormalization(layers.Layer):
    """Divide every channel by a norm of its neighbours: a / (k + alpha · Σ a²) ** beta, channels last.

    The sum goes over the `size` channels around each, fewer at the two ends. As in the paper, `alpha` is not
    divided by `size` (Caffe and PyTorch do), and `k` is above 0. ValueError if `size` is not odd.
    """

    def __init__(
        self,
        size: int = 5,
        k: float = 2.0,
        alpha: float = 1e-4,
        beta: float = 0.75,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        if size % 2 == 0:
            raise ValueError(f"size must be odd, a channel and as many on either side, not {size}")
        self.size, self.k, self.alpha, self.beta = size, k, alpha, beta

    def call(self, x: KerasTensor) -> KerasTensor:
        """From (…, channels) to the same shape and type; the sum is float32 whatever the policy."""
        # A matrix product adds the neighbours, and the power is an exponential of a logarithm: on a CPU with
        # oneDNN an eighth of the time that slices of the channels and a power take.
        channel = np.arange(x.shape[-1])
        neighbours = np.abs(channel[:, None] - channel) <= self.size // 2
        a = ops.cast(x, "float32")
        total = ops.matmul(ops.square(a), neighbours.astype("float32"))
        return ops.cast(a * ops.exp(-self.beta * ops.log(self.k + self.alpha * total)), x.dtype)

    def get_config(self) -> dict[str, object]:
        """The four constants, beside what every layer has."""
        constants = {"size": self.size, "k": self.k, "alpha": self.alpha, "beta": self.beta}
        return {**super().get_config(), **constants}
