"""Who may import whom: read from the source, and seen in real processes."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.location import ROOT

PACKAGES = ("resnet", "baselines", "experiments", "reports")


def imported(file: Path) -> set[str]:
    """Dotted names of everything a file imports, at its top or inside its functions."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def importers(package: str, target: str) -> set[str]:
    """The files of a package that import `target` or something below it."""
    return {
        file.name
        for file in (ROOT / package).glob("*.py")
        if any(name == target or name.startswith(f"{target}.") for name in imported(file))
    }


@pytest.mark.parametrize("package", ["resnet", "baselines"])
@pytest.mark.parametrize(
    "target", ["tensorflow", "mlflow", "experiments", "reports", "pandas", "matplotlib", "pydantic"]
)
def test_the_networks_know_nothing_around_them(package, target):
    assert not importers(package, target)


def test_the_networks_do_not_know_each_other():
    assert not importers("resnet", "baselines")
    assert not importers("baselines", "resnet")
    assert not importers("resnet", "sklearn")


@pytest.mark.parametrize("package", ["resnet", "baselines"])
def test_only_the_catalog_names_the_networks(package):
    assert not importers("experiments", package)
    naming = {file.name for file in (ROOT / "experiments").glob("*.py") if f'"{package}.' in file.read_text()}
    assert naming == {"catalog.py"}


def test_nothing_flows_back_from_the_reports():
    assert not importers("experiments", "reports")


def test_the_reports_import_names_alone():
    ours = {
        name
        for file in (ROOT / "reports").glob("*.py")
        for name in imported(file)
        if name.startswith("experiments")
    }
    assert ours == {"experiments.names"}
    for target in ("tensorflow", "keras", "resnet", "baselines"):
        assert not importers("reports", target)


def test_mlflow_has_one_writer_and_one_reader():
    found = {(package, file) for package in PACKAGES for file in importers(package, "mlflow")}
    assert found == {("experiments", "client.py"), ("experiments", "tracking.py"), ("reports", "client.py")}


def loaded_after(code: str) -> set[str]:
    """The top-level modules that a fresh process holds after running code."""
    script = f"{code}\nimport sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_planning_loads_neither_tensorflow_nor_mlflow():
    loaded = loaded_after("import experiments.compare, experiments.run, experiments.export")
    assert "pydantic" in loaded
    assert not loaded & {"tensorflow", "keras", "mlflow", "sklearn", "matplotlib", "pandas"}


def test_importing_has_no_side_effects(tmp_path):
    modules = [
        f"{package}.{file.stem}"
        for package in PACKAGES
        for file in sorted((ROOT / package).glob("*.py"))
        if file.stem not in {"__init__", "__main__", "bench_torch"}
    ]
    script = (
        "import os, random, sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        # tensorflow and matplotlib set variables of their own: theirs are not ours
        "import keras, matplotlib.pyplot as plt, mlflow\n"
        "before = dict(os.environ), random.getstate(), dict(plt.rcParams)\n"
        f"for module in {modules!r}:\n"
        "    __import__(module)\n"
        "assert before == (dict(os.environ), random.getstate(), dict(plt.rcParams))\n"
        "assert os.listdir() == [], os.listdir()\n"
    )
    done = subprocess.run([sys.executable, "-B", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == ""
