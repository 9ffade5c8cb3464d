"""What importing does, in real processes: nothing heavy where answers must come at once, nothing else."""

import subprocess
import sys

import pytest

from experiments.location import ROOT

PACKAGES = ("resnet", "baselines", "experiments", "reports")
OPTIONAL = {"experiments.bench.pytorch"}  # imports torch, of requirements-bench.txt


def modules(*packages: str) -> list[str]:
    """Every module of these packages by its dotted name."""
    files = (file for package in packages for file in sorted((ROOT / package).rglob("*.py")))
    names = (
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files
    )
    return [name for name in names if name not in OPTIONAL]


def loaded_after(code: str) -> set[str]:
    """The top-level modules that a fresh process holds after running code."""
    script = f"{code}\nimport sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_every_module_is_looked_at():
    found = modules(*PACKAGES)
    assert {"experiments.trial.__main__", "experiments.data.photographs.decoding", "reports.plots.crops"} <= {
        *found
    }


def test_planning_loads_neither_tensorflow_nor_mlflow():
    loaded = loaded_after("import experiments.compare, experiments.run, experiments.export")
    assert "pydantic" in loaded
    assert not loaded & {"tensorflow", "keras", "mlflow", "sklearn", "matplotlib", "pandas"}


def test_a_report_that_is_drawn_already_needs_no_pandas():
    loaded = loaded_after("import reports.draw")
    assert not loaded & {"tensorflow", "keras", "mlflow", "matplotlib", "pandas", "scipy"}


def test_reports_load_no_tensorflow_and_no_mlflow():
    loaded = loaded_after(f"import {', '.join(modules('reports'))}")
    assert "matplotlib" in loaded
    assert not loaded & {"tensorflow", "keras", "mlflow"}


@pytest.mark.slow
def test_importing_has_no_side_effects(tmp_path):
    script = (
        "import os, random, sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        # tensorflow and matplotlib set variables of their own: theirs are not ours
        "import keras, matplotlib.pyplot as plt, mlflow\n"
        "before = dict(os.environ), random.getstate(), dict(plt.rcParams)\n"
        f"for module in {modules(*PACKAGES)!r}:\n"
        "    __import__(module)\n"
        "assert before == (dict(os.environ), random.getstate(), dict(plt.rcParams))\n"
        "assert os.listdir() == [], os.listdir()\n"
    )
    done = subprocess.run([sys.executable, "-B", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == ""
