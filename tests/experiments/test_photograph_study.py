"""A study of photographs: what is doubtful about them is told at the terminal and in the store."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from experiments import names
from experiments.data import dataset
from experiments.data.facts import Facts, Finding, Wanted
from experiments.logs import events, trial_folder
from experiments.planning import plan
from experiments.store import client, page, tracking
from experiments.studies.reading import load, parse
from tests.support import commands, known_costs
from tests.support.places import TINY, make_place, planned_trials


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
    assert data.endswith(
        "photographs, 60 images of 2 classes, 2 more left out, 16×16 RGB: "
        "30 training, 10 validation, 18 test images"
    )
    assert [note[:24] for note in notes] == ["note: 2 files cannot be ", "note: 2 images are nearl"]


# A trial knows its images by content: the names are those of the folder that the study is on.
@pytest.mark.slow
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


@pytest.mark.slow
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
        findings=tuple(Finding("doubtful", f"{each} ж" * 400) for each in range(99)),
    )
    told = page.data_tags([facts])[names.DATA_NOTICES]
    assert len(told) < 5000
    assert re.fullmatch("and [0-9]{2} more", json.loads(told)[-1])


def test_all_that_is_told_of_two_dozen_kinds_stands_in_the_store():
    texts = [
        f"{number} files of a kind are left out, the first is {'folder/' * 9}{number}.png"
        for number in range(24)
    ]
    facts = Facts(
        digest="d", partition="p", classes=("a", "b"), image_shape=(8, 8, 3), train_part=9, test_part=0,
        findings=tuple(Finding("left out", text, 2) for text in texts),
    )  # fmt: skip
    told = json.loads(page.data_tags([facts])[names.DATA_NOTICES])
    assert told == ["48 of 57 image files are left out", *texts]
