"""Pictures come out the same twice, and show what stands in docs/diagrams."""

import re
import shutil

import keras
import pytest
from PIL import Image

from experiments import catalog
from experiments.diagrams import drawing, networks, sheet
from experiments.errors import UserError
from experiments.logs import network
from tests.support import commands


@pytest.fixture(autouse=True)
def _without_draws(monkeypatch):
    """Weights of zero: a network of 61 million is built in a fraction of the time that its draws take."""
    monkeypatch.setattr(
        keras.initializers.HeNormal, "__call__", lambda self, shape, dtype=None: keras.ops.zeros(shape, dtype)
    )


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
    assert sheet.amount(number) == text


def run(*arguments):
    return commands.run("diagrams", *arguments)


# Projections are the only dashed lines, and zero padding is dotted.
@pytest.mark.slow
def test_files_are_written_and_equal_twice(monkeypatch, tmp_path):
    names = ["resnet20", "plain20", "block_basic_zeros", "raw_pixels"]
    assert run(*names, "--out", tmp_path / "one") == 0
    assert run(*names[1:], "--out", tmp_path / "two") == 0
    written = {file.name: file.read_bytes() for file in (tmp_path / "one").iterdir()}
    data = {f"{name}.json" for name in names if name != "block_basic_zeros"}
    assert set(written) == {f"{name}.{suffix}" for name in names for suffix in ("png", "svg")} | data
    again = {file.name: file.read_bytes() for file in (tmp_path / "two").iterdir()}
    assert again == {name: content for name, content in written.items() if name in again}
    assert len(again) == 3 * 2 + 2
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


def test_without_dot_the_pictures_still_come(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda program: None)
    assert run("lenet5", "--plot-model", "--out", tmp_path) == 0
    assert "no plot_model pictures: they need the program dot (Graphviz)" in capsys.readouterr().out
    assert sorted(file.name for file in tmp_path.iterdir()) == ["lenet5.json", "lenet5.png", "lenet5.svg"]


@pytest.mark.skipif(not shutil.which("dot"), reason="the program dot (Graphviz) is not installed")
def test_with_dot_keras_draws_every_layer_too(monkeypatch, tmp_path):
    assert run("autoencoder_features", "--plot-model", "--out", tmp_path) == 0
    with Image.open(tmp_path / "autoencoder_features_layers.png") as picture:
        assert min(picture.size) > 300


def test_everything_in_the_catalog_is_drawn_by_default():
    names = [each.name for each in drawing.pictures([])]
    assert names[: len(catalog.CATALOG)] == list(catalog.CATALOG)
    assert {"plain34", "block_inception", "slide_blocks"} <= {*names}
    with pytest.raises(UserError):
        drawing.pictures(["block_inceptoin"])


# 3·3·64·64 weights a convolution and 2·64 of its normalisation, twice: 73,984. Bottleneck: 256·64 and 2·64,
# 3·3·64·64 and 2·64, 64·256 and 2·256: 70,400. MACs: 56·56 times 2·9·64·64, and times 69,632.
def test_the_slide_has_three_blocks_with_what_they_cost(tmp_path):
    assert run("slide_blocks", "--out", tmp_path) == 0
    with Image.open(tmp_path / "slide_blocks.png") as picture:
        assert picture.width / picture.height == pytest.approx(16 / 9, rel=0.002)
    texts = re.findall("<!-- (.*) -->", (tmp_path / "slide_blocks.svg").read_text())
    titles = ["Plain block", "Residual block", "Bottleneck block"]
    assert [text for text in texts if text in titles] == titles
    costs = [text for text in texts if re.match(r"[\d,]+ parameters", text)]
    assert costs == ["73,984 parameters, 231 M MACs"] * 2 + ["70,400 parameters, 218 M MACs"]
    assert [text for text in texts if text == "x"] == ["x"] * 2  # the shortcuts
    assert [text for text in texts if "conv" in text][-3:] == [
        "1×1 conv, 256 → 64",
        "3×3 conv, 64 → 64",
        "1×1 conv, 64 → 256",
    ]


# Kept in the repository: a network that changes must be drawn again (`make diagrams`).
@pytest.mark.parametrize(
    "name", ["plain_cnn", "lenet5", "resnet20", "autoencoder_features", "pca", "plain34"]
)
def test_docs_show_the_networks_as_they_are(name, tmp_path):
    assert run(name, "--out", tmp_path) == 0
    for suffix in ("json", "svg"):
        file = f"{name}.{suffix}"
        assert (tmp_path / file).read_bytes() == (drawing.OUT / file).read_bytes(), "run `make diagrams`"


def test_docs_have_every_network_as_data_too():
    found = {file.stem for file in drawing.OUT.glob("*.json")}
    assert found == {*catalog.CATALOG, *drawing.TWINS}
    for file in drawing.OUT.glob("*.json"):
        assert network.read(file.read_bytes()).name == file.stem


def test_a_network_that_multiplies_nothing_is_drawn_too():
    boxes = (network.Part("layer", ((network.Step("other", "Embedding", "8"),),)),)
    rows = (network.Row("words", (boxes,), (8,), 80, 0),)
    structure = network.Structure("words", "Words", (), (8, 8, 1), rows, 80, 0, ())
    assert b"<svg" in networks.draw(structure).svg()
