"""Files of PyTorch's old form, written here by hand, opcode by opcode; none may do more than name tensors."""

import os
import pickle
import pickletools
import struct

import numpy as np
import pytest

from baselines.pretrained import torch_file


def pickled(value):
    return pickle.dumps(value, protocol=2)


def tensor(key, count, offset, shape, strides, storage="FloatStorage"):
    """The opcodes of one tensor: a call of torch._utils._rebuild_tensor_v2 on a storage by its key."""
    inside = [
        b"ctorch._utils\n_rebuild_tensor_v2\n",
        b"((X\x07\x00\x00\x00storage" + b"ctorch\n" + storage.encode() + b"\n",
        b"X" + struct.pack("<I", len(key)) + key.encode() + b"X\x03\x00\x00\x00cpu",
        b"K" + bytes([count]) + b"Nt" + b"Q",
        b"K" + bytes([offset]),
        *(b"(" + b"".join(b"K" + bytes([each]) for each in sizes) + b"t" for sizes in (shape, strides)),
        b"\x89ccollections\nOrderedDict\n)Rt",
        b"R",
    ]
    return b"".join(inside)


def written(path, named, storages, before=b""):
    """A file of named tensors, given as opcodes, and of storages by their key."""
    body = b"\x80\x02}("
    for name, opcodes in named.items():
        body += b"X" + struct.pack("<I", len(name)) + name.encode() + opcodes
    body += b"u."
    pickletools.dis(body, out=open(os.devnull, "w"))  # noqa: SIM115, PTH123 - it is a pickle at all
    content = pickled(torch_file.MAGIC) + pickled(1001) + pickled({"little_endian": True})
    content += before or body
    content += pickled([*storages])
    for values in storages.values():
        content += struct.pack("<q", len(values)) + values.tobytes()
    path.write_bytes(content)
    return path


def test_tensors_are_read_in_row_major_order(tmp_path):
    values = np.arange(12, dtype="<f4")
    named = {
        "rows": tensor("7", 12, 0, (3, 2), (2, 1)),
        "columns": tensor("7", 12, 6, (3, 2), (1, 3)),  # the same storage, the first axis the fastest
        "count": tensor("8", 1, 0, (), (), "LongStorage"),
    }
    path = written(tmp_path / "x.pth", named, {"7": values, "8": np.array([5], "<i8")})
    found = torch_file.tensors(path)
    assert found["rows"].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert found["columns"].tolist() == [[6, 9], [7, 10], [8, 11]]
    assert (found["count"].dtype, found["count"].item()) == (np.int64, 5)


class Evil:
    """What a pickle can do that is loaded without care."""

    def __reduce__(self):
        return os.mkdir, ("made",)


def test_nothing_is_called_but_what_makes_tensors(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path / "x.pth", {}, {}, before=pickled({"weight": Evil()}))
    with pytest.raises(ValueError, match=r"x\.pth: .*mkdir is no part of a tensor"):
        torch_file.tensors(path)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [(8, (3, 2), (2, 1)), (0, (3, 2), (9, 1)), (0, (13,), (1,)), (0, (2,), ())],
)
def test_a_tensor_beyond_its_storage_is_refused(offset, shape, strides, tmp_path):
    path = written(
        tmp_path / "x.pth", {"a": tensor("7", 12, offset, shape, strides)}, {"7": np.zeros(12, "<f4")}
    )
    with pytest.raises(ValueError, match=r"x\.pth: not tensors"):
        torch_file.tensors(path)


@pytest.mark.parametrize("kept", [0, 10, 100, -1])
def test_half_a_file_is_refused(kept, tmp_path):
    path = written(tmp_path / "x.pth", {"a": tensor("7", 12, 0, (3, 4), (4, 1))}, {"7": np.zeros(12, "<f4")})
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"x\.pth: not tensors"):
        torch_file.tensors(path)
