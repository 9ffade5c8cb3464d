"""The command line, in this process and in one of its own."""

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


def process(*words: object, package: str = "experiments") -> subprocess.CompletedProcess:
    """`python -m experiments` (or `reports`) with these words, in a process of its own."""
    command = [sys.executable, "-m", package, *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
