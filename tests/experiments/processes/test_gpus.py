"""GPUs by what nvidia-smi prints: which a process may use, and how many trials a card carries."""

import os

import pytest

from experiments import compare
from experiments.errors import UserError
from experiments.processes import gpus
from tests.support.cards import CARDS, LISTING


def test_the_listing_is_read():
    assert [(card.device, card.name, card.memory_mib) for card in CARDS] == [
        ("0", "NVIDIA H100 80GB HBM3", 81559.0),
        ("1", "NVIDIA T4", 15360.0),
        ("2", "NVIDIA GH200", 0.0),
    ]
    assert CARDS[0].driver == "570.86.15"
    assert gpus.read("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n") == []


@pytest.mark.parametrize(
    ("visible", "devices"),
    [
        (None, ["0", "1", "2"]),
        ("1,0", ["1", "0"]),
        ("", []),
        ("-1", []),
        ("0,7,1", ["0"]),  # CUDA stops at the first that is not there
        ("GPU-77e4a1d2", ["1"]),
        ("1,1", ["1"]),
    ],
)
def test_cuda_visible_devices_is_heeded(visible, devices):
    assert [card.device for card in gpus.allowed(CARDS, visible)] == devices


# Of 81,559 MiB nine tenths hold seven trials of 9,400 + 600, of 15,360 MiB one; the third is unknown: one.
@pytest.mark.parametrize(
    ("trial_mib", "workers", "slots"),
    [
        (9_400, 16, ("0", "1", "2", "0", "0", "0", "0", "0", "0")),
        (9_400, 2, ("0", "1")),
        (100_000, 16, ("0", "1", "2")),
    ],
)
def test_slots_go_round_the_cards_as_far_as_memory_carries(trial_mib, workers, slots):
    assert gpus.slots(CARDS, trial_mib, workers) == slots


@pytest.fixture
def with_cards(tmp_path, monkeypatch):
    """A machine with an nvidia-smi that prints the listing."""
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{LISTING}END\n")
    program.chmod(0o755)
    (tmp_path / "nvidia0").touch()
    monkeypatch.setattr(gpus, "NODES", tmp_path)
    monkeypatch.setattr(gpus, "are_there", lambda: True)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv(gpus.VISIBLE, raising=False)


@pytest.mark.parametrize(
    ("wanted", "devices"),
    [(None, ["0", "1", "2"]), ("none", []), ("1", ["1"]), (" 2,0", ["2", "0"]), (CARDS[1].uuid, ["1"])],
)
def test_devices_that_an_option_names(with_cards, wanted, devices):
    assert [card.device for card in gpus.chosen(wanted)] == devices


def test_a_device_that_is_not_there_is_told(with_cards):
    with pytest.raises(UserError, match=r"^devices: no GPU '5' here; there is: 0 \(NVIDIA H100"):
        compare.cards_of("0,5")


def test_a_driver_that_does_not_answer_has_no_cards(with_cards, tmp_path):
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\nexit 9\n")
    assert gpus.cards() == []
