"""The tensors of a PyTorch file of the form before zip archives (PyTorch < 1.6), read without PyTorch.

Such a file is a row of pickles (a magic number, the protocol, facts of the writer, the named tensors, the
keys of their storages), then each storage: its number of elements, int64, and its bytes. A pickle can call
anything when it is read; here it can make an ordered dictionary and a tensor, and any other name is
refused.
"""

import io
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
DTYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}


class _Tensor(NamedTuple):
    """What a file says of a tensor; its values follow later."""

    storage: str
    dtype: str
    offset: int  # in elements
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Tensors(pickle.Unpickler):
    """Reads names and shapes of tensors; nothing else can be made."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuilt
        if module == "torch" and name in DTYPES:
            return DTYPES[name]
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a tensor")

    def persistent_load(self, pid: Any) -> Any:  # noqa: ANN401
        kind, dtype, key, _, _, view = pid
        if kind != "storage" or view is not None:
            raise pickle.UnpicklingError(f"{kind} is no storage")
        return key, dtype


def _rebuilt(
    storage: tuple[str, str],
    offset: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    *_: object,
) -> _Tensor:
    return _Tensor(*storage, offset, tuple(shape), tuple(strides))


def tensors(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a file by their names, float32 or int64, in the file's order.

    Raises:
        ValueError: not such a file, or it holds anything but tensors.
    """
    content = io.BytesIO(path.read_bytes())
    try:
        magic, _, _, named, keys = (_Tensors(content).load() for _ in range(5))
        if magic != MAGIC or not all(isinstance(each, _Tensor) for each in named.values()):
            raise pickle.UnpicklingError("no named tensors")
        dtypes = {each.storage: each.dtype for each in named.values()}
        storages = {}
        for key in keys:
            (count,) = np.frombuffer(content.read(8), "<i8")
            size = np.dtype(dtypes[key]).itemsize
            storages[key] = np.frombuffer(content.read(int(count) * size), dtypes[key], count)
        return {name: _array(each, storages[each.storage]) for name, each in named.items()}
    except (pickle.UnpicklingError, EOFError, AttributeError, TypeError, KeyError, ValueError) as error:
        raise ValueError(f"{path.name}: not tensors of PyTorch's old form ({error})") from None


def _array(tensor: _Tensor, values: np.ndarray) -> np.ndarray:
    """The values in row-major order, whatever order the file has them in."""
    if len(tensor.strides) != len(tensor.shape) or min((*tensor.shape, *tensor.strides, tensor.offset)) < 0:
        raise ValueError("a tensor without shape")
    last = sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides, strict=True))
    if 0 in tensor.shape or tensor.offset + last >= len(values):
        raise ValueError("a tensor beyond its storage")
    strides = [stride * values.itemsize for stride in tensor.strides]
    return np.lib.stride_tricks.as_strided(values[tensor.offset :], tensor.shape, strides).copy()
