"""The networks of the page: each once, drawn from what a trial left, beside what its full form costs."""

import re
from dataclasses import replace

import pytest

from experiments import names
from experiments.logs.network import Part, Row, Step, Structure, written
from reports.page import inline, networks
from reports.store import record
from tests.support.synthetic import Store, curve, once, tags


def structure(width, title="ResNet-18", name="resnet18"):
    """One convolution of so many channels on 28×28 pixels."""
    conv = Part("layer", ((Step("conv", "3×3 conv", f"{width}", layers=1),),))
    row = Row("stem", ((conv,),), (28, 28, width), 9 * width, 28 * 28 * 9 * width)
    return Structure(name, title, (f"width={width}",), (28, 28, 1), (row,), row.parameters, row.macs, ())


ORDER = ("cnn", "res", "later", "older", "own", "away")


def store(place, runs):
    """A store of runs (arm, setting, seed, structure or None), and what is read of it."""
    writer = Store(place / "mlflow.db")
    study = writer.client.create_experiment("drawn", artifact_location=(place / "files").as_uri())
    writer.client.set_experiment_tag(study, names.TARGETS, "[0.5]")
    for arm, setting, seed, left in runs:
        run_tags = tags(arm, ORDER.index(arm), seed, **{names.SETTING: setting})
        run = writer.run(study, run_tags, curve([0.4, 0.6]) + once(0.6, 2))
        if left:
            writer.client.log_text(run, left if isinstance(left, str) else written(left), names.NETWORK_FILE)
    return record.read_record(writer.uri, "drawn")


NARROW, WIDE = structure(8), structure(16)
SIZES, WIDTHS = ("data.train=100", "data.train=200"), ("data.train=100, models.res.arguments.width=16",)


@pytest.fixture(scope="module")
def varied(tmp_path_factory):
    """Two arms at two train sizes, two seeds each; `res` also at another width; what another version left."""
    runs = [("cnn", size, seed, WIDE) for size in SIZES for seed in (1, 2)]
    runs += [("res", size, seed, NARROW) for size in SIZES for seed in (1, 2)]
    runs += [
        ("res", WIDTHS[0], 1, WIDE),
        ("later", SIZES[0], 1, '{"version": 9}'),
        ("older", SIZES[0], 1, None),
    ]
    return store(tmp_path_factory.mktemp("drawn"), runs)


def test_each_network_stands_once_with_the_arms_that_train_it(varied):
    assert networks.trained(varied) == {
        WIDE: ["cnn", "res · train=100, width=16"],
        NARROW: ["res · train=100", "res · train=200"],
    }


# ResNet-18 of He et al. 2015: 11,689,512 parameters at 224×224×3 (tests/resnet/test_resnet_counts.py).
def test_beside_each_stands_what_its_full_form_costs(varied):
    first, second = networks.shown(varied, inline.Shared())
    assert first.title == "cnn and res · train=100, width=16: ResNet-18, width=16"
    assert "28×28×1 · 144 parameters · 113 k multiply-accumulates" in first.facts
    assert first.full == (
        "18 layers · image 224×224×3 · 11,689,512 parameters · 1.81 G multiply-accumulates an image "
        "(docs/diagrams/resnet18.svg)"
    )
    assert second.full == first.full


def test_a_network_without_a_full_form_says_nothing_of_it(tmp_path):
    left = [("own", "", 1, structure(4, "Own", "own")), ("away", "", 1, structure(4, "Away", "../../README"))]
    assert [each.full for each in networks.shown(store(tmp_path, left), inline.Shared())] == ["", ""]


def test_the_newest_trial_tells(tmp_path):
    found = store(tmp_path, [("res", "", 1, None), ("res", "", 2, NARROW)])
    assert [*networks.trained(found)] == [NARROW]


def test_letters_are_text_and_fit_the_page(varied):
    first, _ = networks.shown(varied, inline.Shared())
    assert re.search(r"<text [^>]*>3×3 conv</text>", first.svg)
    assert "clip-path" not in first.svg and 'role="img"' in first.svg
    assert len(first.svg) < 12_000
    assert 500 < first.width < 1500


def test_a_large_grid_is_told_in_lines(varied, monkeypatch):
    many = {structure(width): [f"arm {width}"] for width in range(1, 20)}
    monkeypatch.setattr(networks, "trained", lambda _: many)
    drawn = [bool(each.svg) for each in networks.shown(varied, inline.Shared())]
    assert drawn == [True] * networks.MOST_DRAWN + [False] * 3


def test_names_in_a_picture_are_text(tmp_path):
    hostile = "<script>alert(1)</script>]]>--><b a=\"b' onload='x'"
    row = replace(NARROW.rows[0], title=hostile)
    found = store(tmp_path, [("res", "", 1, replace(NARROW, title=hostile, rows=(row,), notes=(hostile,)))])
    [shown] = networks.shown(found, inline.Shared())
    assert "<script" not in shown.svg and "<b " not in shown.svg
    assert shown.svg.count("&lt;script&gt;") >= 3
