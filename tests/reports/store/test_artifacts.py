"""Files of runs that are lost or damaged: the report is drawn, and says in a line what it goes without."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pytest

from experiments import names
from experiments.store import moved
from experiments.trial import evaluation, samples
from reports import drawing, files
from reports.store import artifacts, reading
from reports.store.record import read_record
from tests.support.commands import answer
from tests.support.synthetic import Store, curve, once, state, tags

CLASSES = ("cat", "dog")
LABELS = np.array([0, 1, 1, 0])
ARMS = ("cnn", "res")
SEEDS = (0, 1, 2)


def leave(folder, seed):
    """Every file that a trial leaves; of four test images it gets one wrong, or two."""
    predicted = np.array([0, 1, 0, int(seed == 0)])
    probabilities = np.eye(2)[predicted]
    report = evaluation.test_report(probabilities, LABELS, CLASSES)
    (folder / names.TEST_REPORT_FILE).write_text(json.dumps(report))
    wrong = evaluation.mistakes(probabilities, LABELS, np.arange(4))
    (folder / names.MISTAKES_FILE).write_text(json.dumps(wrong))
    samples.save_tiles(folder / names.MISTAKES_PICTURE, np.zeros((len(wrong["shown"]), 8, 8, 3), np.uint8))
    samples.save_grid(folder / names.SAMPLE_GRID_FILE, [np.zeros((32, 8, 8, 3), np.uint8)])
    answers = dict.fromkeys(names.EVALUATED, probabilities)
    kept = evaluation.kept_answers(
        answers, dict.fromkeys(answers, LABELS), dict.fromkeys(answers, np.arange(4))
    )
    (folder / names.PROBABILITIES_FILE).write_bytes(kept)
    (folder / names.NETWORK_FILE).write_text('{"of": "another version"}')
    (folder / names.SPECIFICATION_FILE).write_text("{}")


@pytest.fixture(scope="module")
def whole(ready, tmp_path_factory):
    """A project folder with a study of two arms and three seeds, of which every file is there."""
    place = tmp_path_factory.mktemp("whole")
    shutil.copy(ready.uri.removeprefix("sqlite:///"), place / "mlflow.db")
    writer = Store(place / "mlflow.db")
    writer.clock = ready.clock
    study = writer.study("seen", targets=(0.5,))
    state(writer, study, ["recall of cat(res) > recall of cat(cnn)"], ARMS)
    for order, arm in enumerate(ARMS):
        for seed in SEEDS:
            run = writer.run(study, tags(arm, order, seed), curve([0.4, 0.6]) + once(0.75, 2))
            leave(Path(urlparse(writer.client.get_run(run).info.artifact_uri).path), seed)
    return place


@pytest.fixture
def place(whole, tmp_path):
    """A copy of it, to be spoiled, whose rows name the files beside it."""
    copy = shutil.copytree(whole, tmp_path / "project")
    moved.settle(uri_of(copy))
    return copy


def uri_of(place):
    return f"sqlite:///{place / 'mlflow.db'}"


def folders(place):
    """The folder of each run, in the order of the record."""
    runs = read_record(uri_of(place), "seen").runs
    return [reading.local_folder(each) for each in runs["artifacts"]]


def lacking(place):
    return artifacts.lacking(artifacts.checked(read_record(uri_of(place), "seen")))


def command(name, place):
    out = () if name in ("judge", "recommend") else ("--out", place / "figures")
    return answer(name, "seen", "--store", uri_of(place), *out, package="reports")


def test_of_whole_files_nothing_is_said(place):
    assert lacking(place) == ""
    assert folders(place)[0].is_relative_to(place)


def test_a_trial_without_these_files_misses_none(place):
    for folder in folders(place):
        for name in names.TRIAL_FILES:
            (folder / name).unlink()
        # As a pack of before: it had test reports alone.
        (folder / names.TEST_REPORT_FILE).write_text(
            '{"classes": ["cat", "dog"], "confusion_matrix": [[1, 1], [1, 1]]}'
        )
    assert lacking(place) == ""


def cut(file):
    file.write_bytes(file.read_bytes()[:-20])


def emptied(file):
    file.write_bytes(b"")


def of_another_kind(file):
    file.write_bytes(b'["no", "object"]')


def a_folder(file):
    file.unlink()
    (file / "within").mkdir(parents=True)


@pytest.mark.parametrize("spoil", [cut, emptied, of_another_kind, a_folder])
def test_a_damaged_file_is_named_with_its_trial(place, spoil):
    record = read_record(uri_of(place), "seen")
    folder = folders(place)[4]
    for name in names.TRIAL_FILES:
        before = (folder / name).read_bytes()
        spoil(folder / name)
        assert artifacts.lacking(artifacts.checked(record)) == (
            f"artifacts of 1 of 6 trials cannot be read (res seed 1: {name} is damaged): "
            f"this report goes without their {artifacts.SHOWN[name]}"
        )
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
        (folder / name).write_bytes(before)


def test_a_missing_test_report_is_told(place):
    (folders(place)[0] / names.TEST_REPORT_FILE).unlink()
    assert "(cnn seed 0: test_report.json is missing)" in lacking(place)


@pytest.mark.skipif(os.geteuid() == 0, reason="whoever has all rights reads everything")
def test_a_folder_that_may_not_be_read_is_told(place):
    folder = folders(place)[0]
    folder.chmod(0)
    try:
        assert f"(cnn seed 0: {folder}: Permission denied)" in lacking(place)
    finally:
        folder.chmod(0o700)


# What a server or a disk may answer, whoever tests.
def test_an_error_of_a_folder_or_a_server_is_told_and_is_not_asked_for_ever(place, monkeypatch):
    asked = []

    def files(uri, run_id, folder):
        asked.append(run_id)
        raise reading.StoreError("http://there does not answer (503): check --store")

    monkeypatch.setattr(reading, "files", files)
    assert "artifacts of 6 of 6 trials cannot be read (cnn seed 0, cnn seed 1, cnn seed 2 and 3 more: " in (
        lacking(place)
    )
    assert len(asked) == artifacts.IN_VAIN


def test_what_cannot_be_read_is_not_there_for_readers(place):
    cut(folders(place)[0] / names.TEST_REPORT_FILE)
    record = artifacts.checked(read_record(uri_of(place), "seen"))
    first, second = record.runs["run_id"].iloc[:2]
    assert record.file(first, names.TEST_REPORT_FILE) is None
    assert record.file(second, names.TEST_REPORT_FILE)
    assert record.by_setting()[0].file(first, names.TEST_REPORT_FILE) is None


@pytest.fixture
def one_figure(monkeypatch):
    """The figure that reads files of runs: the others are the same with and without."""
    monkeypatch.setattr(drawing, "FIGURES", {"reliability": drawing.FIGURES["reliability"]})


@pytest.mark.usefixtures("one_figure")
def test_a_store_whose_artifacts_were_deleted_has_a_report_that_says_so(place):
    assert command("draw", place).returncode == 0
    before = (place / "figures" / "seen" / "report.html").read_text()
    assert "Confusion matrix of cnn" in before and "cannot be read" not in before
    shutil.rmtree(place / names.ARTIFACTS / "seen")
    unchanged = command("draw", place)  # what was drawn is whole
    assert unchanged.returncode == 0 and "unchanged, nothing drawn" in unchanged.stdout
    checked = command("check", place)
    assert checked.returncode == 0
    (line,) = checked.stderr.splitlines()
    assert line.startswith("reports: artifacts of 6 of 6 trials cannot be read (cnn seed 0, cnn seed 1, ")
    assert f"nothing is left in {folders(place)[0]})" in line
    assert line.endswith(
        "without their confusion matrix and recalls, mistakes, pictures of mistakes, "
        "calibration and common errors, training images and networks"
    )

    shutil.rmtree(place / "figures")
    drawn = command("draw", place)
    assert (drawn.returncode, drawn.stderr) == (
        0,
        "reports: drawing seen: figures, tables, page …\n",
    )
    said = line.removeprefix("reports: ")
    assert f"Warning: {said}" in drawn.stdout
    folder = place / "figures" / "seen"
    assert f"Warning: {said}" in (folder / "results.md").read_text()
    page = (folder / "report.html").read_text()
    assert page.count("cannot be read") == 1 and "Confusion matrix" not in page
    assert not (folder / "reliability.png").exists()
    for name in ("judge", "recommend"):
        done = command(name, place)
        assert (done.returncode, done.stderr) == (0, f"{line}\n")
    assert json.loads(command("judge", place).stdout)["undecided"] == 1


@pytest.mark.usefixtures("one_figure")
def test_what_comes_back_is_drawn_again(place):
    cut(folders(place)[0] / names.TEST_REPORT_FILE)
    assert "Warning: artifacts of 1 of 6 trials" in command("draw", place).stdout
    page = (place / "figures" / "seen" / "report.html").read_text()
    assert '<h3>cnn <span class="muted">(2 trials)' in page
    assert not files.read_stamp(place / "figures" / "seen").whole
    leave(folders(place)[0], 0)
    again = command("draw", place)
    assert "unchanged" not in again.stdout and "cannot be read" not in again.stdout
    assert '<h3>cnn <span class="muted">(3 trials)' in (
        (place / "figures" / "seen" / "report.html").read_text()
    )
    assert "unchanged, nothing drawn" in command("draw", place).stdout


def test_a_picture_that_is_damaged_within_shows_nothing(place):
    from reports.tables import mistakes

    record = artifacts.checked(read_record(uri_of(place), "seen"))
    content = b"\xff\xd8 no picture \xff\xd9"
    for folder in folders(place):
        (folder / names.MISTAKES_PICTURE).write_bytes(content)
    assert artifacts.lacking(artifacts.checked(record)) == ""
    assert mistakes.hardest(record, record.file, CLASSES)[0] == []


def test_files_of_a_server_are_told_by_their_names_alone(place, monkeypatch):
    record = read_record(uri_of(place), "seen")
    far = replace(record, runs=record.runs.assign(artifacts="mlflow-artifacts:/1/x/artifacts"))
    monkeypatch.setattr(reading, "files", lambda *_: frozenset())
    assert "nothing is left in mlflow-artifacts:/1/x/artifacts)" in artifacts.lacking(artifacts.checked(far))


# The copy of a store whose rows name its original still: what is lost here is not taken from there.
def test_files_of_the_original_never_stand_for_those_of_a_copy(whole, tmp_path):
    copy = shutil.copytree(whole, tmp_path / "copy")
    assert lacking(copy) == ""
    shutil.rmtree(folders(copy)[0])
    assert f"(cnn seed 0: nothing is left in {folders(copy)[0]})" in lacking(copy)
    assert folders(copy)[0].is_relative_to(copy)
