"""What is read off a built network is what was built, and its pictures come out the same twice."""

import shutil

import keras
import pytest
from keras import layers
from PIL import Image

from experiments import catalog
from experiments.diagrams import drawing, labels, structure
from experiments.errors import UserError
from experiments.trial import macs
from tests.support import commands


@pytest.fixture(autouse=True)
def _without_draws(monkeypatch):
    """Weights of zero: a network of 61 million is built in a fraction of the time that its draws take."""
    monkeypatch.setattr(
        keras.initializers.HeNormal, "__call__", lambda self, shape, dtype=None: keras.ops.zeros(shape, dtype)
    )


def built(name, given=None, seen=None):
    [picture] = drawing.pictures([name])
    seen = seen or catalog.CATALOG[picture.model].input
    return drawing.build(picture, seen, drawing.arguments_of(picture, seen.size, given or {}))


def read(name):
    [picture] = drawing.pictures([name])
    row = catalog.CATALOG[picture.model]
    title = drawing.title(picture.model, picture.arguments)
    return structure.read(built(name), title, row.input.image, row.rows)


def boxes(part):
    return [[f"{step.title}, {step.detail}" for step in way] for way in part.ways]


def by_title(network):
    return {row.title: row for row in network.rows}


# Two blocks a stage. In stage 1 both are alike; in the others the first projects.
def test_resnet18():
    network = read("resnet18")
    rows = by_title(network)
    assert list(rows) == ["stem", "stage 1", "stage 2", "stage 3", "stage 4", "head"]
    assert [row.output for row in network.rows] == [
        (56, 56, 64),
        (56, 56, 64),
        (28, 28, 128),
        (14, 14, 256),
        (7, 7, 512),
        (1000,),
    ]
    [only] = rows["stage 1"].lanes[0]
    assert (only.repeats, only.shortcut, boxes(only)) == (2, "identity", [["3×3 conv, 64", "3×3 conv, 64"]])
    for stage, filters in ((2, 128), (3, 256), (4, 512)):
        first, second = rows[f"stage {stage}"].lanes[0]
        assert (first.repeats, first.shortcut, first.shortcut_detail) == (1, "projection", f"{filters}, /2")
        assert boxes(first) == [[f"3×3 conv, {filters}, /2", f"3×3 conv, {filters}"]]
        assert (second.repeats, second.shortcut) == (1, "identity")
    assert network.depth == 18


# Stage 2, three blocks behind the first: (512·128 + 9·128·128 + 128·512) and 2 · (128 + 128 + 512) each
#   = 280,064; the first: 256·128 + 9·128·128 + 128·512 + 256·512 and 2 · (128 + 128 + 2 · 512) = 379,392.
def test_the_bottlenecks_of_resnet50():
    network = read("resnet50")
    first, others = by_title(network)["stage 2"].lanes[0]
    assert boxes(first) == [["1×1 conv, 128, /2", "3×3 conv, 128", "1×1 conv, 512"]]
    assert boxes(others) == [["1×1 conv, 128", "3×3 conv, 128", "1×1 conv, 512"]]
    assert (first.shortcut, others.shortcut, others.repeats) == ("projection", "identity", 3)
    assert by_title(network)["stage 2"].parameters == 379_392 + 3 * 280_064
    assert (network.depth, network.parameters) == (50, 25_557_032)
    # Where the width changes and the size does not, the projection has no stride.
    assert by_title(network)["stage 1"].lanes[0][0].shortcut_detail == "256"


def test_a_plain_twin_has_no_shortcuts():
    plain, residual = read("plain34"), read("resnet34")
    assert built("plain34").name == "plain34"
    assert (residual.title, plain.title.partition(":")[0]) == ("ResNet-34", "Plain-34")
    parts = {
        twin.title.partition(":")[0]: [part for row in twin.rows for lane in row.lanes for part in lane]
        for twin in (plain, residual)
    }
    assert {part.shortcut for part in parts["Plain-34"]} == {None}
    assert {part.shortcut for part in parts["ResNet-34"]} == {None, "identity", "projection"}
    # Beside the shortcuts they are the same, but that stage 1 folds alike in both.
    assert [boxes(part) for part in parts["Plain-34"]] == [boxes(part) for part in parts["ResNet-34"]]
    assert [part.repeats for part in parts["Plain-34"]] == [part.repeats for part in parts["ResNet-34"]]


def test_the_cifar_family_pads_with_zeros():
    network = read("resnet20")
    first, others = by_title(network)["stage 3"].lanes[0]
    assert (first.shortcut, first.shortcut_detail, others.shortcut, others.repeats) == (
        "zeros",
        "/2",
        "identity",
        2,
    )
    assert network.depth == 20


def test_the_towers_of_alexnet():
    network = read("alexnet")
    assert [len(row.lanes) for row in network.rows] == [2, 2, 2, 2, 2, 1]
    assert [row.title for row in network.rows if row.crosses] == ["conv 3"]
    assert network.rows[0].output == (27, 27, 96)
    assert network.rows[0].lanes[0] == network.rows[0].lanes[1]
    assert (network.depth, network.parameters) == (8, 60_965_224)


def test_the_modules_of_googlenet():
    network = read("googlenet")
    rows = by_title(network)
    assert [part.name for part in rows["inception 4"].lanes[0]] == ["4a", "4b", "4c", "4d", "4e", ""]
    module = rows["inception 3"].lanes[0][0]
    assert boxes(module) == [
        ["1×1 conv, 64"],
        ["1×1 conv, 96", "3×3 conv, 128"],
        ["1×1 conv, 16", "5×5 conv, 32"],
        ["max pool, 3×3", "1×1 conv, 32"],
    ]
    assert module.channels == 64 + 128 + 32 + 32
    assert [row.source for row in network.rows[-2:]] == ["inception4a", "inception4d"]
    assert network.depth == 22


def test_a_feature_model_ends_in_its_classifier():
    network = read("autoencoder_features")
    assert [row.title for row in network.rows] == ["encoder", "decoder", "classifier"]
    assert network.rows[-1].source == "code"
    pipeline = read("pca")
    assert [part.ways[0][0].title for part in pipeline.rows[0].lanes[0]] == ["PCA", "Standard", "Logistic"]


@pytest.mark.parametrize(
    "name",
    [
        "plain_cnn",
        "lenet5",
        "alexnet",
        "zfnet",
        pytest.param("vgg11", marks=pytest.mark.slow),
        "googlenet",
        "resnet26",
        "resnet44",
    ],
)
def test_the_rows_add_up_to_the_network(name):
    whole, network = built(name), read(name)
    assert sum(row.macs for row in network.rows) == network.macs == macs.of_network(whole)
    assert sum(row.parameters for row in network.rows) == network.parameters
    assert network.parameters == sum(weight.value.numpy().size for weight in whole.trainable_weights)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (464, "464"),
        (9_536, "9.54 k"),
        (999_999, "1.00 M"),
        (25_557_032, "25.6 M"),
        (1.5e11, "150 G"),
    ],
)
def test_amounts_have_three_digits(number, text):
    assert labels.amount(number) == text


def run(*arguments):
    return commands.run("diagrams", *arguments)


# Projections are the only dashed lines, and zero padding is dotted.
@pytest.mark.slow
def test_files_are_written_and_equal_twice(monkeypatch, tmp_path):
    names = ["resnet20", "plain20", "block_basic_zeros", "raw_pixels"]
    assert run(*names, "--out", tmp_path / "one") == 0
    assert run(*names[1:], "--out", tmp_path / "two") == 0
    written = {file.name: file.read_bytes() for file in (tmp_path / "one").iterdir()}
    assert set(written) == {f"{name}.{suffix}" for name in names for suffix in ("png", "svg")}
    again = {file.name: file.read_bytes() for file in (tmp_path / "two").iterdir()}
    assert again == {name: content for name, content in written.items() if name in again}
    assert len(again) == 6
    assert b"stroke-dasharray" in written["resnet20.svg"]
    assert b"stroke-dasharray" not in written["plain20.svg"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["resnet19"], "unknown network 'resnet19'; did you mean 'resnet18'? choose from: plain_cnn, "),
        (
            ["vgg11", "--size", "8"],
            "vgg11 cannot be built: input_shape must be (height, width, channels) from 16×16",
        ),
        (
            ["vgg11", "--set", "shortcuts=false"],
            "--set shortcuts: no such argument of these networks; choose from",
        ),
        (["vgg11", "--set", "width"], "--set width: expected NAME=VALUE"),
        (["vgg11", "--set", "width=["], "--set width=[: expected NAME=VALUE"),
        (["vgg11", "--set", "width=wide"], "arguments.width: Input should be a valid integer"),
    ],
)
def test_an_error_is_one_line(monkeypatch, capsys, tmp_path, arguments, message):
    assert run(*arguments, "--out", tmp_path) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {message}")


def test_settings_go_to_the_networks_that_have_them():
    for name, width in (("resnet18", 16), ("resnet20", 16)):
        small = built(name, {"width": 16, "dense": 8}, catalog.Input(32, 1, 10))
        assert small.get_layer("stem_conv").filters == width
        assert small.get_layer("stem_conv").strides == (1, 1)


def test_without_dot_the_pictures_still_come(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda program: None)
    assert run("lenet5", "--plot-model", "--out", tmp_path) == 0
    assert "no plot_model pictures: they need the program dot (Graphviz)" in capsys.readouterr().out
    assert sorted(file.name for file in tmp_path.iterdir()) == ["lenet5.png", "lenet5.svg"]


@pytest.mark.skipif(not shutil.which("dot"), reason="the program dot (Graphviz) is not installed")
def test_with_dot_keras_draws_every_layer_too(monkeypatch, tmp_path):
    assert run("autoencoder_features", "--plot-model", "--out", tmp_path) == 0
    with Image.open(tmp_path / "autoencoder_features_layers.png") as picture:
        assert min(picture.size) > 300


def test_everything_in_the_catalog_is_drawn_by_default():
    names = [each.name for each in drawing.pictures([])]
    assert names[: len(catalog.CATALOG)] == list(catalog.CATALOG)
    assert "plain34" in names and "block_inception" in names
    with pytest.raises(UserError):
        drawing.pictures(["block_inceptoin"])


def rows_of(*layers_in_order):
    """The rows of a chain of layers, by title, with the names of what is drawn in each."""
    x = images = keras.Input((16, 16, 3), name="images")
    for layer in layers_in_order:
        x = layer(x)
    network = structure.read(keras.Model(images, x), "Chain", (16, 16, 3), {})
    return {
        row.title: [step for part in row.lanes[0] for way in part.ways for step in way]
        for row in network.rows
    }


# No word here is one of a shipped network's: rows follow from the names alone.
def test_rows_follow_from_names_that_nobody_has_seen():
    rows = rows_of(
        layers.Conv2D(4, 3, name="patch_embed"),
        layers.ReLU(name="patch_relu"),
        layers.Conv2D(8, 3, name="cell1_reduce"),
        layers.Dense(8, name="cell1_mix"),
        layers.MaxPooling2D(2, name="shrink"),
        layers.Conv2D(8, 3, name="cell2_reduce"),
        layers.Flatten(name="flat"),
        layers.Dense(5, name="answer"),
    )
    assert {title: len(steps) for title, steps in rows.items()} == {
        "patch": 1,
        "cell 1": 3,
        "cell 2": 1,
        "head": 1,
    }


def test_layers_that_nobody_named_are_drawn_too():
    rows = rows_of(layers.Conv2D(4, 3), layers.BatchNormalization(), layers.Conv2D(6, 3), layers.Dense(2))
    assert {title: len(steps) for title, steps in rows.items()} == {"conv2d": 2, "head": 1}


# A head that leads to another output than the first, whatever it is called.
def test_a_head_beside_the_main_way_is_known_by_the_graph():
    images = keras.Input((16, 16, 3), name="images")
    x = layers.Conv2D(4, 3, name="conv1")(images)
    early = layers.Conv2D(2, 1, name="early_conv")(x)
    main = layers.Conv2D(4, 3, name="conv2")(x)
    network = structure.read(keras.Model(images, [main, early]), "Two", (16, 16, 3), {})
    assert [(row.title, row.source) for row in network.rows] == [
        ("conv 1", ""),
        ("conv 2", ""),
        ("early", "conv1"),
    ]
