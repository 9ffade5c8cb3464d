"""The command line, in this process and in one of its own."""

import contextlib
import importlib
import io
import subprocess
import sys

import experiments.__main__
from experiments.location import ROOT


def run(*words: object) -> int:
    """`python -m experiments` with these words, in this process; its exit status, argparse's too."""
    try:
        return experiments.__main__.main([*map(str, words)])
    except SystemExit as ended:
        return ended.code


def answer(*words: object, package: str = "experiments") -> subprocess.CompletedProcess:
    """`python -m experiments` (or `reports`) with these words, in this process: status and what it printed.

    A process of its own costs seconds of imports; `process` is for what only a process shows.
    """
    command = [*map(str, words)]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = importlib.import_module(f"{package}.__main__").main(command)
        except SystemExit as ended:
            status = ended.code or 0
    return subprocess.CompletedProcess(command, status, out.getvalue(), err.getvalue())


def process(*words: object, package: str = "experiments") -> subprocess.CompletedProcess:
    """`python -m experiments` (or `reports`) with these words, in a process of its own."""
    command = [sys.executable, "-m", package, *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
