"""PyTorch's training as a way to be timed: the same networks, batch, threads and precision.

    python -m experiments.bench.pytorch NETWORK PRECISION

Channels last, which is its fast layout on processors; bfloat16 by its autocast. Needs requirements-bench.txt.
"""

import sys
import time
from collections.abc import Callable

import torch
from torch import nn

from experiments.bench import standing
from experiments.bench.networks import CLASSES, NETWORKS, Timed


def conv_norm(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """A convolution without bias, normalised."""
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


class Zeros(nn.Module):
    """Option A: every second pixel, and zeros as new channels."""

    def __init__(self, more: int, stride: int) -> None:
        super().__init__()
        self._more, self._stride = more, stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, inputs, height, width) → (batch, inputs + more, height / stride, width / stride)."""
        return nn.functional.pad(x[:, :, :: self._stride, :: self._stride], (0, 0, 0, 0, 0, self._more))


class Block(nn.Module):
    """A basic or bottleneck block of He et al. 2015."""

    def __init__(self, inputs: int, filters: int, stride: int, *, bottleneck: bool, zeros: bool) -> None:
        super().__init__()
        outputs = 4 * filters if bottleneck else filters
        if bottleneck:
            parts = [
                conv_norm(inputs, filters, 1, stride),
                nn.ReLU(inplace=True),
                conv_norm(filters, filters, 3),
                nn.ReLU(inplace=True),
                conv_norm(filters, outputs, 1),
            ]
        else:
            parts = [
                conv_norm(inputs, filters, 3, stride),
                nn.ReLU(inplace=True),
                conv_norm(filters, filters, 3),
            ]
        self.residual = nn.Sequential(*parts)
        changes = stride > 1 or inputs != outputs
        projection = Zeros(outputs - inputs, stride) if zeros else conv_norm(inputs, outputs, 1, stride)
        self.shortcut = projection if changes else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, inputs, height, width) → (batch, outputs, height / stride, width / stride)."""
        return torch.relu(self.residual(x) + self.shortcut(x))


def residual(
    channels: int, stages: tuple[int, ...], width: int, *, small: bool, bottleneck: bool, zeros: bool
) -> nn.Sequential:
    """Stem, stages, mean over pixels, logits."""
    stem = [conv_norm(channels, width, *((3, 1) if small else (7, 2))), nn.ReLU(inplace=True)]
    if not small:
        stem.append(nn.MaxPool2d(3, 2, 1))
    blocks, inputs = [], width
    for stage, count in enumerate(stages):
        filters = width * 2**stage
        for index in range(count):
            stride = 2 if stage and not index else 1
            blocks.append(Block(inputs, filters, stride, bottleneck=bottleneck, zeros=zeros))
            inputs = 4 * filters if bottleneck else filters
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, CLASSES))


def plain_cnn(channels: int, size: int) -> nn.Sequential:
    """Three times convolution, ReLU and max pool, then two dense layers."""
    parts, inputs = [], channels
    for filters in (32, 64, 128):
        parts += [nn.Conv2d(inputs, filters, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2)]
        inputs, size = filters, size // 2
    dense = [nn.Linear(inputs * size * size, 128), nn.ReLU(inplace=True), nn.Linear(128, CLASSES)]
    return nn.Sequential(*parts, nn.Flatten(), *dense)


def build(timed: Timed) -> nn.Sequential:
    """The network of this name."""
    size, _, channels = timed.shape
    residual_networks: dict[str, Callable[[], nn.Sequential]] = {
        "resnet18": lambda: residual(
            channels,
            (2, 2, 2, 2),
            timed.arguments.get("width", 64),
            small=True,
            bottleneck=False,
            zeros=False,
        ),
        "resnet20": lambda: residual(channels, (3, 3, 3), 16, small=True, bottleneck=False, zeros=True),
        "resnet50": lambda: residual(channels, (3, 4, 6, 3), 64, small=False, bottleneck=True, zeros=False),
    }
    return residual_networks.get(timed.model, lambda: plain_cnn(channels, size))()


def main() -> int:
    """Train as many steps a round."""
    timed, precision = NETWORKS[sys.argv[1]], sys.argv[2]
    recipe = timed.recipe(precision, rounds=1)
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(0)
    data = timed.data()
    images = torch.tensor(data.images).permute(0, 3, 1, 2)
    mean = images.float().mean((0, 2, 3), keepdim=True)
    deviation = images.float().std((0, 2, 3), keepdim=True)
    labels = torch.tensor(data.labels)
    model = build(timed).to(memory_format=torch.channels_last)
    if sys.argv[3:] == ["parameters"]:
        print(sum(each.numel() for each in model.parameters() if each.requires_grad))
        return 0
    optimizer = torch.optim.SGD(
        model.parameters(), recipe.learning_rate, recipe.momentum, weight_decay=recipe.weight_decay
    )

    def round_() -> float:
        order = torch.randperm(len(images))[: timed.steps * timed.batch]
        began = time.perf_counter()
        for batch in order.split(timed.batch):
            inputs = (images[batch].float() - mean) / deviation
            inputs = inputs.contiguous(memory_format=torch.channels_last)
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
                outputs = model(inputs)
            nn.functional.cross_entropy(outputs.float(), labels[batch]).backward()
            optimizer.step()
        return timed.steps * timed.batch / (time.perf_counter() - began)

    standing.rounds_of(round_)
    return 0


if __name__ == "__main__":
    sys.exit(main())
