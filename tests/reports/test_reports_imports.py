import ast
import subprocess
import sys
from pathlib import Path

import reports

FOLDER = Path(reports.__file__).parent
MODULES = [
    f"reports.{path.stem}" for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "__main__")
]


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_importing_everything_loads_no_tensorflow_and_changes_nothing(tmp_path):
    code = f"""
import os, sys, matplotlib
settings, environment = dict(matplotlib.rcParams), dict(os.environ)
import {", ".join(MODULES)}
print(sorted({{"tensorflow", "keras", "mlflow", "experiments.study"}} & set(sys.modules)))
print(settings == dict(matplotlib.rcParams), environment == dict(os.environ), os.listdir("."))
"""
    environment = {"PYTHONPATH": str(FOLDER.parent), "MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["[]", "True True []"]


def test_the_command_starts_without_pandas():
    code = "import sys, reports.command, reports.table; print({'pandas', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=FOLDER.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


def test_of_ours_only_the_names_are_imported():
    for path in FOLDER.glob("*.py"):
        found = set(imports(path))
        ours = {name for name in found if name.split(".")[0] in ("experiments", "resnet", "baselines")}
        assert ours <= {"experiments.names"}, path
        assert path.name == "client.py" or not any(name.split(".")[0] == "mlflow" for name in found), path
