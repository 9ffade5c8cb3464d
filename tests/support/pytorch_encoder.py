"""EfficientNet-Lite0 as PyTorch computes it, from its own reader of the published file; a process of its own.

    python tests/support/pytorch_encoder.py WEIGHTS IMAGES.npy FEATURES.npy

images: float32 (n, height, width, 3), pixels 0 to 255.
"""

import sys

import numpy as np
import torch
from torch.nn import functional

# Kernel, stride, expansion, blocks of each stage, as published.
STAGES = ((3, 1, 1, 1), (3, 2, 6, 2), (5, 2, 6, 2), (3, 2, 6, 3), (5, 1, 6, 3), (5, 2, 6, 4), (3, 1, 6, 1))


def convolved(x: torch.Tensor, weight: torch.Tensor, stride: int = 1, groups: int = 1) -> torch.Tensor:
    """A convolution with TensorFlow's padding: what is odd goes to the right and below."""
    sides = []
    for size, kernel in zip(x.shape[:1:-1], weight.shape[:1:-1], strict=True):
        padding = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        sides += [padding // 2, padding - padding // 2]
    return functional.conv2d(functional.pad(x, sides), weight, stride=stride, groups=groups)


def normalised(x: torch.Tensor, state: dict[str, torch.Tensor], name: str) -> torch.Tensor:
    mean, variance, weight, bias = (
        state[f"{name}.{each}"] for each in ("running_mean", "running_var", "weight", "bias")
    )
    return functional.batch_norm(x, mean, variance, weight, bias, eps=1e-3)


def features(x: torch.Tensor, state: dict[str, torch.Tensor]) -> torch.Tensor:
    """Images (n, 3, height, width), already (pixel − 127) / 128, to (n, 1280)."""
    x = functional.relu6(normalised(convolved(x, state["_conv_stem.weight"], 2), state, "_bn0"))
    number = 0
    for _, first, expansion, blocks in STAGES:
        for block in range(blocks):
            of, before, stride = f"_blocks.{number}.", x, 1 if block else first
            if expansion > 1:
                x = convolved(x, state[f"{of}_expand_conv.weight"])
                x = functional.relu6(normalised(x, state, f"{of}_bn0"))
            x = convolved(x, state[f"{of}_depthwise_conv.weight"], stride, x.shape[1])
            x = functional.relu6(normalised(x, state, f"{of}_bn1"))
            x = normalised(convolved(x, state[f"{of}_project_conv.weight"]), state, f"{of}_bn2")
            x = x + before if x.shape == before.shape else x
            number += 1
    x = functional.relu6(normalised(convolved(x, state["_conv_head.weight"]), state, "_bn1"))
    return x.mean(dim=(2, 3))


def main() -> None:
    weights, images, to = sys.argv[1:]
    state = torch.load(weights, weights_only=True)
    pixels = torch.from_numpy(np.load(images)).permute(0, 3, 1, 2)
    with torch.no_grad():
        np.save(to, features((pixels - 127) / 128, state).numpy())


if __name__ == "__main__":
    main()
