"""What is kept of a data set: decoded once, made again where it is damaged or its files have changed."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image

from experiments.data import dataset, kept
from experiments.data.facts import Files, Wanted
from experiments.data.photographs import listing, reading
from experiments.errors import UserError
from tests.support.animals import CATS, opened, prepare, write

# Decoded once.


def test_the_second_look_decodes_nothing_and_a_changed_file_is_seen(animals, tmp_path, capfd):
    work = tmp_path / "work"
    source = f"path:{animals}"
    first = dataset.summary(Wanted(source), work)
    assert "preparing the data" in capfd.readouterr().err
    assert dataset.summary(Wanted(source), work) == first
    assert capfd.readouterr().err == ""

    # Another picture of the same size, with the time of the first: copied with its times, say.
    file = animals / "cat" / "1.png"
    state = file.stat()
    Image.fromarray(255 - CATS[0]).save(file)
    file.write_bytes(file.read_bytes().ljust(state.st_size, b"\0"))
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (state.st_size, state.st_mtime_ns)
    changed = dataset.summary(Wanted(source), work)
    assert changed.digest != first.digest
    # Both are kept.
    assert len(opened(first, work).labels) == len(opened(changed, work).labels) == 6


# Moved and touched, the same files are not decoded again: that they cannot be any more does not matter.
def test_files_that_were_moved_or_touched_are_not_decoded_again(animals, tmp_path, monkeypatch):
    work = tmp_path / "work"
    first = prepare(animals, work)
    moved = tmp_path / "moved"
    shutil.copytree(animals, moved)
    monkeypatch.setattr(reading, "read", lambda *_: pytest.fail("decoded again"))
    assert prepare(moved, work) == first
    (moved / "cat" / "1.png").touch()
    assert prepare(moved, work) == first
    wanted = Wanted(f"path:{moved}")
    index = kept.index_file(wanted, listing.of_source(wanted), work)
    assert sorted(Files.read(index).names)[0] == "cat/1.png"


def test_a_lost_copy_is_prepared_again(animals, tmp_path):
    work = tmp_path / "work"
    made = dataset.summary(Wanted(f"path:{animals}"), work)
    for folder in work.glob("data/*-*"):
        shutil.rmtree(folder)
    with pytest.raises(UserError, match="no prepared data set, or a part of one; start the study again"):
        opened(made, work)
    assert dataset.summary(Wanted(f"path:{animals}"), work) == made
    assert len(opened(made, work).labels) == 6


# What would be kept under the digest of the files that were listed is not what was decoded.
@pytest.mark.parametrize("change", ["rewritten", "added"])
def test_files_that_change_while_they_are_read_are_no_data_set(animals, tmp_path, monkeypatch, change):
    read = reading.read

    def changing(*arguments):
        found = read(*arguments)
        write(animals / "cat", CATS[:1] ^ 1, ("1.png" if change == "rewritten" else "4.png",))
        return found

    monkeypatch.setattr(reading, "read", changing)
    with pytest.raises(UserError, match=r"its files changed while they were read; start again"):
        prepare(animals, tmp_path)
    monkeypatch.undo()
    assert prepare(animals, tmp_path).train_part == (6 if change == "rewritten" else 7)


def test_a_file_that_comes_between_two_looks_is_told(animals, tmp_path, monkeypatch):
    in_child = dataset._prepare_in_child

    def adding(wanted, work):
        write(animals / "cat", CATS[:1] ^ 1, ("4.png",))
        in_child(wanted, work)

    monkeypatch.setattr(dataset, "_prepare_in_child", adding)
    with pytest.raises(UserError, match=r"its files changed while they were read; start again"):
        dataset.summary(Wanted(f"path:{animals}"), tmp_path)
    monkeypatch.undo()
    assert dataset.summary(Wanted(f"path:{animals}"), tmp_path).train_part == 7


@pytest.mark.parametrize("lost", ["dataset.json", "images.npy", "groups.npy"])
def test_a_prepared_data_set_of_which_a_part_was_deleted_is_made_again(animals, tmp_path, lost):
    shutil.copy(animals / "cat" / "1.png", animals / "cat" / "copy.png")  # so that there are groups
    wanted = Wanted(f"path:{animals}")
    before = dataset.summary(wanted, tmp_path)
    place = kept.folder(tmp_path, before.digest, before.partition)
    (place / lost).unlink()
    with pytest.raises(UserError, match="start the study again to prepare it"):
        opened(before, tmp_path)
    assert dataset.summary(wanted, tmp_path) == before
    assert len(np.unique(opened(before, tmp_path).groups)) == 6


def test_a_prepared_data_set_that_is_damaged_is_told(animals, tmp_path):
    facts = prepare(animals, tmp_path)
    images = kept.folder(tmp_path, facts.digest, facts.partition) / "images.npy"
    whole = images.read_bytes()
    for length in (0, 20, len(whole) // 2):
        images.write_bytes(whole[:length])
        with pytest.raises(UserError, match=r"damaged \(.*\); delete that folder and start the study again"):
            opened(facts, tmp_path)


def test_a_damaged_index_is_made_again(animals, tmp_path):
    before = prepare(animals, tmp_path)
    for file in (tmp_path / "data" / "index").glob("*.json"):
        file.write_text("")
    assert prepare(animals, tmp_path) == before
