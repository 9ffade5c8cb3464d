"""The house: who may import whom, how deep, how wide; each contract fails on a planted violation."""

import shutil
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import grimp
import pytest

from experiments.location import ROOT

PACKAGES = ("experiments", "reports", "resnet", "baselines")
MOST_MODULES = 18  # of one folder
MOST_ENTRIES = 28  # of `ls experiments`
LONGEST_CHAIN = 12  # modules that import one another, first to last


def lint(folder: Path) -> subprocess.CompletedProcess:
    """What `make lint` asks of import-linter, in a copy of the repository."""
    command = [ROOT / ".venv" / "bin" / "lint-imports", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def broken(folder: Path) -> list[str]:
    """The contracts that do not hold there, by their first words."""
    lines = lint(folder).stdout.splitlines()
    return [line.partition(" BROKEN")[0] for line in lines if " BROKEN" in line]


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The packages and the contracts, to be spoiled."""
    folder = tmp_path_factory.mktemp("house")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "figures")
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_every_contract_holds():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("experiments/words.py", "from experiments.studies import study", "experiments: lower folders"),
        ("experiments/data/splits.py", "from experiments.logs import events", "experiments: lower folders"),
        ("experiments/data/splits.py", "from experiments import catalog", "experiments: lower folders"),
        ("experiments/trial/load.py", "from experiments.store import page", "experiments: lower folders"),
        ("experiments/logs/events.py", "from experiments.planning import plan", "experiments: lower folders"),
        ("experiments/ui.py", "from experiments import delivery", "experiments: lower folders"),
        ("experiments/planning/plan.py", "from experiments.trial import load", "planning and execution"),
        (
            "experiments/execution/scheduler.py",
            "from experiments.trial import load",
            "planning and execution",
        ),
        ("experiments/studies/claims.py", "from experiments.data import splits", "studies and the store"),
        ("experiments/store/page.py", "from experiments.data import dataset", "studies and the store"),
        ("experiments/planning/plan.py", "import keras", "keras and tensorflow"),
        ("reports/numbers/scores.py", "import tensorflow", "keras and tensorflow"),
        ("resnet/blocks.py", "import pandas", "networks are keras"),
        ("experiments/trial/saved.py", "import resnet", "the catalog names resnet"),
        ("baselines/vgg.py", "from resnet import blocks", "resnet and baselines are independent"),
        ("experiments/trial/saved.py", "import mlflow", "mlflow and its database"),
        ("reports/tables/times.py", "import sqlite3", "mlflow and its database"),
        ("reports/numbers/scores.py", "from reports.store import record", "reports: page"),
        ("reports/answers/judge.py", "from reports.tables import times", "reports: page"),
        ("reports/tables/times.py", "from reports.plots.elements import style", "reports: page"),
        ("reports/words.py", "from experiments import words", "reports take names"),
        ("reports/page/networks.py", "from experiments.diagrams import blocks", "reports take names"),
        ("reports/page/networks.py", "from experiments.logs import events", "reports take names"),
        ("experiments/diagrams/rows.py", "from experiments.trial import macs", "reports take names"),
        ("experiments/diagrams/rows.py", "import keras", "keras and tensorflow"),
        ("experiments/export.py", "from reports import words", "experiments never imports reports"),
    ],
)
def test_a_planted_violation_is_found(copy, file, line, contract):
    path = copy / file
    before = path.read_text()
    # Inside a function, where a reader overlooks it.
    path.write_text(f"{before}\n\ndef _planted():\n    {line}\n")
    try:
        found = broken(copy)
    finally:
        path.write_text(before)
    assert any(each.startswith(contract) for each in found), found


def test_a_new_module_must_find_its_layer(copy):
    (copy / "experiments" / "helpers.py").write_text('"""Whatever."""\n')
    try:
        assert "experiments.helpers" in lint(copy).stdout
        assert lint(copy).returncode != 0
    finally:
        (copy / "experiments" / "helpers.py").unlink()


@cache
def imports(package: str) -> dict[str, set[str]]:
    """By module, the modules of the same package that it imports, inside functions too."""
    graph = grimp.build_graph(package, cache_dir=None)
    return {
        module: graph.find_modules_directly_imported_by(module)
        for module in graph.modules
        if module.startswith(package)
    }


def circles(package: str) -> list[list[str]]:
    """The modules of each circle of imports."""
    graph = imports(package)

    def reachable(start: str) -> set[str]:
        seen, due = set(), [start]
        while due:
            for other in graph[due.pop()] - seen:
                seen.add(other)
                due.append(other)
        return seen

    reach = {module: reachable(module) for module in graph}
    return [
        sorted(other for other in reach[module] if module in reach[other])
        for module in graph
        if module in reach[module]
    ]


def chain(package: str) -> list[str]:
    """The longest chain of modules of which each imports the next."""
    graph = imports(package)

    @cache
    def below(module: str) -> tuple[str, ...]:
        return (module, *max((below(other) for other in graph[module]), key=len, default=()))

    return list(max(map(below, graph), key=len))


def folders() -> Counter[str]:
    """How many modules stand in each folder; __init__ and __main__ are none."""
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    return Counter(
        str(file.parent.relative_to(ROOT)) for file in files if file.stem not in ("__init__", "__main__")
    )


def test_no_folder_is_too_wide_to_read(capsys):
    widest, count = folders().most_common(1)[0]
    entries = [each for each in (ROOT / "experiments").iterdir() if each.name != "__pycache__"]
    with capsys.disabled():
        print(f"\nwidest folder: {widest}, {count} modules; ls experiments: {len(entries)} entries")
    assert count <= MOST_MODULES
    assert len(entries) <= MOST_ENTRIES


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_go_one_way_and_not_too_deep(package, capsys):
    assert circles(package) == []
    longest = chain(package)
    with capsys.disabled():
        print(f"\n{package}: longest chain of imports, {len(longest)} modules: {' → '.join(longest)}")
    assert len(longest) <= LONGEST_CHAIN


def test_only_the_catalog_names_the_networks():
    naming = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "experiments").rglob("*.py")
        if any(f'"{package}.' in file.read_text() for package in ("resnet", "baselines"))
    }
    assert naming == {"experiments/catalog.py"}
