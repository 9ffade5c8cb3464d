"""Folders and lists of mixed oddities: none ends in a traceback, and no image file is lost from the count."""

import csv
import io
import itertools
import os
import shutil
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments.data.facts import Files, Wanted
from experiments.data.kept import index_file
from experiments.data.photographs import listing
from experiments.data.prepare import prepare
from experiments.errors import UserError
from experiments.inspection import findings
from tests.support.mixtures import ENCODINGS, LAYOUTS, LINE_CHANGES, ODDITIES, Mixture, image_files

FEW, MANY = 15, 500


def few(examples):
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )


def prepared(wanted, work):
    """The facts, or None where the data is refused in one line."""
    try:
        facts = prepare(wanted, work)
    except UserError as error:
        assert str(error) and "\n" not in str(error), error
        return None
    origin = Files.read(index_file(wanted, listing.of_source(wanted), work))
    assert len(origin.names) == facts.images
    assert len(origin.bad) == facts.bad
    shown = findings.sections(facts, origin, wanted)
    kinds = len({each.kind for each in origin.bad})
    assert sum(len(each["findings"]) for each in shown) == len(facts.findings) + kinds
    assert all("\n" not in line for line in findings.lines(facts, origin))
    return facts


def assert_folders_account_for_all(place, examples):
    """Of each folder the images used and those left out make up the image files; how many were used."""
    numbers, used = itertools.count(), []

    @few(examples)
    @given(
        st.sampled_from(sorted(LAYOUTS)),
        st.lists(st.sampled_from(ODDITIES), max_size=7, unique=True),
        st.sampled_from(["refuse", "follow"]),
        st.sampled_from(["folders", "none"]),
        st.integers(0, 99),
    )
    def account(layout, oddities, links, groups, seed):
        folder = place / f"folder {next(numbers)}"
        mix = Mixture(folder, layout, seed)
        for add in oddities:
            add(mix)
        wanted = Wanted(f"path:{folder}", 8, links=links, groups=groups, on_bad="skip")
        facts = prepared(wanted, place / "work")
        if facts:
            used.append(facts.images)
            assert facts.images + facts.left_out == image_files(folder, layout, links), facts.findings
        for each in (folder, mix.elsewhere, place / "work"):
            shutil.rmtree(each, ignore_errors=True)

    account()
    return used


def assert_lists_account_for_all(place, examples):
    """Of each list the images used and those left out are as many as the files that its lines name."""
    numbers, used = itertools.count(), []

    @few(examples)
    @given(
        st.dictionaries(st.integers(0, 17), st.sampled_from(LINE_CHANGES), max_size=6),
        st.sampled_from(ENCODINGS),
        st.booleans(),
        st.sampled_from(["skip", "stop"]),
        st.integers(0, 99),
    )
    def account(changes, encoding, split, on_bad, seed):
        folder = place / f"folder {next(numbers)}"
        mix = Mixture(folder, "train and test", seed)
        (folder / "train" / "rust" / "0.png").rename(folder / "train" / "rust" / "é 사진.png")
        lines = [
            ",".join([os.path.relpath(file, folder), file.parent.name, *([file.parents[1].name] * split)])
            for file in sorted(folder.rglob("*.png"))
        ]
        for at, change in changes.items():
            lines[at] = change(lines[at])
        text = "\n".join([f"file,label{',split' * split}", *lines])
        (folder / "list.csv").write_bytes(text.encode(encoding, "replace"))
        wanted = Wanted(f"path:{folder / 'list.csv'}", 8, on_bad=on_bad)
        facts = prepared(wanted, place / "work")
        if facts:
            used.append(facts.images)
            assert facts.images + facts.left_out == named(text, folder)
        for each in (folder, mix.elsewhere, place / "work"):
            shutil.rmtree(each, ignore_errors=True)

    account()
    return used


def named(text, folder):
    """How many files the lines name, in whatever form."""
    rows = [[field.strip() for field in row] for row in list(csv.reader(io.StringIO(text)))[1:]]
    return len({meant(folder, row[0]) for row in rows if row and row[0]})


def meant(folder: Path, name: str) -> str:
    """The file that a path means, by its plainest form."""
    plain = unicodedata.normalize("NFC", os.path.normpath(folder / name)).casefold()
    return plain.removesuffix(".png")


def test_some_folders(tmp_path):
    assert assert_folders_account_for_all(tmp_path, FEW)


def test_some_lists(tmp_path):
    assert assert_lists_account_for_all(tmp_path, FEW)


@pytest.mark.fuzz
def test_hundreds_of_folders(tmp_path, capsys):
    used = assert_folders_account_for_all(tmp_path, MANY)
    with capsys.disabled():
        print(f"\n{MANY} folders, {len(used)} of them used")


@pytest.mark.fuzz
def test_hundreds_of_lists(tmp_path, capsys):
    used = assert_lists_account_for_all(tmp_path, MANY)
    with capsys.disabled():
        print(f"\n{MANY} lists, {len(used)} of them used")
