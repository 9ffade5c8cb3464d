"""Every network that a study can name, in the order that tables use.

The only module of `experiments` that knows `resnet` and `baselines`, and it imports them only when a
trial builds a network: planning a study loads neither keras nor tensorflow. A new network is one row
here (docs/add-a-network.md).
"""

import difflib
import importlib
from collections.abc import Iterable
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from experiments.errors import UserError

Stem = Literal["imagenet", "small"]
Classifier = Literal["logistic", "svm", "random_forest", "knn"]


class Arguments(BaseModel):
    """The arguments of a network beyond its input shape and number of classes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BasicResNet(Arguments):
    """ResNet-18 and 34."""

    stem: Stem = "imagenet"
    width: PositiveInt = 64
    shortcuts: bool = True
    batch_norm: bool = True


class EqualDepthResNet(BasicResNet):
    """26 layers of either block."""

    block: Literal["basic", "bottleneck"] = "basic"


class BottleneckResNet(BasicResNet):
    """ResNet-50, 101 and 152."""

    stride_on: Literal["1x1", "3x3"] = "1x1"


class CifarResNet(Arguments):
    """The 6n+2 family for 32×32 images."""

    shortcuts: bool = True
    batch_norm: bool = True


Counts = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]


class PlainCNN(Arguments):
    """Convolution, pooling, dense."""

    filters: Counts = (32, 64, 128)
    kernels: Counts = (3, 3, 3)
    dense: PositiveInt = 128


class LeNet(Arguments):
    """LeNet-5."""

    width: PositiveInt = 6


class AlexNet(Arguments):
    """AlexNet and ZFNet; `dense` is the width of the two layers before the logits."""

    stem: Stem = "imagenet"
    width: PositiveInt = 96
    dense: PositiveInt = 4096


class VGG(Arguments):
    """VGG-11 to 19."""

    stem: Stem = "imagenet"
    width: PositiveInt = 64
    dense: PositiveInt = 4096


class GoogLeNet(Arguments):
    """GoogLeNet; its auxiliary heads are trained beside the main one."""

    stem: Stem = "imagenet"
    width: PositiveInt = 64
    auxiliary: bool = True


class AutoencoderFeatures(Arguments):
    """The code of a convolutional autoencoder, then a scikit-learn classifier."""

    filters: Counts = (16, 32)
    code: PositiveInt = 64
    classifier: Classifier = "logistic"


class RawPixels(Arguments):
    """A scikit-learn classifier of the pixels themselves."""

    classifier: Classifier = "logistic"


class PrincipalComponents(RawPixels):
    """A scikit-learn classifier of the pixels' first principal components."""

    components: PositiveInt = 64


class Entry(NamedTuple):
    """One network: where its builder and its learner stand, and which arguments it takes."""

    builder: str
    arguments: type[Arguments]
    learner: str = "experiments.trial.learners:KerasLearner"


FEATURES = "experiments.trial.features:FeatureLearner"
PIPELINE = "experiments.trial.features:PipelineLearner"
CATALOG = {
    "plain_cnn": Entry("baselines.plain_cnn:plain_cnn", PlainCNN),
    "autoencoder_features": Entry(
        "baselines.autoencoder:autoencoder_features", AutoencoderFeatures, FEATURES
    ),
    "raw_pixels": Entry("baselines.classifiers:raw_pixels", RawPixels, PIPELINE),
    "pca": Entry("baselines.classifiers:pca", PrincipalComponents, PIPELINE),
    "lenet5": Entry("baselines.lenet:lenet5", LeNet),
    "alexnet": Entry("baselines.alexnet:alexnet", AlexNet),
    "zfnet": Entry("baselines.zfnet:zfnet", AlexNet),
    "vgg11": Entry("baselines.vgg:vgg11", VGG),
    "vgg13": Entry("baselines.vgg:vgg13", VGG),
    "vgg16": Entry("baselines.vgg:vgg16", VGG),
    "vgg19": Entry("baselines.vgg:vgg19", VGG),
    "googlenet": Entry("baselines.googlenet:googlenet", GoogLeNet),
    "resnet18": Entry("resnet.network:resnet18", BasicResNet),
    "resnet34": Entry("resnet.network:resnet34", BasicResNet),
    "resnet26": Entry("resnet.network:resnet26", EqualDepthResNet),
    "resnet50": Entry("resnet.network:resnet50", BottleneckResNet),
    "resnet101": Entry("resnet.network:resnet101", BottleneckResNet),
    "resnet152": Entry("resnet.network:resnet152", BottleneckResNet),
    "resnet20": Entry("resnet.network:resnet20", CifarResNet),
    "resnet32": Entry("resnet.network:resnet32", CifarResNet),
    "resnet44": Entry("resnet.network:resnet44", CifarResNet),
    "resnet56": Entry("resnet.network:resnet56", CifarResNet),
    "resnet110": Entry("resnet.network:resnet110", CifarResNet),
}


def complete_arguments(model: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments with their defaults, as JSON values.

    Raises:
        ValueError: an unknown model or argument, or a value of the wrong type; lists the valid ones.
    """
    if model not in CATALOG:
        close = difflib.get_close_matches(model, CATALOG, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise ValueError(f"unknown model {model!r}; {hint}choose from: {', '.join(CATALOG)}")
    kind = CATALOG[model].arguments
    try:
        return kind.model_validate(arguments).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            choices = ", ".join(kind.model_fields)
            raise ValueError(
                f"arguments.{field}: unknown argument of {model}; choose from: {choices}"
            ) from None
        raise ValueError(f"arguments.{field}: {first['msg']}, not {first['input']!r}") from None


def departures(model: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments that differ from their defaults, as JSON values."""
    given = CATALOG[model].arguments.model_validate(arguments)
    return given.model_dump(mode="json", exclude_defaults=True)


def build(model: str, input_shape: tuple[int, int, int], classes: int, arguments: dict[str, Any]) -> Any:  # noqa: ANN401
    """What the builder of the model returns: a keras model of logits, or the parts of a feature model."""
    entry = CATALOG[model]
    return resolve(entry.builder)(
        input_shape, classes, **entry.arguments.model_validate(arguments).model_dump()
    )


def import_layers(model: str) -> None:
    """Make the layers of the model's own known to keras, which refuses to load what it does not know."""
    importlib.import_module(CATALOG[model].builder.partition(":")[0])


def learner(model: str) -> Any:  # noqa: ANN401
    """The learner class that trains what the builder returns."""
    return resolve(CATALOG[model].learner)


def resolve(dotted: str) -> Any:  # noqa: ANN401
    """What `module:name` stands for."""
    module, name = dotted.split(":")
    return getattr(importlib.import_module(module), name)


SMALL_STEM_BELOW = 64  # pixels: the ImageNet stem leaves a quarter of height and width


def check_arguments(models: Iterable[str], given: dict[str, Any]) -> None:
    """Look at settings before anything is built with them.

    Raises:
        UserError: an unknown model, a setting that no model has, or a value of the wrong type.
    """
    known = {name for model in models for name in arguments_at_size(model, 0, given)}
    for name in given:
        if name not in known:
            choices = ", ".join(sorted(known))
            raise UserError(f"--set {name}: no such argument of these networks; choose from: {choices}")


def arguments_at_size(model: str, size: int, given: dict[str, Any]) -> dict[str, Any]:
    """All arguments of a model: the small stem for small images where it has one, then what is given.

    Raises:
        UserError: an unknown model, or a value of the wrong type.
    """
    try:
        own = complete_arguments(model, {})
        stem = {"stem": "small"} if "stem" in own and size < SMALL_STEM_BELOW else {}
        fitting = {name: value for name, value in given.items() if name in own}
        return complete_arguments(model, stem | fitting)
    except ValueError as error:
        raise UserError(str(error)) from None
