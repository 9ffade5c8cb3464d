"""What the doctor says of GPUs and their libraries, on machines made of files; a whole run of it here."""

import subprocess
import sys

import pytest

from experiments.doctor import cuda
from experiments.location import ROOT
from experiments.processes import gpus
from tests.support.cards import CARDS

MISSING = "{}: cannot open shared object file: No such file or directory"


@pytest.fixture
def machine(monkeypatch):
    """A machine with a driver, its cards, and libraries that load unless said otherwise."""

    def make(*, cards=CARDS[:1], nodes=True, libraries=None, seen=("NVIDIA H100",), complaint=""):
        found = dict.fromkeys((cuda.DRIVER, *cuda.LIBRARIES), "") | (libraries or {})
        monkeypatch.setattr(gpus, "are_there", lambda: nodes)
        monkeypatch.setattr(gpus, "cards", lambda: list(cards))
        monkeypatch.setattr(cuda, "load", lambda names: found)
        monkeypatch.setattr(cuda, "on_the_bus", lambda: False)
        monkeypatch.setattr(cuda, "tensorflow_sees", lambda: (list(seen), complaint))
        return cuda.examine()

    monkeypatch.delenv(gpus.VISIBLE, raising=False)
    return make


def test_a_gpu_that_works_needs_nothing(machine):
    state = machine()
    assert state.lines[0] == "0: NVIDIA H100 80GB HBM3, 80 GiB, driver 570.86.15"
    assert state.lines[1:] == ("tensorflow uses 1 of 1",)
    assert (state.advice, state.cards) == ((), tuple(CARDS[:1]))


def test_missing_libraries_are_named_with_the_way_to_have_them(machine):
    lacking = {name: MISSING.format(name) for name in ("libcudnn.so.9", "libcufft.so.11")}
    state = machine(libraries=lacking, seen=(), complaint="Cannot dlopen some GPU libraries.")
    assert "missing: libcudnn.so.9, libcufft.so.11" in state.lines[1]
    assert "Cannot dlopen some GPU libraries." in state.lines[2]
    assert state.advice == ("install them beside tensorflow: make set-up GPU=1",)


def test_a_gpu_that_tensorflow_does_not_use_is_never_silent(machine):
    state = machine(seen=(), complaint="failed call to cuInit: CUDA_ERROR_UNKNOWN")
    assert "tensorflow uses none of them: failed call to cuInit" in state.lines[1]
    assert state.advice


@pytest.mark.parametrize(
    ("visible", "words"), [("", "hides every card"), ("7", "=7 names a card that is not there")]
)
def test_cuda_visible_devices_that_leaves_no_card(machine, monkeypatch, visible, words):
    monkeypatch.setenv(gpus.VISIBLE, visible)
    state = machine(cards=())
    assert words in state.lines[0]
    assert gpus.VISIBLE in state.advice[0]


def test_a_name_beyond_the_cards_is_told_where_others_are_there(machine, monkeypatch):
    monkeypatch.setenv(gpus.VISIBLE, "0,7")
    assert f"{gpus.VISIBLE}=0,7 names a card that is not there" in machine().lines


def test_a_container_without_its_driver(machine):
    state = machine(cards=(), libraries={cuda.DRIVER: MISSING.format(cuda.DRIVER)})
    assert "libcuda.so.1 is missing" in state.lines[0]
    assert "--gpus all" in state.advice[0]


def test_without_a_gpu_nothing_is_to_be_done_but_for_what_is_broken(machine):
    lacking = dict.fromkeys((cuda.DRIVER, *cuda.LIBRARIES), MISSING.format("x"))
    assert (state := machine(cards=(), nodes=False, libraries=lacking)).advice == ()
    assert state.lines == ("none",)
    broken = {**lacking, "libcudart.so.12": "/planted/libcudart.so.12: file too short"}
    [advice] = machine(cards=(), nodes=False, libraries=broken).advice
    assert advice.startswith("libcudart.so.12 is broken (/planted/libcudart.so.12: file too short): ")


def test_a_planted_library_is_broken_and_an_absent_one_missing(tmp_path, monkeypatch):
    (tmp_path / "libcudart.so.12").write_text("no library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    found = cuda.load(["libcudart.so.12", "libnothing.so.1", "libc.so.6"])
    assert str(tmp_path / "libcudart.so.12") in found["libcudart.so.12"]
    assert not cuda.is_missing(found["libcudart.so.12"])
    assert cuda.is_missing(found["libnothing.so.1"])
    assert found["libc.so.6"] == ""


def test_a_card_on_the_bus_without_a_driver(tmp_path):
    for name, vendor, kind in (("a", "0x8086", "0x030000"), ("b", "0x10de", "0x040300")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "vendor").write_text(vendor)
        (tmp_path / name / "class").write_text(kind)
    assert not cuda.on_the_bus(tmp_path)  # another's display, and NVIDIA's sound
    (tmp_path / "b" / "class").write_text("0x030200\n")
    assert cuda.on_the_bus(tmp_path)
    assert not cuda.on_the_bus(tmp_path / "nowhere")


def test_the_last_complaint_of_tensorflow_without_its_prefix():
    text = (
        "I0000 00:00:17.59    6632 cudart_stub.cc:31] Could not find cuda drivers on your machine\n"
        "E0000 00:00:17.06   21637 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error\n"
        "I0000 00:00:17.1   21637 port.cc:153] oneDNN custom operations are on\n"
    )
    assert cuda.complaint(text) == "failed call to cuInit: INTERNAL: CUDA error"
    assert cuda.complaint("nothing of the kind") == "it does not say why"


@pytest.mark.slow
def test_the_doctor_measures_a_step_and_says_what_is_to_be_done(tmp_path):
    command = [sys.executable, "-m", "experiments", "doctor", "--work", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    facts = [line.split()[0] for line in lines]
    for name in ("system", "packages", "processor", "cores", "memory", "disk", "GPU", "step", "trials", "to"):
        assert name in facts
    assert " images/s)" in next(line for line in lines if line.startswith("step"))
    nothing = any(line.startswith("to do      nothing;") for line in lines)
    assert done.returncode == (0 if nothing else 1), done.stderr
