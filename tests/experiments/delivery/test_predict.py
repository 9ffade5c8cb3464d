"""A folder of images through a model's files: the images as the model was trained on them, a row each."""

import csv
import re

import numpy as np
import pytest
from PIL import Image, ImageOps

from experiments import names
from experiments.data import crops
from experiments.delivery import models
from experiments.errors import UserError
from experiments.logs import trial_folder
from experiments.store import client
from experiments.studies.specification import Recipe, Trial
from experiments.trial import build, saved
from experiments.trial.load import EvaluatedImages, TrainingData
from tests.support import commands

CLASSES = ("cat", "dog", "owl")
GENERATOR = np.random.default_rng(3)


def saved_model(work, channels, image_size=20, crop=16, windows="centre", classes=CLASSES, grey_range=None):
    """A plain CNN of drawn weights in work/<id>/model, as a trial leaves it."""
    shape = (crop or 16, crop or 16, channels)
    images = GENERATOR.integers(0, 256, (6, *shape), np.uint8)
    evaluated = EvaluatedImages(images, np.arange(6) % 3)
    data = TrainingData(images, evaluated.labels, 3, crop=None, train_slice=evaluated, validation=evaluated)
    arguments = {"filters": [4], "kernels": [3], "dense": 8}
    learner = build.learner("plain_cnn", arguments, data, Recipe(), seed=7)
    trial = Trial(
        model="plain_cnn", arguments=arguments, data_digest="d", partition="p", image_size=image_size,
        crop=crop, windows=windows, train=6, validation=3, test=3, split_seed=0, recipe=Recipe(), seed=1,
    )  # fmt: skip
    saved.save(learner, work / trial.id / "model", classes, shape, trial, grey_range)
    return trial.id, learner


@pytest.fixture
def photographs(tmp_path):
    """Three pictures, not square, one of them grey and in a folder below."""
    folder = tmp_path / "photographs"
    (folder / "below").mkdir(parents=True)
    for name, mode, size in (
        ("b.png", "RGB", (40, 30)),
        ("a.png", "RGB", (24, 50)),
        ("below/c.png", "L", (20, 20)),
    ):
        channels = () if mode == "L" else (3,)
        pixels = GENERATOR.integers(0, 256, (size[1], size[0], *channels), np.uint8)
        Image.fromarray(pixels).save(folder / name)
    return folder


def run(*arguments):
    return commands.run("predict", *arguments)


def test_sixteen_bits_are_seen_by_the_range_of_the_training_images(tmp_path):
    folder = tmp_path / "photographs"
    folder.mkdir()
    deep = GENERATOR.integers(32_000, 34_000, (20, 20), np.uint16)
    Image.fromarray(deep).save(folder / "a.png")
    low, high = 32_500, 33_523  # 1,024 levels: four each
    shallow = ((deep.astype(int).clip(low, high) - low) // 4).astype(np.uint8)
    Image.fromarray(shallow).save(folder / "b.png")
    trial, _ = saved_model(tmp_path, 1, grey_range=(low, high))
    table = tmp_path / "predictions.csv"
    assert run(trial, folder, "--to", table, "--work", tmp_path, "--store", "sqlite:///none") == 0
    one, other = csv.reader(table.read_text().splitlines()[1:])
    assert one[1:] == other[1:]
    assert shallow.std() > 50


def test_a_table_with_letters_of_other_scripts_is_marked_for_spreadsheets(tmp_path, photographs):
    table = tmp_path / "predictions.csv"
    where = ("--to", table, "--work", tmp_path, "--store", "sqlite:///none")
    for classes, mark in ((CLASSES, b"file"), (("고양이", "dog", "owl"), b"\xef\xbb\xbffile")):
        trial, _ = saved_model(tmp_path, 3, classes=classes)
        assert run(trial, photographs, *where) == 0
        assert table.read_bytes().startswith(mark)
    [row] = [each for each in csv.DictReader(table.open(encoding="utf-8-sig")) if each["file"] == "a.png"]
    assert "고양이" in row


@pytest.mark.parametrize(("channels", "mode"), [(3, "RGB"), (1, "L")])
def test_each_image_gets_its_probabilities(monkeypatch, tmp_path, photographs, channels, mode):
    trial, learner = saved_model(tmp_path, channels)
    table = tmp_path / "predictions.csv"
    assert run(trial, photographs, "--to", table, "--work", tmp_path, "--store", "sqlite:///none") == 0
    rows = list(csv.DictReader(table.open()))
    files = ["a.png", "b.png", "below/c.png"]
    assert [row["file"] for row in rows] == files
    # By hand: the short side to 20 pixels, the long one cut about its centre, then the central 16.
    fitted = [
        ImageOps.fit(Image.open(photographs / file).convert("RGB"), (20, 20), Image.Resampling.BILINEAR)
        for file in files
    ]
    seen = [np.asarray(image.convert(mode)).reshape(20, 20, channels)[2:18, 2:18] for image in fitted]
    expected = learner.predict(np.stack(seen))
    found = np.array([[float(row[name]) for name in CLASSES] for row in rows])
    np.testing.assert_allclose(found, expected, atol=2e-6)
    assert [row["class"] for row in rows] == [CLASSES[best] for best in expected.argmax(axis=1)]
    np.testing.assert_allclose([float(row["probability"]) for row in rows], expected.max(axis=1), atol=2e-6)


def test_an_image_of_another_size_is_refused(capsys, tmp_path, photographs):
    trial, _ = saved_model(tmp_path, 3, image_size=None, crop=None)
    assert run(trial, photographs, "--to", tmp_path / "p.csv", "--work", tmp_path) == 2
    assert "a.png: 24×50 pixels; the model takes 16×16" in capsys.readouterr().err
    assert not (tmp_path / "p.csv").exists()


@pytest.mark.parametrize("damage", ["{", '{"classes": ["cat"]}', '{"model": "none"}'])
def test_files_that_are_no_model_are_refused(tmp_path, damage):
    trial, _ = saved_model(tmp_path, 3)
    (tmp_path / trial / "model" / "model.json").write_text(damage)
    with pytest.raises(UserError, match="not a model of this program"):
        saved.load(tmp_path / trial / "model")


def test_a_damaged_network_is_refused(tmp_path):
    trial, _ = saved_model(tmp_path, 3)
    (tmp_path / trial / "model" / "model.keras").write_bytes(b"no archive")
    with pytest.raises(UserError, match="not a model of this program"):
        saved.load(tmp_path / trial / "model")


# A grid of 16 on 20 × 20: the windows in the four corners; by hand, and in as many portions as photographs.
def test_a_grid_is_averaged_over_an_image(monkeypatch, tmp_path, photographs):
    trial, learner = saved_model(tmp_path, 3, windows="grid")
    monkeypatch.setattr(crops, "IN_MEMORY", 1)
    (photographs / ".hidden.png").write_text("no picture")
    (photographs / "a folder.png").mkdir()
    table = tmp_path / "predictions.csv"
    where = ["--work", tmp_path, "--store", "sqlite:///none"]
    assert run(trial, photographs, "--to", table, *where) == 0
    rows = list(csv.DictReader(table.open()))
    assert [row["file"] for row in rows] == ["a.png", "b.png", "below/c.png"]
    monkeypatch.undo()
    for row in rows:
        image = ImageOps.fit(
            Image.open(photographs / row["file"]).convert("RGB"), (20, 20), Image.Resampling.BILINEAR
        )
        corners = [(0, 0), (4, 0), (0, 4), (4, 4)]
        windows = [np.asarray(image.crop((left, top, left + 16, top + 16))) for left, top in corners]
        expected = learner.predict(np.stack(windows)).mean(axis=0)
        assert [float(row[name]) for name in CLASSES] == pytest.approx(expected, abs=2e-6)


def test_nothing_is_left_of_a_prediction_that_failed(capsys, tmp_path, photographs):
    trial, _ = saved_model(tmp_path, 3)
    (photographs / "z.png").write_text("no picture")
    where = ["--to", tmp_path / "out.csv", "--work", tmp_path, "--store", "sqlite:///none"]
    assert run(trial, photographs, *where) == 2
    assert "z.png: cannot be read as an image (not an image)" in capsys.readouterr().err
    assert not list(tmp_path.glob("*out.csv*"))


def test_files_that_cannot_be_used_are_left_out_and_named_where_that_is_asked(
    monkeypatch, capsys, tmp_path, photographs
):
    trial, _ = saved_model(tmp_path, 3)
    (photographs / "0.png").write_text("no picture")
    (photographs / "z.png").write_text("no picture")
    (photographs / "y.heic").write_text("phone")
    (photographs / "x.png").symlink_to(tmp_path / "nowhere")
    (photographs / ".cache").mkdir()
    (photographs / ".cache" / "a.png").write_bytes((photographs / "a.png").read_bytes())
    where = ["--to", tmp_path / "out.csv", "--work", tmp_path, "--store", "sqlite:///none"]
    where += ["--on-bad", "skip"]
    assert run(trial, photographs, *where) == 0
    rows = list(csv.DictReader((tmp_path / "out.csv").open()))
    assert [row["file"] for row in rows] == ["a.png", "b.png", "below/c.png"]
    told = capsys.readouterr().out
    for name in ("0.png", "z.png"):
        assert f"left out: {photographs / name}: cannot be read as an image (not an image)" in told
    assert "y.heic: cannot be read as an image (a format that is not read; save it as JPEG" in told
    assert "x.png: cannot be read (No such file or directory)" in told


def test_a_folder_of_bad_files_alone_is_refused(capsys, tmp_path, photographs):
    trial, _ = saved_model(tmp_path, 3)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "0.png").write_text("no picture")
    where = ["--to", tmp_path / "out.csv", "--work", tmp_path, "--on-bad", "skip"]
    assert run(trial, tmp_path / "bad", *where) == 2
    assert re.search(r"bad: no image in it can be used; the first: .*0\.png", capsys.readouterr().err)
    assert not (tmp_path / "out.csv").exists()


@pytest.fixture
def ids(tmp_path):
    """A store with two complete runs, and two trials here, of which one is that of a run."""
    store, work = f"sqlite:///{tmp_path / 'm.db'}", tmp_path / "work"
    client.make_whole(store)
    opened = client.opened(store)
    experiment = opened.create_experiment("any", artifact_location=(tmp_path / "files").as_uri())
    trials = ("abcdef01", "abcd0000")
    runs = []
    for trial in ("abcdef01", "elsewhere"):
        tags = {names.TRIAL: trial, names.COMPLETE: "true"}
        runs.append(opened.create_run(experiment, tags=tags).info.run_id)
    for trial in trials:
        (work / trial / names.MODEL_FOLDER).mkdir(parents=True)
        (work / trial / trial_folder.LOG).touch()
    return store, work, trials, runs


def test_the_beginning_of_an_id_will_do(ids):
    store, work, trials, runs = ids
    shortest = next(length for length in range(1, 33) if runs[0][:length] != runs[1][:length])
    for short, whole in (
        (trials[0][:5], trials[0]),
        (runs[1][: max(shortest, 8)], runs[1]),
        (runs[1], runs[1]),
    ):
        assert models.whole_id(short, work, store) == whole
    assert models.whole_id("xyz", work, store) == "xyz"  # the store will say what is wrong
    assert models.whole_id("xyz", work, "sqlite:////no/such.db") == "xyz"


def test_the_beginning_of_several_ids_is_refused(ids):
    store, work, _, runs = ids
    with pytest.raises(UserError, match="RUN=abcd fits trial abcd0000, trial abcdef01; give more of the id"):
        models.whole_id("abcd", work, store)
    # A trial here and a run of another trial in the store.
    (work / f"{runs[1][:6]}zz").mkdir()
    (work / f"{runs[1][:6]}zz" / trial_folder.LOG).touch()
    with pytest.raises(UserError, match=f"fits trial {runs[1][:6]}zz, run {runs[1]}; give more"):
        models.whole_id(runs[1][:6], work, store)


def test_the_model_of_a_run_is_brought_from_the_store(ids, tmp_path):
    store, work, _, runs = ids
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").write_text("{}")
    client.opened(store).log_artifacts(runs[1], str(tmp_path / "model"), names.MODEL_FOLDER)
    (tmp_path / "brought").mkdir()
    found = models.model_folder(runs[1], work, store, tmp_path / "brought")
    assert (found / "model.json").read_text() == "{}"
