"""What is read off a built network is what was built, and it comes back whole from JSON."""

import dataclasses

import keras
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers

from experiments import catalog, names
from experiments.logs.network import Structure, written
from experiments.logs.network import read as read_back
from experiments.trial import macs
from experiments.trial.anatomy import structure


@pytest.fixture(autouse=True)
def _without_draws(monkeypatch):
    """Weights of zero: a network of 61 million is built in a fraction of the time that its draws take."""
    monkeypatch.setattr(
        keras.initializers.HeNormal, "__call__", lambda self, shape, dtype=None: keras.ops.zeros(shape, dtype)
    )


def built(model, seen=None, **set_):
    """The parts of a model of the catalog, its arguments, and the shape of its images."""
    row = catalog.CATALOG[model]
    seen = seen or row.input
    arguments = catalog.arguments_at_size(model, seen.size, set_)
    return (
        structure.PARTS[row.kind](catalog.build(model, seen.image, seen.classes, arguments)),
        arguments,
        seen,
    )


def read(model, seen=None, **set_):
    parts, arguments, seen = built(model, seen, **set_)
    return structure.of_model(model, arguments, parts, seen.image)


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
    plain, residual = read("resnet34", shortcuts=False), read("resnet34")
    assert (residual.name, plain.name) == ("resnet34", "plain34")
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
    "name", ["plain_cnn", "lenet5", "alexnet", "zfnet", "vgg11", "googlenet", "resnet26", "resnet44"]
)
def test_the_rows_add_up_to_the_network(name):
    whole, network = built(name)[0].network, read(name)
    assert sum(row.macs for row in network.rows) == network.macs == macs.of_network(whole)
    assert sum(row.parameters for row in network.rows) == network.parameters
    assert network.parameters == sum(weight.value.numpy().size for weight in whole.trainable_weights)


def read_alone(whole):
    parts = structure.Parts(whole, None)
    return structure.read(parts, whole.input_shape[1:], {}, name="chain", title="Chain")


def rows_of(*layers_in_order):
    """The rows of a chain of layers, by title, with the names of what is drawn in each."""
    x = images = keras.Input((16, 16, 3), name="images")
    for layer in layers_in_order:
        x = layer(x)
    network = read_alone(keras.Model(images, x))
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
    network = read_alone(keras.Model(images, [main, early]))
    assert [(row.title, row.source) for row in network.rows] == [
        ("conv 1", ""),
        ("conv 2", ""),
        ("early", "conv1"),
    ]


@pytest.mark.parametrize("name", ["plain_cnn", "alexnet", "googlenet", "resnet20", "resnet50", "pca"])
def test_a_structure_comes_back_whole_from_json(name):
    found = read(name)
    assert read_back(written(found)) == found


def anything(kind):
    """A value of each field's type: what no network of the catalog has comes back too."""
    return st.builds(kind, **{field.name: st.from_type(field.type) for field in dataclasses.fields(kind)})


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow]
)
@given(anything(Structure))
def test_whatever_is_written_is_read(structure_):
    assert read_back(written(structure_)) == structure_


@pytest.mark.parametrize("edited", ["", "{}", "[]", '{"name": "a"}', "\x00"])
def test_what_is_no_structure_reads_as_none(edited):
    assert read_back(edited) is None


def test_a_structure_says_what_differs_from_the_paper():
    small = read("resnet18", catalog.Input(28, 1, 10), width=16, dense=8)
    assert small.departures == ("stem=small", "width=16")
    assert (small.input, small.rows[-1].output) == ((28, 28, 1), (10,))
    assert boxes(small.rows[0].lanes[0][0]) == [["3×3 conv, 16"]]
    assert read("resnet18", catalog.Input(28, 1, 10), shortcuts=False).departures == ("stem=small",)
    assert read("lenet5").departures == ()


# A network inside a network is one box: 9·8 + 8 and 8·4 + 4 parameters; two layers, one behind the other.
def test_an_encoder_is_one_box():
    pixels = keras.Input((8, 8, 1), name="pixels")
    x = layers.Conv2D(8, 3, name="conv1")(pixels)
    y = layers.Conv2D(8, 1, name="beside")(pixels)  # off the longest way
    x = layers.Add()([x, layers.Cropping2D(1)(y)])
    x = layers.GlobalAveragePooling2D()(x)
    inner = keras.Model(pixels, layers.Dense(4, name="features")(x), name="inner")
    images = keras.Input((4, 4, 1), name="images")
    x = inner(keras.ops.image.resize(images, (8, 8)))
    found = read_alone(keras.Model(images, layers.Dense(2, name="logits")(x)))
    assert [row.title for row in found.rows] == ["encoder", "head"]
    assert boxes(found.rows[0].lanes[0][0]) == [["inner, 2 layers"]]
    assert found.depth == 2 + 1
    assert found.rows[0].parameters == 9 * 8 + 8 + 8 + 8 + 8 * 4 + 4


@pytest.mark.parametrize("model", ["pretrained_features", "finetuned"])
def test_networks_that_learnt_elsewhere_are_read(model):
    found = read(model, catalog.Input(16, 1, 10), pixels=32)
    last = {"pretrained_features": "classifier", "finetuned": "head"}
    assert [row.title for row in found.rows] == ["encoder", last[model]]
    assert [row.source for row in found.rows] == ["", ""]
    assert "pixels=32" in found.departures


def test_a_trial_leaves_what_was_read(tmp_path):
    parts, arguments, seen = built("resnet20", catalog.Input(16, 1, 4))
    structure.leave(tmp_path / names.NETWORK_FILE, "resnet20", arguments, parts, seen.image)
    content = (tmp_path / names.NETWORK_FILE).read_bytes()
    assert read_back(content) == structure.of_model("resnet20", arguments, parts, seen.image)
    assert len(content) < 4_000


# What keras calls a subclassed model is no graph of layers.
def test_a_network_that_cannot_be_read_leaves_nothing(tmp_path, capsys):
    class Written(keras.Model):
        def call(self, images):
            return images

    parts = structure.Parts(Written(), None)
    structure.leave(tmp_path / names.NETWORK_FILE, "resnet18", {}, parts, (8, 8, 1))
    assert not [*tmp_path.iterdir()]
    assert "Traceback" in capsys.readouterr().err
