"""Residual networks (He et al. 2015) and their plain twins, in keras alone.

Each is a function of input shape and number of classes that builds a keras model of logits.
"""

from resnet.network import (
    resnet18,
    resnet20,
    resnet26,
    resnet32,
    resnet34,
    resnet44,
    resnet50,
    resnet56,
    resnet101,
    resnet110,
    resnet152,
)

# In the order of experiments/catalog.py.
__all__ = [  # noqa: RUF022
    "resnet18",
    "resnet34",
    "resnet26",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnet20",
    "resnet32",
    "resnet44",
    "resnet56",
    "resnet110",
]
