"""Children that end with their parent, and what a trial's process is given."""

import os
import subprocess
import sys

from experiments import processes
from experiments.location import ROOT
from experiments.processes import machine


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
