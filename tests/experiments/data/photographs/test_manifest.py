"""Manifests: the same images as a folder are the same data; whatever is wrong is told with its line."""

import csv
import shutil
import unicodedata

import numpy as np
import pytest

from experiments.data import kept, splits
from experiments.data import prepare as preparation
from experiments.data.facts import Files, Wanted
from experiments.data.photographs.listing import of_source
from experiments.data.photographs.manifest import SKIP
from tests.support.animals import PIXELS, opened, prepare, refusal, write

NAMES = ("1.png", "2.jpg", "3.png")


@pytest.fixture
def parted(tmp_path):
    """Two classes of three pictures, one of each in test/."""
    for name, images in PIXELS.items():
        write(tmp_path / "all" / name, images, NAMES)
        for file, part in zip(NAMES, ("train", "train", "test"), strict=True):
            (tmp_path / "parted" / part / name).mkdir(parents=True, exist_ok=True)
            shutil.copy(tmp_path / "all" / name / file, tmp_path / "parted" / part / name / file)
    return tmp_path / "parted"


def rows_of(folder):
    """file, label, split of a parted folder."""
    return [
        [str(file.relative_to(folder)), file.parent.name, file.parent.parent.name]
        for file in sorted(folder.rglob("*.*"))
    ]


def write_list(path, rows, header=("file", "label", "split")):
    with path.open("w", newline="", encoding="utf-8") as opened_:
        csv.writer(opened_).writerows([header, *rows])
    return path


def test_a_manifest_is_the_same_data_as_its_folder(parted, tmp_path):
    folder, work = prepare(parted, tmp_path / "one"), tmp_path / "two"
    # Another order, and labels that are not the folders' doing.
    shuffled = rows_of(parted)[::-1]
    listed = prepare(write_list(parted / "list.csv", shuffled), work)
    assert (listed.digest, listed.partition) == (folder.digest, folder.partition)
    pooled = prepare(parted.parent / "all", tmp_path / "three")
    assert pooled.digest == folder.digest
    assert pooled.partition != folder.partition

    def digests(facts, place):
        data = opened(facts, place)
        found = splits.split(
            np.asarray(data.labels),
            np.asarray(data.in_test),
            data.groups,
            train=2,
            validation=2,
            test=2,
            seed=0,
        )
        return splits.digests(found, data.image_digests)

    assert digests(listed, work) == digests(folder, tmp_path / "one")


def test_groups_of_a_manifest_and_folders_below_a_class_are_the_same(tmp_path):
    for name, images in PIXELS.items():
        write(tmp_path / "bursts" / name / "burst", images[:2], NAMES[:2])
        write(tmp_path / "bursts" / name, images[2:], NAMES[2:])
    by_folder = prepare(tmp_path / "bursts", tmp_path / "one")
    rows = [
        [
            str(file.relative_to(tmp_path / "bursts")),
            label,
            f"a burst of {label}s" if "burst/" in str(file) else "",
        ]
        for label in PIXELS
        for file in sorted((tmp_path / "bursts" / label).rglob("*.*"))
        if file.is_file()
    ]
    rows = [[file, label, group if "/burst/" in f"/{file}" else ""] for file, label, group in rows]
    manifest = write_list(tmp_path / "bursts" / "list.csv", rows, ("file", "label", "group"))
    by_list = prepare(manifest, tmp_path / "two")
    assert by_list == by_folder
    data = opened(by_folder, tmp_path / "one")
    assert by_folder.grouped == 4
    assert sorted(np.bincount(data.groups).tolist()) == [1, 1, 2, 2]


HEAD = "file,label,split\n"
GOOD = "all/cat/1.png,cat,train\nall/dog/1.png,dog,train\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ":1: no column 'file': the file is empty; the first line is file,label[,split][,group]"),
        ("file;label\na;b\n", ":1: no column 'file': its fields are parted by semicolons, not by commas; the "
         "first line is file,label[,split][,group]"),
        ("file\tlabel\na\tb\n", ":1: no column 'file': its fields are parted by tabs, not by commas; the "
         "first line is file,label[,split][,group]"),
        ("File, Label\n", ":1: no column 'file' but 'File'; the first line is file,label[,split][,group]"),
        ("path,label\n", ":1: no column 'file' among 'path, label'; the first line is "
         "file,label[,split][,group]"),
        ("file,label,weight\n", ":1: unknown column 'weight'; choose from: file, label, split, group"),
        ("file,label,label\n", ":1: column 'label' stands there twice"),
        (HEAD + GOOD + "all/cat/2.jpg,cat\n", ":4: expected 3 fields, file,label,split"),
        (HEAD + GOOD + "all/cat/2.jpg,cat,train,x\n", ":4: expected 3 fields, file,label,split"),
        (HEAD + GOOD + ",cat,train\n", ":4: file: a path is needed, not ''"),
        (HEAD + GOOD + "all/cat/2.jpg, ,train\n", ":4: label: a class name is needed"),
        (
            HEAD + GOOD + "all/cat/2.jpg,cat,value\n",
            ":4: split: 'value' is none of 'train', 'validation' (or 'val') and 'test'",
        ),
        (
            HEAD + GOOD + "all/cat/1.png,dog,train\n",
            ":4: file: 'all/cat/1.png' stands in line 2 already with label 'cat', here it has 'dog'",
        ),
        (HEAD + GOOD + '"all/cat/2.jpg,cat,train\n', ":4: not valid CSV (unexpected end of data)"),
        (HEAD + GOOD.replace("dog,train", "cat,train"),
         ": 2 images of 1 classes; two classes are needed"),
        ("file,label\nall/cat/1.png,Cat\nall/dog/1.png,dog\nall/cat/2.jpg,cat\n",
         ": classes 'Cat' and 'cat' differ in case, spaces, leading zeros or Unicode form alone; give them "
         "one name, or two that differ"),
        ("file,label\nall/cat/1.png,1\nall/dog/1.png,dog\nall/cat/2.jpg,01\n",
         ": classes '01' and '1' differ in case, spaces, leading zeros or Unicode form alone; give them one "
         "name, or two that differ"),
        ("file,label\nall/cat/1.png,caf\u00e9\nall/dog/1.png,dog\nall/cat/2.jpg,cafe\u0301\n",
         ": classes 'cafe\\u0301' and 'caf\\xe9' differ in case, spaces, leading zeros or Unicode form "
         "alone; give them one name, or two that differ"),
        ("file,label,split,group\nall/cat/1.png,cat,train,a\nall/dog/1.png,dog,train,b\n"
         "all/cat/2.jpg,cat,test,a\nall/dog/2.jpg,dog,test,b\n",
         ": group 'a' stands in train and in the test part with all/cat/1.png and all/cat/2.jpg (and 1 "
         "more); put all of a group on one side"),
        (HEAD + GOOD + "all/cat/2.jpg,cat,test\n",
         ": class 'dog' stands in train but not in the test part; add some of it there or leave it out"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_with_a_manifest_is_told_with_its_line(parted, tmp_path, text, told):
    manifest = tmp_path / "list.csv"
    manifest.write_text(text, encoding="utf-8")
    assert refusal(manifest, tmp_path).removesuffix(SKIP) == f"data source path:FOLDER{told}"


def test_lines_that_cannot_be_used_are_left_out_if_one_says_so(parted, tmp_path):
    rows = [[file, label, part] for file, label, part in rows_of(parted)]
    manifest = write_list(parted / "list.csv", rows)
    (whole,) = {prepare(manifest, tmp_path).images}
    file, label, part = rows[-1]
    more = [
        [file, "dog" if label == "cat" else "cat", part],
        ["", "cat", "train"],
        ["all/cat/1.png", "", "train"],
        ["new.png", "cat", "exam"],
        ["new.png", "cat"],
        [rows[-2][0], "", ""],
    ]
    write_list(manifest, [*rows, *more])
    assert refusal(manifest, tmp_path).endswith(SKIP)
    wanted = Wanted(f"path:{manifest}", on_bad="skip")
    facts = preparation.prepare(wanted, tmp_path)
    # The file with two labels, of which nobody knows the right one, and those of two lines that mean nothing.
    assert (facts.images, facts.bad, facts.left_out) == (whole - 1, 3, 3)
    origin = Files.read(kept.index_file(wanted, of_source(wanted), tmp_path))
    bad = {each.name: each.reason for each in origin.bad}
    assert "with label" in bad[file]
    assert bad[f"list.csv:{len(rows) + 4}"] == "label: a class name is needed"
    assert bad[f"list.csv:{len(rows) + 5}"].startswith("split: 'exam' is none of")
    told = [each for each in facts.notices if "of the list cannot be used" in each]
    assert [each.split(";")[0] for each in told] == [
        "1 line of the list cannot be used and names no file",
        "1 line of the list cannot be used and is of a file that another line names",
    ]


# Else its test images would be drawn from those that are listed for training.
def test_a_test_part_of_files_that_are_not_there_is_refused(parted, tmp_path):
    rows = [
        [f"{file}.gone" if part == "test" else file, label, part] for file, label, part in rows_of(parted)
    ]
    assert "no image of the given test part can be used; the first of 2 files: " in refusal(
        write_list(parted / "list.csv", rows), tmp_path
    )


# The same files are missing; what changed is of which part they were.
def test_a_part_that_is_corrected_in_the_list_is_seen(parted, tmp_path):
    gone = [["gone/1.png", "cat", "train"], ["gone/2.png", "dog", "train"]]
    rows = [[file, label, "train"] for file, label, _ in rows_of(parted)]
    listed = write_list(parted / "list.csv", rows + gone)
    assert prepare(listed, tmp_path).bad == 2
    write_list(listed, rows + [[file, label, "test"] for file, label, _ in gone])
    assert "no image of the given test part can be used; the first of 2 files: gone/1.png" in refusal(
        listed, tmp_path
    )


def test_paths_as_windows_writes_them_are_told(parted, tmp_path):
    (tmp_path / "list.csv").write_text(HEAD + GOOD + "all\\cat\\1.png,cat,train\n", encoding="utf-8")
    assert prepare(tmp_path / "list.csv", tmp_path).first_bad == (
        "all\\cat\\1.png: no such file (it is written with \\, not /)"
    )


def test_a_manifest_that_is_not_there(tmp_path):
    assert refusal(tmp_path / "none.csv", tmp_path) == "data source path:FOLDER: no such file"


def test_a_manifest_that_is_no_text_or_no_manifest(parted, tmp_path):
    (tmp_path / "list.csv").write_bytes(b"file,label\n\xff\xfe,cat\n")
    assert refusal(tmp_path / "list.csv", tmp_path) == "data source path:FOLDER: not a text file in UTF-8"
    picture = parted / "train" / "cat" / "1.png"
    assert refusal(picture, tmp_path).endswith(
        ": neither a folder nor a .csv file of file,label[,split][,group]"
    )


# What a manifest lists outside its folder, or that is not there, is a bad file like any other.
def test_paths_that_leave_the_folder_and_missing_files_are_bad_files(parted, tmp_path):
    outside = tmp_path / "outside.png"
    shutil.copy(parted / "train" / "cat" / "1.png", outside)
    rows = [row[:2] for row in rows_of(parted)]
    rows += [
        ["../outside.png", "cat"],
        [str(outside), "cat"],
        ["train/cat/none.png", "cat"],
        ["train/cat", "cat"],
    ]
    manifest = write_list(parted / "list.csv", rows, ("file", "label"))
    made = prepare(manifest, tmp_path)
    assert (made.train_part, made.bad) == (6, 3)  # the first two are one file
    assert made.first_bad == "../outside.png: a path that leaves the folder (LINKS=follow uses it)"


# What a spreadsheet, a Mac or a careless hand leaves in a list, and can only mean one thing.


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda lines: [f"{line},," for line in [*lines, ",,"]], None),
        (lambda lines: [*lines, lines[1]], "1 line of the list: stand twice, and count once"),
        (lambda lines: [lines[0], *(f" {line}" for line in lines[1:])], "6 lines of the list: have spaces"),
        (
            lambda lines: [lines[0], *(line.replace("all/", "ALL/") for line in lines[1:])],
            "another Unicode form",
        ),
        (
            lambda lines: [line.replace(".png", "").replace(".jpg", "") for line in lines],
            "6 lines of the list: have a path without the ending of its file",
        ),
        (lambda lines: [f"{line},{'split' if not at else ''}" for at, line in enumerate(lines)], None),
    ],
)
def test_what_can_only_mean_one_thing_is_read(parted, tmp_path, change, told):
    rows = [f"all/{label}/{name},{label}" for label in PIXELS for name in NAMES]
    expected = prepare(write_lines(tmp_path / "plain.csv", ["file,label", *rows]), tmp_path / "one")
    facts = prepare(write_lines(tmp_path / "list.csv", change(["file,label", *rows])), tmp_path / "two")
    assert (facts.digest, facts.partition, facts.bad) == (expected.digest, expected.partition, 0)
    assert told is None or any(told in notice for notice in facts.notices)


def write_lines(path, lines, encoding="utf-8"):
    path.write_text("".join(f"{line}\n" for line in lines), encoding=encoding)
    return path


def test_an_empty_split_among_others_is_told_with_its_line(parted, tmp_path):
    lines = ["file,label,split", "all/cat/1.png,cat,train", "all/dog/1.png,dog,", "all/cat/2.jpg,cat,test"]
    assert ":3: split: '' is none of 'train', 'validation' (or 'val') and 'test'" in refusal(
        write_lines(tmp_path / "l.csv", lines), tmp_path
    )


def test_names_that_a_mac_decomposed_are_those_of_the_list(tmp_path):
    for label, images in PIXELS.items():
        write(tmp_path / unicodedata.normalize("NFD", f"가é{label}"), images)
    lines = [f"{unicodedata.normalize('NFC', f'가é{label}')}/1.png,{label}" for label in PIXELS]
    facts = prepare(write_lines(tmp_path / "list.csv", ["file,label", *lines]), tmp_path / "work")
    assert (facts.train_part, facts.bad) == (2, 0)
    assert "2 lines of the list: have a path in another Unicode form" in facts.notices[0]


@pytest.mark.parametrize(
    ("encoding", "name"), [("cp949", "고양이"), ("shift_jis", "ねこ"), ("utf-16", "кот")]
)
def test_a_list_in_another_encoding_is_read_if_its_files_are_there(tmp_path, encoding, name):
    for label, images in PIXELS.items():
        write(tmp_path / f"{name}{label}", images)
    lines = ["file,label", *(f"{name}{label}/1.png,{name}{label}" for label in PIXELS)]
    facts = prepare(write_lines(tmp_path / "list.csv", lines, encoding), tmp_path / "work")
    assert facts.classes == tuple(sorted(f"{name}{label}" for label in PIXELS))
    told = [notice for notice in facts.notices if "is read as" in notice]
    assert len(told) == (0 if encoding == "utf-16" else 1)


def test_a_path_that_is_too_long_is_no_file(parted, tmp_path):
    rows = rows_of(parted)
    long = "x" * 253
    manifest = write_list(
        parted / "list.csv", [*rows, [long, "cat", "train"], [f"{long * 2}.png", "cat", "train"]]
    )
    assert preparation.prepare(Wanted(f"path:{manifest}", on_bad="skip"), tmp_path).left_out == 2


def test_empty_lines_before_the_first_are_none(parted, tmp_path):
    manifest = write_list(parted / "list.csv", rows_of(parted))
    plain = prepare(manifest, tmp_path)
    manifest.write_text("\n,,\n" + manifest.read_text(encoding="utf-8"), encoding="utf-8")
    assert prepare(manifest, tmp_path).digest == plain.digest


def test_a_name_with_a_line_separator_is_one_name(parted, tmp_path):
    (parted / "train" / "cat" / "1.png").rename(parted / "train" / "cat" / "a\u2028b\x85c.png")
    manifest = write_list(parted / "list.csv", rows_of(parted))
    assert prepare(manifest, tmp_path).images == 6


def test_an_ending_in_capitals_may_be_left_out(parted, tmp_path):
    (parted / "train" / "cat" / "1.png").rename(parted / "train" / "cat" / "IMG_1.JPG")
    rows = [[file.replace("IMG_1.JPG", "img_1"), *rest] for file, *rest in rows_of(parted)]
    manifest = write_list(parted / "list.csv", rows)
    assert prepare(manifest, tmp_path).images == 6


# A sibling without the space has other pictures of the same names.
def test_the_lists_own_folder_is_the_one_it_lies_in(parted, tmp_path):
    spaced = tmp_path / "mine "
    shutil.copytree(parted, spaced)
    rows = rows_of(spaced)
    shutil.copytree(parted, tmp_path / "mine")
    (spaced / rows[-1][0]).unlink()
    manifest = write_list(spaced / "list.csv", rows)
    facts = preparation.prepare(Wanted(f"path:{manifest}", links="follow", on_bad="skip"), tmp_path)
    assert (facts.images, facts.bad) == (5, 1)
