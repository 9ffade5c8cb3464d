import math
import os
import shutil
from dataclasses import replace

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import pytest

from reports.store import record
from tests.support.synthetic import Store, crop_study, grid_study, small_study, width_study


@pytest.fixture(scope="session")
def ready(tmp_path_factory):
    """A store with the studies `small`, `grid`, `width`, `crop`, `empty`, written once; to be read only."""
    writer = Store(tmp_path_factory.mktemp("store") / "mlflow.db")
    small_study(writer)
    grid_study(writer)
    width_study(writer)
    crop_study(writer)
    writer.study("empty")
    return writer


@pytest.fixture
def writable(ready, tmp_path):
    """A copy of the ready store: initialising a new one takes seconds."""
    path = tmp_path / "mlflow.db"
    shutil.copy(ready.uri.removeprefix("sqlite:///"), path)
    copy = Store(path)
    copy.clock = ready.clock
    return copy


@pytest.fixture(scope="module")
def small(ready):
    return record.read_record(ready.uri, "small")


@pytest.fixture(scope="session")
def cropped(ready):
    return record.read_record(ready.uri, "crop")


@pytest.fixture(scope="module")
def depth(small):
    """The small study as one of depth: every trial's gradients fall by ten from stage to stage."""
    norms = {
        f"gradient_norm/{stage}": 10.0**-place for place, stage in enumerate(["logits", "stage1", "stem"])
    }
    logged = small.epochs.assign(**norms)
    logged.loc[logged["arm"] == "features", list(norms)] = math.nan
    return replace(small, epochs=logged)
