"""A study that runs to be disturbed."""

import signal
import subprocess
from collections.abc import Callable

from tests.support.places import ROOT, Place

FAULTY = """
name: tiny
question: Is nothing lost?
data: {source: digits, image_size: 16, train: 120, validation: 60, test: 100}
models:
  plain_cnn: {arguments: {filters: [4, 8], kernels: [3, 3], dense: 16}}
  dropout:
    model: vgg11
    arguments: {stem: small, width: 8, dense: 32}
    recipe: {optimizer: adam, learning_rate: 0.002}
  autoencoder_features:
    arguments: {filters: [4], code: 8}
    recipe: {optimizer: adam, learning_rate: 0.01}
  pretrained_features: {arguments: {pixels: 32}}
  finetuned:
    arguments: {pixels: 32}
    recipe: {epochs: 4, learning_rate: 0.01}
seeds: [1, 2]
targets: [0.2, 0.99]
recipe: {batch_size: 20, epochs: 40, learning_rate: 0.05, flip: true, shift: 1}
"""


def start(place: Place, log, before: Callable[[], None] = lambda: None) -> subprocess.Popen:
    """The study, with a checkpoint after each epoch; `before` is done first in its process."""

    def prepare() -> None:
        # A process that was started in the background ignores Ctrl-C, and so would its children.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        before()

    command = place.command("--workers", "2", "--checkpoint-seconds", "0")
    return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, preexec_fn=prepare)


def epochs_told(place: Place) -> int:
    """By all trials so far."""
    return sum(log.read_text().count('"epoch"') for log in place.work.glob("*/events.jsonl"))
