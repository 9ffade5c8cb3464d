"""Children that end with their parent, and what a trial's process is given."""

import hashlib
import json
import os
import subprocess
import sys

import pytest

from experiments import catalog, processes
from experiments.location import ROOT
from experiments.processes import machine
from experiments.trial import build


def test_the_outputs_of_a_child_are_text_and_its_lines_are_heard():
    program = (
        "import sys; print('out'); print('one', file=sys.stderr); print('two', file=sys.stderr); sys.exit(3)"
    )
    heard = []
    done = processes.run_child([sys.executable, "-c", program], hear=heard.append)
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "one\ntwo\n")
    assert heard == ["one", "two"]


def test_a_child_ends_when_its_input_closes():
    program = "import time; from experiments import processes; processes.end_with_parent(); time.sleep(600)"
    child = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE)
    assert child.poll() is None
    child.stdin.close()
    assert child.wait() == 1


def test_every_pool_of_a_trial_has_the_threads_of_its_recipe(monkeypatch, tmp_path):
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    given = processes.environment(3, tmp_path)
    pools = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    assert {given[pool] for pool in pools} == {"3"}
    assert given["TF_ENABLE_ONEDNN_OPTS"] == "0"  # what a person set stays
    assert given["TMPDIR"] == str(tmp_path)


def test_workers_are_as_many_as_cores_and_memory_carry(monkeypatch):
    monkeypatch.setattr(machine, "available_cores", lambda: 8)
    assert processes.default_workers(threads=2, mib=1) == 4
    assert processes.default_workers(threads=16, mib=1) == 1
    assert processes.default_workers(threads=1, mib=2**40) == 1


def test_the_cores_are_those_that_this_process_may_use():
    assert 1 <= processes.available_cores() <= (os.cpu_count() or 1)
    assert processes.cpu().rpartition(", ")[2].split()[0] == str(processes.available_cores())


def weights_here():
    """The digest of the same network's weights, with Keras as it comes."""
    with build.keras_seeds_from(3):
        arguments = catalog.complete_arguments("plain_cnn", {"dense": 4})
        network = catalog.build("plain_cnn", (8, 8, 1), 3, arguments)
    return hashlib.sha256(b"".join(array.tobytes() for array in network.get_weights())).hexdigest()


PROGRAM = """
import hashlib
from experiments import catalog
from experiments.trial import build, process
process.prepare_process(1)
import keras
with build.keras_seeds_from(3):
    network = catalog.build("plain_cnn", (8, 8, 1), 3, catalog.complete_arguments("plain_cnn", {"dense": 4}))
weights = b"".join(array.tobytes() for array in network.get_weights())
print(keras.backend.backend(), network.layers[1].dtype, hashlib.sha256(weights).hexdigest())
"""


# Another float type, data format and backend in the person's file, and a limit on epochs in the environment.
@pytest.mark.slow
def test_a_persons_keras_settings_change_no_network(tmp_path, monkeypatch):
    settings = {
        "epsilon": 1e-3, "floatx": "float16", "image_data_format": "channels_first", "backend": "jax",
    }  # fmt: skip
    (tmp_path / "keras.json").write_text(json.dumps(settings))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_MAX_EPOCHS", "1")
    given = processes.environment(1)
    assert "KERAS_MAX_EPOCHS" not in given
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=given, capture_output=True, text=True
    )
    backend, kind, weights = done.stdout.split()
    assert (backend, kind) == ("tensorflow", "float32"), done.stderr
    assert weights == weights_here()
