"""What is doubtful in a data set of one's own is told: at the terminal and by the trials."""

import json
import shutil
import subprocess
import sys

import known_costs
import numpy as np
import pytest
import yaml
from animals import PIXELS, opened, prepare, write
from PIL import Image
from places import TINY, make_place, planned_trials
from sklearn.datasets import load_sample_images

from experiments import attempts, compare, datasets, events, fit, names, preparation
from experiments.datasets import Wanted
from experiments.errors import UserError

PICTURE = load_sample_images().images[0]
NAMES = [f"{number}.png" for number in range(30)]


def tiles(offset, count=30):
    """Parts of a photograph that are unlike each other, 32 × 32."""
    places = [(top, left) for top in range(0, 384, 32) for left in range(0, 640, 32)]
    return [PICTURE[top : top + 32, left : left + 32] for top, left in places[offset : offset + count]]


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
        datasets.summary(Wanted(source, 16), tmp_path)
    first = "leaf/3.png: shows the same pixels as wall/again.png, of another class"
    assert f"2 files cannot be used, the first is {first}; " in str(caught.value)
    facts = datasets.summary(Wanted(source, 16, on_bad="skip"), tmp_path)
    assert (facts.bad, facts.train_part) == (2, 60)
    (photographs / "leaf" / "3.png").unlink()
    (photographs / "wall" / "again.png").unlink()
    assert datasets.summary(Wanted(source, 16), tmp_path).digest == facts.digest


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
    facts = datasets.summary(Wanted(f"path:{photographs}", 16, on_bad="skip"), tmp_path)
    assert facts.notices == (
        "2 images are nearly the same as one of another class, the first are leaf/20.png and "
        "wall/bright.png; look whether their labels are right",
    )
    assert facts.told[0].startswith("2 files cannot be used and are left out, the first is leaf/3.png: shows")
    apart = datasets.summary(Wanted(f"path:{photographs}", 16, "apart", "skip"), tmp_path)
    assert apart.notices == ()


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


def test_a_plan_tells_the_data_and_what_to_know_of_it(study, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", study.command("--dry-run")[2:])
    assert compare.main() == 0
    _, data, *notes, _, _, _ = capsys.readouterr().out.splitlines()
    assert data.endswith("photographs, 2 classes, 16×16 RGB: 30 training, 10 validation, 18 test images")
    assert [note[:24] for note in notes] == ["note: 2 files cannot be ", "note: 2 images are nearl"]


def test_a_trial_notes_them_and_the_files_of_its_mistakes(study, photographs):
    (planned,) = planned_trials(study)
    place = attempts.folder(study.work, planned.trial)
    attempts.begin(place, planned.trial)
    command = [sys.executable, "-m", "experiments.trial", str(place)]
    done = subprocess.run(command, **study.surroundings())
    assert done.returncode == 0, done.stderr
    told = events.read(attempts.log(place))
    assert told[0].tags[names.BAD_FILES] == "2"
    assert len(json.loads(told[0].tags[names.DATA_NOTICES])) == 2
    wrong = json.loads((place / names.MISTAKES_FILE).read_text())
    assert len(wrong["file"]) == len(wrong["image"])
    classes = ("leaf", "wall")
    assert [file.split("/")[0] for file in wrong["file"]] == [classes[label] for label in wrong["true"]]
    assert all((photographs / file).is_file() for file in wrong["file"])


# Two folders of one content under other names: names and notices are of the one that was used last.
def test_names_are_those_of_the_source_used_last(photographs, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(photographs, other)
    (other / "leaf" / "0.png").rename(other / "leaf" / "renamed.png")
    (other / "wall" / "bad.png").write_text("no picture")
    for folder, bad, name in ((photographs, 2, "leaf/0.png"), (other, 3, "leaf/renamed.png")) * 2:
        facts = datasets.summary(Wanted(f"path:{folder}", 16, on_bad="skip"), tmp_path)
        known, files = preparation.origin(facts.digest, facts.partition, tmp_path)
        assert (known.bad, name in files.names) == (bad, True)


# Ten of the test part are copies of training images: these go, no test image does.
def test_copies_of_test_images_cost_training_images_alone(tmp_path):
    folder = tmp_path / "parts"
    for label, offset in (("leaf", 0), ("wall", 60)):
        write(folder / "train" / label, tiles(offset), NAMES)
        write(folder / "test" / label, tiles(offset + 25, 10), NAMES[:10])
    facts = datasets.summary(Wanted(f"path:{folder}", 16), tmp_path)
    asked = {"train": 100, "validation": 50, "test": 200}
    found = fit.sizes(asked, facts, 0, tmp_path)
    assert found["test"] == 20
    assert 40 <= found["train"] + found["validation"] <= 50
