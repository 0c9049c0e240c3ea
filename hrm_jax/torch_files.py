"""PyTorch's state dicts as numpy arrays, read and written without PyTorch.

A `.pt` file is a zip archive: a pickle that describes the tensors, and their bytes
beside it. Pickles run code, so this one is read by an unpickler that knows the handful
of names a state dict needs and imports nothing.
"""

from __future__ import annotations

import io
import pathlib
import pickle
import zipfile
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import safetensors.numpy

from data_pipeline.schema import UserError
from eval import atomic

_DTYPES = {
    "DoubleStorage": np.dtype(np.float64),
    "FloatStorage": np.dtype(np.float32),
    "HalfStorage": np.dtype(np.float16),
    # Importing jax.numpy also teaches numpy the name, which safetensors relies on.
    "BFloat16Storage": np.dtype(jnp.bfloat16),
    "LongStorage": np.dtype(np.int64),
    "IntStorage": np.dtype(np.int32),
    "ShortStorage": np.dtype(np.int16),
    "CharStorage": np.dtype(np.int8),
    "ByteStorage": np.dtype(np.uint8),
    "BoolStorage": np.dtype(np.bool_),
}

_NESTED = ("model", "state_dict", "model_state_dict")
"""Where a training checkpoint, which holds more than weights, keeps its state dict."""


def read(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Reads `.pt`, `.safetensors` or `.npz`, told apart by content.

    A state dict may lie one level deep in a checkpoint, under "model" or "state_dict".

    Returns:
      The tensors by name, in their own dtypes; those of a `.pt` file are read-only.

    Raises:
      UserError: the file cannot be read, is damaged, or holds anything but tensors.
    """
    if path.is_dir():
        raise UserError(f"{path} is a directory; give the file with the weights in it.")
    try:
        with path.open("rb") as file:
            start = file.read(9)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from error
    if start.startswith(b"\x80"):
        raise UserError(
            f"{path} is a bare pickle, as PyTorch wrote before version 1.6; if you "
            "trust it, torch.load it and torch.save it again."
        )
    if not start.startswith(b"PK") and start[8:] != b"{":
        raise UserError(f"{path} is none of .pt, .safetensors and .npz.")
    try:
        tensors = _read_zip(path) if start.startswith(b"PK") else _read_flat(path)
    except UserError:
        raise
    except Exception as error:  # whatever a damaged or hostile file provokes
        raise UserError(
            f"{path} is damaged or cut short ({type(error).__name__}: {error})."
        ) from error
    if not tensors:
        raise UserError(f"{path} holds no state dict: there are no tensors in it.")
    return tensors


def require_suffix(path: pathlib.Path) -> None:
    """Can `write` write such a file?

    Raises:
      UserError: its suffix is another one.
    """
    if path.suffix not in (".safetensors", ".npz"):
        raise UserError(f"{path} must end in .safetensors or .npz.")


def write(path: pathlib.Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Writes `.safetensors` or `.npz`; an older file stays whole until the end.

    Raises:
      UserError: the suffix is another one, or the file cannot be written.
    """
    require_suffix(path)
    dense = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    with atomic.replacing(path) as unfinished:
        if path.suffix == ".npz":
            np.savez(unfinished, **dense)  # pyright: ignore[reportArgumentType]
        else:
            unfinished.write_bytes(safetensors.numpy.save(dense))


def _read_flat(path: pathlib.Path) -> dict[str, np.ndarray]:
    return safetensors.numpy.load_file(path)


def _read_zip(path: pathlib.Path) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(path) as archive:
        pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if pickles:
            return _read_torch(path, archive, pickles[0].removesuffix("data.pkl"))
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


class _Storage(NamedTuple):
    """Bytes of the archive that several tensors may share."""

    dtype: np.dtype
    key: str


class _Tensor(NamedTuple):
    """A view of a storage; offset and strides count elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _StateDict(dict):
    """Stands for OrderedDict."""

    def __setstate__(self, state: Any) -> None:
        """Drops what PyTorch hangs on a state dict, the versions of the modules."""


def _rebuild_tensor(storage, offset, shape, strides, *_) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


def _rebuild_parameter(tensor, *_) -> _Tensor:
    return tensor


class _Unpickler(pickle.Unpickler):
    """Knows these names, and looks up no other."""

    _NAMES = {
        ("collections", "OrderedDict"): _StateDict,
        ("torch", "Size"): tuple,
        ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
        ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
        **{("torch", name): dtype for name, dtype in _DTYPES.items()},
    }

    def __init__(self, path: pathlib.Path, content: bytes):
        super().__init__(io.BytesIO(content))
        self._path = path

    def find_class(self, module_name: str, global_name: str) -> Any:
        if (module_name, global_name) not in self._NAMES:
            raise UserError(
                f"{self._path} holds a {module_name}.{global_name}, which is no tensor "
                "and may run code; torch.save the model's state_dict() alone."
            )
        return self._NAMES[module_name, global_name]

    def persistent_load(self, pid: Any) -> _Storage:
        _, dtype, key, *_ = pid  # "storage", type, key, device, number of elements
        return _Storage(dtype, key)


def _read_torch(
    path: pathlib.Path, archive: zipfile.ZipFile, root: str
) -> dict[str, np.ndarray]:
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
        raise UserError(f"{path} is a compressed archive, which PyTorch never writes.")
    order = root + "byteorder"
    if order in archive.namelist() and archive.read(order) != b"little":
        raise UserError(f"{path} was written on a big-endian machine.")
    content = _Unpickler(path, archive.read(root + "data.pkl")).load()
    storages: dict[_Storage, np.ndarray] = {}

    def array(tensor: _Tensor) -> np.ndarray:
        storage = tensor.storage
        if storage not in storages:
            data = archive.read(f"{root}data/{storage.key}")
            storages[storage] = np.frombuffer(data, storage.dtype)
        return _view(storages[storage], tensor)

    tensors = _state_dict(content).items()
    return {name: array(item) for name, item in tensors if isinstance(item, _Tensor)}


def _state_dict(content: Any) -> dict[str, Any]:
    """The first dict that holds tensors: the content itself, or what it nests."""
    outer = content if isinstance(content, dict) else {}
    for found in (outer, *(outer.get(name) for name in _NESTED)):
        if isinstance(found, dict):
            if any(isinstance(item, _Tensor) for item in found.values()):
                return found
    return {}


def _view(flat: np.ndarray, tensor: _Tensor) -> np.ndarray:
    """A read-only view that cannot leave its storage."""
    _, offset, shape, strides = tensor
    last = offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    if min((offset, *shape, *strides)) < 0 or (0 not in shape and last >= flat.size):
        raise ValueError(f"a tensor of shape {list(shape)} leaves its storage")
    return np.lib.stride_tricks.as_strided(
        flat[offset:],
        shape,
        [stride * flat.itemsize for stride in strides],
        writeable=False,
    )
