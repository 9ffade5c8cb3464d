"""PyTorch beside the yardstick: ResNet-18 with the small stem, the same batch and threads.

`python -m experiments.bench.pytorch WORK/<trial id>` prints training images/s; needs requirements-bench.txt.
"""

import sys
import time
from pathlib import Path

import torch
from torch import nn

from experiments import names
from experiments.studies.specification import Trial
from experiments.trial import load


class Block(nn.Module):
    """The basic block of He et al. 2015, a projection where the shape changes."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        changes = stride > 1 or inputs != outputs
        self.shortcut = (
            nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
            if changes
            else nn.Identity()
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, inputs, height, width) → (batch, outputs, height / stride, width / stride)."""
        return torch.relu(self.residual(x) + self.shortcut(x))


def resnet18(channels: int, classes: int, width: int) -> nn.Sequential:
    """ResNet-18 with the small stem: 3×3, stride 1, no pool."""
    stem = [nn.Conv2d(channels, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
    blocks, inputs = [], width
    for stage in range(4):
        for stride in (1 if stage == 0 else 2, 1):
            blocks.append(Block(inputs, width * 2**stage, stride))
            inputs = width * 2**stage
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, classes))


def main() -> int:
    """Train one warm-up epoch and the timed ones."""
    folder = Path(sys.argv[1])
    trial = Trial.model_validate_json((folder / names.SPECIFICATION_FILE).read_text())
    recipe = trial.recipe
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(trial.seed)
    data = load.load(trial, folder.parent).training
    images = torch.tensor(data.images).permute(0, 3, 1, 2)
    mean = images.float().mean((0, 2, 3), keepdim=True)
    deviation = images.float().std((0, 2, 3), keepdim=True)
    labels = torch.tensor(data.labels)
    model = resnet18(images.shape[1], data.classes, trial.arguments["width"]).to(
        memory_format=torch.channels_last
    )
    optimizer = torch.optim.SGD(model.parameters(), recipe.learning_rate, recipe.momentum)
    steps = recipe.steps_per_epoch(trial.train)

    def epoch() -> None:
        order = torch.randperm(len(images)).repeat(2)[: steps * recipe.batch_size]
        for batch in order.split(recipe.batch_size):
            inputs = ((images[batch].float() - mean) / deviation).contiguous(
                memory_format=torch.channels_last
            )
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), labels[batch]).backward()
            optimizer.step()

    epoch()
    began = time.perf_counter()
    for _ in range(recipe.epochs):
        epoch()
    print(recipe.epochs * steps * recipe.batch_size / (time.perf_counter() - began))
    return 0


if __name__ == "__main__":
    sys.exit(main())
