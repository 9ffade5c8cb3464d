"""The cost table: its numbers from a cost that one can check in the head, and once through real processes."""

import csv

import keras
import pytest
from keras import layers

from experiments import catalog
from experiments.bench import cost_table
from experiments.errors import UserError
from experiments.planning import costs
from experiments.studies import cost
from experiments.trial import macs
from tests.support import commands

# 32 images in half a second, and an image in a hundredth of one.
COST = cost.Cost(
    parameters=1_234_567,
    macs=2_000_000,
    start_seconds=5,
    step_seconds=0.5,
    evaluated_image_seconds=0.01,
    memory_mib=300,
    activation_bytes=3 * 2**20 // 2,
)
ROWS = [
    cost_table.Measured("resnet18", {"stem": "small"}, COST),
    cost_table.Measured("lenet5", {}, None, "too small"),
]


def test_the_numbers_of_a_row():
    assert cost_table.cells(ROWS[0], batch=32) == ["resnet18", "1,234,567", "2,000,000", "1.50", "64", "100"]
    assert cost_table.cells(ROWS[1], batch=32) == ["lenet5", "–", "–", "–", "–", "–"]


def test_markdown_says_why_a_row_is_empty_and_what_was_set():
    text = cost_table.markdown(ROWS, ["measured here"], batch=32)
    assert text.splitlines()[2].startswith("| resnet18 | 1,234,567 |")
    assert "– lenet5: too small\n" in text
    assert 'Not as in the catalog: resnet18: {"stem": "small"}\n' in text
    assert text.endswith("measured here\n")


# 8·8·4 values of the convolution, as many of the ReLU, 256 of the flattening, 10 of the dense layer;
# the image itself is not counted. Four bytes a value.
def test_activations():
    images = keras.Input((8, 8, 1))
    x = layers.ReLU()(layers.Conv2D(4, 3, padding="same")(images))
    whole = keras.Model(images, layers.Dense(10)(layers.Flatten()(x)))
    assert macs.activation_bytes(whole) == 4 * (3 * 256 + 10)


@pytest.mark.parametrize(
    ("model", "size", "given", "expected"),
    [
        ("vgg11", 28, {}, {"stem": "small", "width": 64, "dense": 4096}),
        ("vgg11", 64, {"width": 8, "shortcuts": False}, {"stem": "imagenet", "width": 8, "dense": 4096}),
        ("vgg11", 28, {"stem": "imagenet"}, {"stem": "imagenet", "width": 64, "dense": 4096}),
        ("lenet5", 28, {"width": 3}, {"width": 3}),
    ],
)
def test_arguments_fit_the_size(model, size, given, expected):
    assert catalog.arguments_at_size(model, size, given) == expected


def run(*given):
    return commands.run("cost", *given)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["resnet19"], "unknown model 'resnet19'; did you mean 'resnet18'?"),
        (
            ["lenet5", "--set", "stem=small"],
            "--set stem: no such argument of these networks; choose from: width",
        ),
    ],
)
def test_an_error_is_one_line(monkeypatch, capsys, given, told):
    assert run(*given) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {told}")


def test_a_network_that_cannot_be_built_is_a_row_with_its_reason(monkeypatch, capsys, tmp_path):
    def costs_of(requests, work, workers, tell):
        [wanted] = requests
        if wanted.model == "lenet5":
            raise UserError("model lenet5 with {'width': 6} cannot be built: ValueError: it is too small")
        return {wanted.key: COST}

    monkeypatch.setattr(costs, "measured", costs_of)
    assert run("lenet5", "resnet20", "--out", tmp_path) == 0
    told = capsys.readouterr().out
    assert "1 of 2: lenet5: it is too small\n2 of 2: resnet20\n" in told
    assert "| lenet5 | – | – | – | – | – |\n| resnet20 | 1,234,567 |" in told


# 1·9·32 + 32, 32·9·64 + 64, 64·9·128 + 128; at 12×12 the last map is 1·1·128 → 16 → 10:
#   320 + 18,496 + 73,856 + 2,064 + 170 = 94,906
@pytest.mark.slow
def test_through_a_real_process_and_kept(monkeypatch, capsys, tmp_path):
    folders = ["--out", tmp_path / "out", "--work", tmp_path / "work"]
    asked = ["plain_cnn", "--size", 12, "--set", "dense=16", "--batch", 8, *folders]
    assert run(*asked) == 0
    told = capsys.readouterr().out
    with (tmp_path / "out" / "costs.csv").open() as file:
        [cnn] = csv.DictReader(file)
    assert (cnn["network"], cnn["parameters"], cnn["arguments"]) == ("plain_cnn", "94906", '{"dense": 16}')
    assert float(cnn["train_images_per_second"]) > 0 < float(cnn["inference_images_per_second"])
    written = (tmp_path / "out" / "costs.md").read_text()
    assert written.rstrip() in told  # a pipe gets the Markdown
    assert "python -m experiments cost plain_cnn --size 12" in written
    # The second time nothing is measured, and the same numbers come.
    monkeypatch.setattr(costs, "Starter", None)
    assert run(*asked) == 0
    assert (tmp_path / "out" / "costs.md").read_text() == written
