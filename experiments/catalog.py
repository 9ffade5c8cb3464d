"""Every network that a study can name, in the order that tables use: one row each, all that is known of it.

The only module of `experiments` that knows `resnet` and `baselines`, and it imports them only when a
network is built: planning a study loads neither keras nor tensorflow. That is why arguments are stated here
and not read off the builders; tests/experiments/test_catalog.py compares the two. A new network is its
builder's file and a row here (docs/add-a-network.md).
"""

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from experiments import names, words
from experiments.errors import UserError

Stem = Literal["imagenet", "small"]
Classifier = Literal["logistic", "svm", "random_forest", "knn"]
Encoder = (
    Literal["efficientnet_lite0", "mobilenet_v2", "efficientnet_v2_b0", "resnet50"]
    | Annotated[str, Field(pattern=r"^run:[0-9a-f]{16}$")]
)
# What a builder returns: a keras model of logits, a feature model, a scikit-learn pipeline, or an encoder
# that has learnt elsewhere, whose weights stay or are trained on.
Kind = Literal["network", "features", "pipeline", "frozen", "finetuned"]
# What networks have in common, and figures show by one colour.
Family = Literal[
    "residual", "plain", "autoencoder", "pretrained", "pixels", "early", "vgg", "inception", "other"
]
Built = Any  # one of these, whose types would have to be imported


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


class FineTuned(Arguments):
    """A trained encoder, of ImageNet or a run of one's own, and a head."""

    encoder: Encoder = "efficientnet_lite0"
    pixels: PositiveInt = 96

    @field_validator("pixels")
    @classmethod
    def _of_a_named_encoder(cls, pixels: int, info: ValidationInfo) -> int:
        # It would change a trial's id and nothing else.
        if pixels != cls.model_fields["pixels"].default and encoder_trial(info.data):
            raise PydanticCustomError(
                "own_encoder", "a network of one's own sees images as they are: leave it out"
            )
        return pixels


class PretrainedFeatures(FineTuned):
    """The features of such an encoder, then a scikit-learn classifier."""

    classifier: Classifier = "logistic"


@dataclass(frozen=True)
class Paper:
    """Where a network comes from."""

    authors: str
    year: int
    title: str


DONAHUE = Paper(
    "Donahue et al.", 2014, "DeCAF: A Deep Convolutional Activation Feature for Generic Visual Recognition"
)
HE = Paper("He et al.", 2015, "Deep Residual Learning for Image Recognition")
KRIZHEVSKY = Paper(
    "Krizhevsky et al.", 2012, "ImageNet Classification with Deep Convolutional Neural Networks"
)
LECUN = Paper("LeCun et al.", 1998, "Gradient-Based Learning Applied to Document Recognition")
MASCI = Paper("Masci et al.", 2011, "Stacked Convolutional Auto-Encoders for Hierarchical Feature Extraction")
SIMONYAN = Paper(
    "Simonyan & Zisserman", 2014, "Very Deep Convolutional Networks for Large-Scale Image Recognition"
)
SZEGEDY = Paper("Szegedy et al.", 2014, "Going Deeper with Convolutions")
TURK = Paper("Turk & Pentland", 1991, "Eigenfaces for Recognition")
YOSINSKI = Paper("Yosinski et al.", 2014, "How Transferable Are Features in Deep Neural Networks?")
ZEILER = Paper("Zeiler & Fergus", 2014, "Visualizing and Understanding Convolutional Networks")


@dataclass(frozen=True)
class Input:
    """What a network is built for: square images of `size` pixels a side, and how many classes they have."""

    size: int
    channels: int
    classes: int

    @property
    def image(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        return (self.size, self.size, self.channels)


IMAGENET = Input(224, 3, 1000)
CIFAR = Input(32, 3, 10)


@dataclass(frozen=True)
class Network:
    """One row of the catalog."""

    title: str
    builder: str  # module:function
    arguments: type[Arguments]
    paper: Paper
    input: Input  # the paper's; for networks without a paper's size, CIFAR's
    kind: Kind = "network"
    family: Family = "other"
    rank: int = 0  # within its family, the shallow and the early first: figures show it by lightness
    # Rows of its picture, by the first word of a layer's name, where the names do not say it themselves.
    rows: Mapping[str, str] = field(default_factory=dict)


CATALOG = {
    "plain_cnn": Network(
        "Plain CNN", "baselines.plain_cnn:plain_cnn", PlainCNN, KRIZHEVSKY, CIFAR, family="plain"
    ),
    "autoencoder_features": Network(
        "Autoencoder features",
        "baselines.autoencoder:autoencoder_features",
        AutoencoderFeatures,
        MASCI,
        CIFAR,
        kind="features",
        family="autoencoder",
        rows={"code": "encoder", "decode": "decoder", "reconstruction": "decoder"},
    ),
    "pretrained_features": Network(
        "Pretrained features",
        "baselines.pretrained.arms:pretrained_features",
        PretrainedFeatures,
        DONAHUE,
        IMAGENET,
        kind="frozen",
        family="pretrained",
    ),
    "finetuned": Network(
        "Fine-tuned encoder",
        "baselines.pretrained.arms:finetuned",
        FineTuned,
        YOSINSKI,
        IMAGENET,
        "finetuned",
        family="pretrained",
        rank=1,
    ),
    "raw_pixels": Network(
        "Classifier of raw pixels",
        "baselines.classifiers:raw_pixels",
        RawPixels,
        LECUN,
        CIFAR,
        "pipeline",
        family="pixels",
    ),
    "pca": Network(
        "Classifier of principal components",
        "baselines.classifiers:pca",
        PrincipalComponents,
        TURK,
        CIFAR,
        "pipeline",
        family="pixels",
        rank=1,
    ),
    "lenet5": Network("LeNet-5", "baselines.lenet:lenet5", LeNet, LECUN, Input(32, 1, 10), family="early"),
    "alexnet": Network(
        "AlexNet",
        "baselines.alexnet:alexnet",
        AlexNet,
        KRIZHEVSKY,
        Input(227, 3, 1000),
        family="early",
        rank=1,
    ),
    "zfnet": Network("ZFNet", "baselines.zfnet:zfnet", AlexNet, ZEILER, IMAGENET, family="early", rank=2),
    "vgg11": Network("VGG-11", "baselines.vgg:vgg11", VGG, SIMONYAN, IMAGENET, family="vgg"),
    "vgg13": Network("VGG-13", "baselines.vgg:vgg13", VGG, SIMONYAN, IMAGENET, family="vgg", rank=1),
    "vgg16": Network("VGG-16", "baselines.vgg:vgg16", VGG, SIMONYAN, IMAGENET, family="vgg", rank=2),
    "vgg19": Network("VGG-19", "baselines.vgg:vgg19", VGG, SIMONYAN, IMAGENET, family="vgg", rank=3),
    "googlenet": Network(
        "GoogLeNet", "baselines.googlenet:googlenet", GoogLeNet, SZEGEDY, IMAGENET, family="inception", rank=1
    ),
    "resnet18": Network("ResNet-18", "resnet.network:resnet18", BasicResNet, HE, IMAGENET, family="residual"),
    "resnet34": Network(
        "ResNet-34", "resnet.network:resnet34", BasicResNet, HE, IMAGENET, family="residual", rank=1
    ),
    "resnet26": Network(
        "ResNet-26", "resnet.network:resnet26", EqualDepthResNet, HE, IMAGENET, family="residual", rank=1
    ),
    "resnet50": Network(
        "ResNet-50", "resnet.network:resnet50", BottleneckResNet, HE, IMAGENET, family="residual", rank=2
    ),
    "resnet101": Network(
        "ResNet-101", "resnet.network:resnet101", BottleneckResNet, HE, IMAGENET, family="residual", rank=3
    ),
    "resnet152": Network(
        "ResNet-152", "resnet.network:resnet152", BottleneckResNet, HE, IMAGENET, family="residual", rank=3
    ),
    "resnet20": Network("ResNet-20", "resnet.network:resnet20", CifarResNet, HE, CIFAR, family="residual"),
    "resnet32": Network(
        "ResNet-32", "resnet.network:resnet32", CifarResNet, HE, CIFAR, family="residual", rank=1
    ),
    "resnet44": Network(
        "ResNet-44", "resnet.network:resnet44", CifarResNet, HE, CIFAR, family="residual", rank=2
    ),
    "resnet56": Network(
        "ResNet-56", "resnet.network:resnet56", CifarResNet, HE, CIFAR, family="residual", rank=2
    ),
    "resnet110": Network(
        "ResNet-110", "resnet.network:resnet110", CifarResNet, HE, CIFAR, family="residual", rank=3
    ),
}


def has_seed(model: str, arguments: dict[str, Any]) -> bool:
    """True if anything in the model is drawn: of classifiers on features that are given only the forest."""
    return CATALOG[model].kind not in ("pipeline", "frozen") or arguments.get("classifier") == "random_forest"


def family(model: str, arguments: Mapping[str, Any]) -> tuple[str, int, bool]:
    """Family and rank for figures, and whether it is a plain twin: a residual network without shortcuts."""
    row = CATALOG[model]
    twin = row.family == "residual" and arguments.get("shortcuts") is False
    return "plain" if twin else row.family, row.rank, twin


def has_rate(model: str) -> bool:
    """True if something in the model is trained at a learning rate."""
    return CATALOG[model].kind not in ("pipeline", "frozen")


def complete_arguments(model: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments completed by their defaults, as JSON values.

    Raises:
        ValueError: an unknown model or argument, or a value of the wrong type; lists the valid ones.
    """
    if model not in CATALOG:
        raise ValueError(words.unknown(f"unknown model {model!r}", model, CATALOG))
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


def build(
    model: str,
    input_shape: tuple[int, int, int],
    classes: int,
    arguments: dict[str, Any],
    resolved: Mapping[str, Any] | None = None,
) -> Built:
    """Build a network, untrained; resolved: arguments that stand for what a study can only name."""
    row = CATALOG[model]
    checked = row.arguments.model_validate(arguments).model_dump()
    return resolve(row.builder)(input_shape, classes, **checked | dict(resolved or {}))


def encoder_trial(arguments: Mapping[str, Any]) -> str | None:
    """The id of the trial whose network is the encoder; None where it is another, or there is none."""
    named = str(arguments.get("encoder", ""))
    return named.removeprefix(names.OWN_ENCODER) if named.startswith(names.OWN_ENCODER) else None


def import_layers(model: str) -> None:
    """Register the layers that the model's module defines: keras refuses to load a layer it does not know."""
    importlib.import_module(CATALOG[model].builder.partition(":")[0])


def resolve(dotted: str) -> Any:  # noqa: ANN401
    """Import what `module:name` stands for."""
    module, name = dotted.split(":")
    return getattr(importlib.import_module(module), name)


SMALL_STEM_BELOW = 64  # pixels: the ImageNet stem leaves a quarter of height and width


def check_arguments(models: Iterable[str], given: dict[str, Any]) -> None:
    """Check the settings of a command before anything is built with them.

    Raises:
        UserError: an unknown model, a setting that no model has, or a value of the wrong type.
    """
    known = {name for model in models for name in arguments_at_size(model, 0, given)}
    for name in given:
        if name not in known:
            choices = ", ".join(sorted(known))
            raise UserError(f"--set {name}: no such argument of these networks; choose from: {choices}")


def arguments_at_size(model: str, size: int, given: dict[str, Any]) -> dict[str, Any]:
    """All arguments of a model: the given ones that it has, and the small stem for images that are small.

    Raises:
        UserError: an unknown model, or a value of the wrong type.
    """
    try:
        defaults = complete_arguments(model, {})
        stem = {"stem": "small"} if "stem" in defaults and size < SMALL_STEM_BELOW else {}
        fitting = {name: value for name, value in given.items() if name in defaults}
        return complete_arguments(model, stem | fitting)
    except ValueError as error:
        raise UserError(str(error)) from None
