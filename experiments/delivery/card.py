"""The card of a delivered model: what it is, what it can do, and where that ends; Markdown."""

from typing import Any, NamedTuple

from experiments import catalog, names
from experiments.studies.specification import Trial


class Measured(NamedTuple):
    """What the delivered file did on the test images.

    right: share of images; images: their number; one, many: ms of a prediction, of an image alone and in a
    batch of 32.
    """

    right: float
    images: int
    one: float
    many: float


def text(
    trial: Trial, facts: dict[str, Any], right: float, images: int, measured: Measured | None, why: str
) -> str:
    """The card.

    facts: of the model's files; right: the share of the test images; measured: from the delivered file, None
    where there is none, and then why.
    """
    network = catalog.CATALOG[trial.model]
    blocks = [
        f"# {network.title}, seed {trial.seed}",
        f"Classifies photographs into {len(facts['classes'])} classes: {', '.join(facts['classes'])}.",
        _how(measured, why),
        "## What it can do",
        _measured(trial, right, images, measured),
        "## How images are prepared",
        _prepared(facts),
        "## What it learnt from",
        _learnt(trial, network),
        "## Where that ends",
        LIMITS,
    ]
    return "\n\n".join(blocks) + "\n"


LIMITS = """- The accuracy is that of this one training on its own test images. What a network like it reaches
  on other images of the same kind, and how much trainings differ, stands in the report of its study.
- It answers with one of its classes, whatever is on a photograph. Its probabilities are not calibrated: the
  report's figure *Reliability* shows how far they can be trusted.
- Photographs from other cameras, places or times than those it learnt from were not tried."""


def _how(measured: Measured | None, why: str) -> str:
    if measured is None:
        return (
            f"There is no file for other programs: {why}. Keras' and scikit-learn's files are beside this "
            "page; `make predict RUN=…` of the repository that trained it reads them."
        )
    return """```sh
pip install numpy pillow ai-edge-litert
python classify.py photograph.jpg
```

`model.tflite` takes uint8 pixels and gives probabilities; `model.json` names classes and sizes. Keras' own
files are beside it."""


def _measured(trial: Trial, right: float, images: int, measured: Measured | None) -> str:
    lines = [f"{right:.1%} of {images:,} test images right, none of which it was trained or chosen on."]
    if measured:
        lines = [
            f"{measured.right:.1%} of {measured.images:,} test images right, measured from `model.tflite`; "
            "none of them it was trained or chosen on.",
            f"{measured.one:.2g} ms a photograph alone, {measured.many:.2g} ms in a batch of 32, on one "
            "core of the machine that wrote this page.",
        ]
    return " ".join([*lines, f"Trial `{trial.id}`, results version {trial.results_version}."])


def _prepared(facts: dict[str, Any]) -> str:
    height, width, channels = facts["input_shape"]
    colours = "grey" if channels == 1 else "red, green, blue"
    lines = ["Turned upright by EXIF; what is transparent becomes white."]
    if facts["image_size"]:
        size = facts["image_size"]
        lines.append(
            f"The short side is scaled to {size} pixels (bilinear), the long one cut about its centre."
        )
    if facts["crop"]:
        where = (
            "the middle" if facts["crops"] == "centre" else "a grid of windows, whose answers are averaged,"
        )
        lines.append(f"Of that {where} of {height}×{width} pixels.")
    lines.append(f"Pixels from 0 to 255, {colours}; whatever normalises them is a part of the model.")
    return " ".join(lines)


def _learnt(trial: Trial, network: catalog.Network) -> str:
    source = (
        f"{trial.train:,} training images; {trial.validation:,} others chose among its epochs or settings."
    )
    if encoder := catalog.encoder_trial(trial.arguments):
        source += (
            f" Before that, its encoder was the network of trial {encoder}, trained on other images, "
            "and knows what that one began with."
        )
    elif network.kind in (names.FROZEN, names.FINETUNED):
        source += (
            " Before that, its encoder learnt from 1.28 million photographs of 1,000 classes (ImageNet), "
            "under the licence of its weights (EfficientNet-Lite0: Apache-2.0)."
        )
    paper = network.paper
    return f"{source} The network is that of {paper.authors} {paper.year}, “{paper.title}”."
