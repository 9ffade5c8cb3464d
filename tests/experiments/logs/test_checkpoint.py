"""A checkpoint is there whole or not at all, comes when it is time, and is not read where it is broken."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments import files
from experiments.logs import checkpoint
from experiments.logs.checkpoint import Checkpoints, State


def state(epoch=3, size=2):
    weights = [np.arange(size, dtype="float32"), np.array(7, "int64"), np.array([1, 2], "uint32")]
    return State(
        epoch=epoch,
        progress={"train_seconds": 0.1 + 0.2, "loss": 1 / 3, "learning_rate": 1e-7},
        over=False,
        best_epoch=2,
        best_rank=(0.5, -np.inf),
        variables=weights,
        best_weights=weights[:1],
    )


def assert_equal(one, other):
    assert one.model_dump() == other.model_dump()
    for field in ("variables", "best_weights"):
        for mine, theirs in zip(getattr(one, field), getattr(other, field), strict=True):
            assert mine.dtype == theirs.dtype
            np.testing.assert_array_equal(mine, theirs)


def test_what_is_written_is_read(tmp_path):
    checkpoint.write(tmp_path / checkpoint.FILE, state())
    assert_equal(checkpoint.read(tmp_path / checkpoint.FILE), state())
    assert [file.name for file in tmp_path.iterdir()] == [checkpoint.FILE]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_cut_file_is_no_checkpoint(tmp_path, share):
    file = tmp_path / checkpoint.FILE
    checkpoint.write(file, state(size=1000))
    whole = file.read_bytes()
    file.write_bytes(whole[: int(share * len(whole))])
    assert checkpoint.read(file) is None


@given(st.integers(0, 10**6))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit_is_never_taken_for_weights(tmp_path, draw):
    file = tmp_path / checkpoint.FILE
    checkpoint.write(file, state(size=50))
    content = bytearray(file.read_bytes())
    index, bit = divmod(draw % (8 * len(content)), 8)
    content[index] ^= 1 << bit
    file.write_bytes(content)
    # Bits that say nothing, such as those of blanks in the header, may flip.
    found = checkpoint.read(file)
    if found is not None:
        assert_equal(found, state(size=50))


def test_a_bit_of_the_weights_that_flipped_is_seen(tmp_path):
    file = tmp_path / checkpoint.FILE
    checkpoint.write(file, state(size=1000))
    content = bytearray(file.read_bytes())
    content[content.index(np.arange(1000, dtype="float32").tobytes()) + 1234] ^= 1
    file.write_bytes(content)
    assert checkpoint.read(file) is None


def test_a_write_that_fails_leaves_the_checkpoint_before(tmp_path, monkeypatch):
    file = tmp_path / checkpoint.FILE
    checkpoint.write(file, state(3))
    monkeypatch.setattr(files.os, "fsync", fails)
    with pytest.raises(OSError, match="No space left"):
        checkpoint.write(file, state(4))
    assert checkpoint.read(file).epoch == 3


def fails(descriptor):
    raise OSError(28, "No space left on device")


def test_none_where_there_is_no_file(tmp_path):
    assert Checkpoints(tmp_path).load() is None


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


# Every 20 s: an epoch of 8 s brings checkpoints after epochs 3 (24 s), 6 (48 s) and, at the end, 7.
def test_they_come_in_time_and_at_the_end(tmp_path):
    clock, kept = Clock(), []
    checkpoints = Checkpoints(tmp_path, 20, clock=clock)
    for epoch in range(1, 8):
        clock.now += 8
        checkpoints.offer(lambda epoch=epoch: kept.append(epoch) or state(epoch), over=epoch == 7)
    assert kept == [3, 6, 7]
    assert checkpoints.load().epoch == 7
    checkpoints.remove()
    assert not list(tmp_path.iterdir())


# Writing takes 1 s: the next one is due 1 / 0.02 = 50 s after it, not 20 s; epochs of 5 s.
def test_they_take_a_fiftieth_of_the_time_at_most(tmp_path):
    clock, kept = Clock(), []
    checkpoints = Checkpoints(tmp_path, 20, clock=clock)

    def slow():
        clock.now += 1
        kept.append(clock.now)
        return state()

    for _ in range(30):
        clock.now += 5
        checkpoints.offer(slow, over=False)
    assert kept == [21, 72, 123]
