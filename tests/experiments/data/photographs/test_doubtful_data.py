"""What is doubtful in a data set of one's own is told: at the terminal and in the store."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from experiments import names
from experiments.data import dataset
from experiments.data.facts import Facts, Wanted
from experiments.data.photographs import decoding, listing, reading
from experiments.errors import UserError
from experiments.logs import events, trial_folder
from experiments.planning import plan
from experiments.store import client, page, tracking
from experiments.studies.reading import load, parse
from tests.support import commands, known_costs
from tests.support.animals import PIXELS, opened, prepare, write
from tests.support.places import TINY, make_place, planned_trials
from tests.support.tiles import NAMES, tiles


@pytest.fixture
def photographs(tmp_path):
    """Two classes of thirty; one picture stands in both, and one more does so in a brighter copy."""
    folder = tmp_path / "photographs"
    write(folder / "leaf", tiles(0), NAMES)
    write(folder / "wall", tiles(60), NAMES)
    shutil.copy(folder / "leaf" / "3.png", folder / "wall" / "again.png")
    Image.fromarray(tiles(20, 1)[0]).point(lambda value: min(255, value + 12)).save(
        folder / "wall" / "bright.png"
    )
    return folder


# The pixels decide, not the bytes of the file: it is the same picture.
def test_a_photograph_under_two_labels_stops_a_study_or_both_are_left_out(photographs, tmp_path):
    Image.open(photographs / "leaf" / "3.png").save(photographs / "wall" / "again.png", optimize=True)
    source = f"path:{photographs}"
    with pytest.raises(UserError) as caught:
        dataset.summary(Wanted(source, 16), tmp_path)
    first = "leaf/3.png: shows the same pixels as wall/again.png, of another class"
    assert f"2 files cannot be used, the first is {first}; " in str(caught.value)
    facts = dataset.summary(Wanted(source, 16, on_bad="skip"), tmp_path)
    assert (facts.bad, facts.train_part) == (2, 60)
    (photographs / "leaf" / "3.png").unlink()
    (photographs / "wall" / "again.png").unlink()
    assert dataset.summary(Wanted(source, 16), tmp_path).digest == facts.digest


def test_files_that_are_left_out_leave_names_and_sizes_with_their_images(photographs, tmp_path):
    for number in (2, 4, 5):
        file = photographs / "leaf" / f"{number}.png"
        Image.open(file).resize((20 + number, 40)).save(file)
    found = reading.read(listing.listing(photographs), 16, tmp_path)
    assert len(found.files.names) == len(found.rows) == len(found.labels) == 60
    for name, size, row in zip(found.files.names, found.files.sizes, found.rows, strict=True):
        with Image.open(photographs / name) as image:
            assert image.size == size
            fitted = decoding.fitted(image.convert("RGB"), 16)
        np.testing.assert_array_equal(found.images[row], np.asarray(fitted))


def test_three_classes_of_one_photograph_are_all_left_out_and_equal_labels_stay(tmp_path):
    folder = tmp_path / "animals"
    for name, images in PIXELS.items():
        write(folder / name, images)
    write(folder / "emu", PIXELS["cat"][[0, 0]], ("1.png", "2.png"))
    write(folder / "emu", [255 - PIXELS["cat"][0]] * 2, ("3.png", "4.png"))
    facts = prepare(folder, tmp_path)
    assert (facts.bad, facts.train_part) == (3, 7)
    kept = opened(facts, tmp_path)
    assert np.bincount(kept.labels).tolist() == [2, 3, 2]
    assert PIXELS["cat"][0].tobytes() not in {image.tobytes() for image in kept.images}


def test_near_copies_of_two_classes_are_told_and_stay_together(photographs, tmp_path):
    facts = dataset.summary(Wanted(f"path:{photographs}", 16, on_bad="skip"), tmp_path)
    assert facts.notices == (
        "2 images are nearly the same as one of another class, the first are leaf/20.png and "
        "wall/bright.png; look whether their labels are right",
    )
    assert facts.all_notices[0].startswith(
        "2 files cannot be used and are left out, the first is leaf/3.png: shows"
    )


# Versions may be of the kind of picture; equal pixels are one picture whatever the study says.
def test_only_near_duplicates_may_stand_apart(photographs, tmp_path):
    for number in (0, 1):
        shutil.copy(photographs / "leaf" / f"{number}.png", photographs / "leaf" / f"copy of {number}.png")
    apart, together = (
        dataset.summary(Wanted(f"path:{photographs}", 16, each, "skip"), tmp_path)
        for each in ("apart", "together")
    )
    assert (apart.grouped, together.grouped) == (4, 6)
    assert apart.digest == together.digest
    assert apart.partition != together.partition  # each is kept in a folder of its own
    (told,) = apart.notices
    assert told.startswith("near duplicates are not looked for (near_duplicates: apart)")


@pytest.fixture
def study(photographs, tmp_path, monkeypatch):
    """A study of one arm and seed on them."""
    known_costs.know(monkeypatch)
    document = yaml.safe_load(TINY)
    data = {"source": f"path:{photographs}", "image_size": 16, "train": 30, "validation": 10, "test": 18}
    return make_place(
        tmp_path,
        yaml.safe_dump(
            {
                **document,
                "data": data | {"on_bad": "skip"},
                "models": {"plain_cnn": document["models"]["plain_cnn"]},
                "seeds": [1],
            }
        ),
    )


def test_a_plan_tells_the_data_and_what_to_know_of_it(study, capsys):
    assert commands.run("plan", study.study, "--work", study.work, "--store", study.store) == 0
    _, data, *notes, _, _, _ = capsys.readouterr().out.splitlines()
    assert data.endswith("photographs, 2 classes, 16×16 RGB: 30 training, 10 validation, 18 test images")
    assert [note[:24] for note in notes] == ["note: 2 files cannot be ", "note: 2 images are nearl"]


# A trial knows its images by content: the names are those of the folder that the study is on.
def test_mistakes_have_the_names_of_the_study_s_own_files(study, photographs, tmp_path):
    (planned,) = planned_trials(study)
    place = trial_folder.of(study.work, planned.trial)
    trial_folder.begin(place, planned.trial)
    command = [sys.executable, "-m", "experiments.trial", str(place)]
    done = subprocess.run(command, **study.surroundings())
    assert done.returncode == 0, done.stderr
    told = events.read(trial_folder.log(place))
    assert "file" not in json.loads((place / names.MISTAKES_FILE).read_text())

    other = tmp_path / "other"
    shutil.copytree(photographs, other)
    for file in other.glob("*/*.png"):
        file.rename(file.with_name(f"renamed {file.name}"))
    for folder, prefix in ((photographs, ""), (other, "renamed ")):
        facts = dataset.summary(Wanted(f"path:{folder}", 16, on_bad="skip"), study.work)
        content = (planned.trial.data_digest, planned.trial.partition)
        assert (facts.digest, facts.partition) == content
        projection = tracking.Projection(study.store, folder.name, {content: facts.index})
        projection.project(planned, place, told)
        opened_ = client.opened(study.store)
        (run,) = opened_.search_runs([opened_.get_experiment_by_name(folder.name).experiment_id])
        file = opened_.download_artifacts(run.info.run_id, names.MISTAKES_FILE, str(tmp_path))
        wrong = json.loads(Path(file).read_text())
        assert len(wrong["file"]) == len(wrong["image"]) > 0
        for name, label in zip(wrong["file"], wrong["true"], strict=True):
            assert (folder / name).is_file()
            assert name.startswith(("leaf/", "wall/")[label] + prefix)


def test_a_study_tells_its_store_what_to_know_of_its_data(study, photographs):
    document = load(study.study)
    read = parse(document, study.study)
    told = page.data_tags(plan.data(read, study.work).values())
    assert told[names.BAD_FILES] == "2"
    assert [each[:24] for each in json.loads(told[names.DATA_NOTICES])] == [
        "2 files cannot be used a", "2 images are nearly the "
    ]  # fmt: skip
    # Once mended, nothing is told any more, though the images are the same and nothing trains again.
    for name in ("leaf/3.png", "wall/again.png", "wall/bright.png"):
        (photographs / name).unlink()
    assert page.data_tags(plan.data(read, study.work).values()) == {
        names.BAD_FILES: "0",
        names.DATA_NOTICES: "[]",
    }


def test_a_thousand_notices_are_no_tag_that_a_store_would_cut():
    facts = Facts(
        digest="d",
        partition="p",
        classes=("a", "b"),
        image_shape=(8, 8, 3),
        train_part=9,
        test_part=0,
        notices=tuple(f"{each} ж" * 400 for each in range(99)),
    )
    told = page.data_tags([facts])[names.DATA_NOTICES]
    assert len(told) < 5000
    assert json.loads(told)[-1] == "and 88 more"


# A camera's 12 bits lie in the lower ones of 16, of which the upper eight are kept: 0 to 15.
def test_images_that_are_nearly_black_are_told(photographs, tmp_path):
    deep = (np.asarray(Image.fromarray(tiles(50, 1)[0]).convert("L")).astype(np.uint16) + 1) * 16 - 1
    Image.fromarray(deep).save(photographs / "leaf" / "deep.tif")
    facts = dataset.summary(Wanted(f"path:{photographs}", 16, on_bad="skip"), tmp_path)
    (told,) = [each for each in facts.notices if "black" in each]
    assert told == (
        "1 of 61 images is nearly black, the first is leaf/deep.tif (12 bits of grey in a file of 16 become "
        "so)"
    )
    Image.fromarray(deep * 16).save(photographs / "leaf" / "deep.tif")
    facts = dataset.summary(Wanted(f"path:{photographs}", 16, on_bad="skip"), tmp_path)
    assert not any("black" in each for each in facts.notices)
