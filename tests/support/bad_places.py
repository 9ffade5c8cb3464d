"""Folders of photographs and stores in which something is wrong."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.support.animals import GENERATOR, PIXELS, write
from tests.support.places import ROOT


def broken_picture(folder: Path) -> None:
    for name, images in PIXELS.items():
        write(folder / name, images)
    (folder / "cat" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"no picture")


def one_emu(folder: Path) -> None:
    for label, count in {"gull": 40, "emu": 1}.items():
        noise = GENERATOR.integers(0, 256, (count, 8, 8, 3), np.uint8)
        write(folder / label, noise, [f"{number}.png" for number in range(count)])


def two_bursts(folder: Path) -> None:
    for label in ("cat", "dog"):
        noise = GENERATOR.integers(0, 256, (30, 8, 8, 3), np.uint8)
        write(folder / label / "burst", noise[1:], [f"{number}.png" for number in range(29)])
        write(folder / label, noise[:1], ["alone.png"])


def other_database(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        database.execute("INSERT INTO alembic_version VALUES ('of another version')")


def database_of_another_version(path: Path) -> None:
    # In another process: MLflow looks at the version of a database once.
    program = "import sys; from experiments.store import tracking; tracking.Projection(sys.argv[1], 'tiny')"
    subprocess.run([sys.executable, "-c", program, f"sqlite:///{path}"], cwd=ROOT, check=True)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = '0123456789ab'")
