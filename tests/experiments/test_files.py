"""What a killed process left half-written is found by its number and removed; others are left alone."""

import os
import subprocess
import sys

import psutil
import pytest

from experiments import files, processes


def gone() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_only_what_nobody_writes_any_more_is_removed(tmp_path):
    dead, alive = gone(), os.getppid()
    (tmp_path / f"a.json.unfinished-{dead}").write_text("half")
    (tmp_path / f"folder.unfinished-{dead}").mkdir()
    (tmp_path / f"folder.unfinished-{dead}" / "images.npy").write_text("half")
    (tmp_path / f"a.json.unfinished-{alive}").write_text("half")
    (tmp_path / "a.json").write_text("whole")
    # A folder of the user's, who may call files as they like.
    (tmp_path / "notes.unfinished-draft").mkdir()
    before = {file.name for file in tmp_path.iterdir()}
    assert files.beside(tmp_path / "b.json") == tmp_path / f"b.json.unfinished-{os.getpid()}"
    assert {file.name for file in tmp_path.iterdir()} == before
    files.beside(tmp_path / "a.json")
    assert before - {file.name for file in tmp_path.iterdir()} == {f"a.json.unfinished-{dead}"}
    files.sweep(tmp_path)
    kept = {"a.json", f"a.json.unfinished-{alive}", "notes.unfinished-draft"}
    assert {file.name for file in tmp_path.iterdir()} == kept


# SQLite's own files beside a database that was being made.
@pytest.mark.parametrize("end", files.OF_SQLITE)
def test_what_sqlite_left_goes_with_it(tmp_path, end):
    left = tmp_path / f"mlflow.db.unfinished-{gone()}{end}"
    alive = tmp_path / f"mlflow.db.unfinished-{os.getppid()}{end}"
    for file in (left, alive, tmp_path / f"mlflow.db{end}"):
        file.write_text("half")
    files.beside(tmp_path / "mlflow.db")
    assert not left.exists()
    assert alive.exists() and (tmp_path / f"mlflow.db{end}").exists()


def test_an_owner_is_gone_when_its_process_is():
    assert not processes.is_gone(processes.signature())
    host, number, began = processes.signature().split()
    assert processes.is_gone(f"{host} {gone()} {began}")
    # The same number, given to another process later.
    assert processes.is_gone(f"{host} {number} {psutil.Process().create_time() - 60:.2f}")
    # Of other hosts nothing is known.
    assert not processes.is_gone(f"other-{host} {gone()} {began}")
    assert not processes.is_gone("")


def test_a_number_that_another_process_has_by_now_saves_nothing(tmp_path):
    left = tmp_path / f"a.json.unfinished-{os.getppid()}"
    left.write_text("half")
    files.sweep(tmp_path)
    assert left.exists()
    before = psutil.Process(os.getppid()).create_time() - 60
    os.utime(left, (before, before))
    files.sweep(tmp_path)
    assert not left.exists()


def test_a_file_is_replaced_by_text_or_bytes(tmp_path):
    files.replace(tmp_path / "a", "ü\n")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xbc\n"
    files.replace(tmp_path / "a", b"\xff")
    assert (tmp_path / "a").read_bytes() == b"\xff"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_a_target_stays_as_it_was_where_writing_fails(tmp_path):
    target = tmp_path / "a.csv"
    target.write_text("before")
    with pytest.raises(ValueError), files.writing(target) as part:
        part.write_text("half")
        raise ValueError
    assert target.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]
