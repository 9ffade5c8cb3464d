"""Every `python -m experiments …` line of a docstring is one that the command line takes."""

import argparse
import ast
import re
import shlex

import pytest

from experiments import __main__ as command_line
from experiments import catalog
from experiments.command_line import Parser
from experiments.location import ROOT

LINE = re.compile(r"^\s*(?:\[?)python -m experiments ([a-z][\w-]* ?[^#\n`]*)", re.MULTILINE)


def lines():
    for file in sorted((ROOT / "experiments").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                for line in LINE.findall(ast.get_docstring(node) or ""):
                    yield pytest.param(line.strip(), id=f"{file.stem}: {line.strip()}")


@pytest.mark.parametrize("line", [*lines(), *(f"{name} --help" for name in command_line.COMMANDS)])
def test_it_parses(line):
    name, *words = shlex.split(re.sub(r"\[[^]]*\]", "", line))
    command = catalog.resolve(command_line.COMMANDS[name][0])
    parser = Parser(prog=name)
    command.add_options(parser)
    if words == ["--help"]:
        assert parser.format_help()
        words = shlex.split(command.example)[1:]
    assert isinstance(parser.parse_args(parser.as_options(words)), argparse.Namespace)
