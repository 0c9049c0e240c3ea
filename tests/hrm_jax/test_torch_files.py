"""Files that PyTorch wrote (see tests/torch_files/make.py), and files that lie."""

import io
import json
import os
import pathlib
import pickle
import struct
import zipfile

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.schema import UserError
from hrm_jax import torch_files

MADE = pathlib.Path(__file__).parent.parent / "torch_files"


@pytest.fixture(scope="module")
def odd() -> dict[str, np.ndarray]:
    return torch_files.read(MADE / "odd.pt")


@pytest.mark.parametrize(
    "dtype",
    ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8"]
    + ["uint8"],
)
def test_dtypes_of_pytorch(odd, dtype):
    assert odd[dtype].dtype == jnp.dtype(dtype)
    np.testing.assert_array_equal(odd[dtype].astype(np.float64), np.arange(5.0))


def test_layouts_of_pytorch(odd):
    count = np.arange(24, dtype=np.float32)
    expected = {
        "bool": np.array([True, False, True]),
        "shared": count,
        "transposed": count.reshape(4, 6).T,
        "permuted": count.reshape(2, 3, 4).transpose(2, 0, 1),
        "sliced": count[5:20:3],
        "expanded": np.float32([[7, 7, 7], [8, 8, 8]]),
        "scalar": np.float32(2.5),
        "empty": np.zeros((0, 3), np.float32),
        "parameter": np.ones(2, np.float32),
    }
    for name, array in expected.items():
        np.testing.assert_array_equal(odd[name], array, strict=True)
    assert np.shares_memory(odd["shared"], odd["permuted"])


def test_a_checkpoint_nests_its_state_dict():
    released = torch_files.read(MADE / "released.pt")
    nested = torch_files.read(MADE / "nested.pt")
    assert list(nested) == list(released)
    assert released["_orig_mod.model.inner.H_init"].dtype == jnp.bfloat16
    # One step of SGD on a sum: every weight went down by the learning rate.
    name = "_orig_mod.model.inner.lm_head.weight"
    np.testing.assert_array_equal(nested[name], released[name] - 0.5)


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_what_is_written_is_read(tmp_path, suffix):
    tensors = {
        "a.weight": np.arange(6, dtype=np.float32).reshape(2, 3).T,
        "b": np.float16([1, 2]),
        "scalar": np.array(3, np.int64),
    }
    torch_files.write(tmp_path / f"w{suffix}", tensors)
    read = torch_files.read(tmp_path / f"w{suffix}")
    assert set(read) == set(tensors)
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(read[name], tensor, strict=True)


def test_bfloat16_in_safetensors(tmp_path):
    path = tmp_path / "w.safetensors"
    torch_files.write(path, {"w": np.arange(3).astype(jnp.bfloat16)})
    assert torch_files.read(path)["w"].dtype == jnp.bfloat16


@pytest.mark.parametrize("name", ["w.pt", "w", "w.npy"])
def test_other_suffixes_are_not_written(tmp_path, name):
    with pytest.raises(UserError, match=r"must end in \.safetensors or \.npz"):
        torch_files.write(tmp_path / name, {"w": np.zeros(2)})


class Bomb:
    """Runs a command where its pickle is loaded without care."""

    def __init__(self, marker: pathlib.Path):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


def archive(path: pathlib.Path, content: bytes, storage: bytes = b"") -> pathlib.Path:
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("w/data.pkl", content)
        zipped.writestr("w/data/0", storage)
    return path


def test_no_code_is_run(tmp_path):
    marker = tmp_path / "ran"
    content = pickle.dumps({"weight": Bomb(marker)}, protocol=2)
    pickle.loads(content)
    assert marker.exists()  # the bomb is a bomb
    marker.unlink()
    for name in ("w.pt", "w.npz", "w"):
        with pytest.raises(UserError, match=r"holds a posix\.system"):
            torch_files.read(archive(tmp_path / name, content))
    objects = io.BytesIO()
    np.savez(objects, weight=np.array([Bomb(marker)], dtype=object))
    (tmp_path / "w.npz").write_bytes(objects.getvalue())
    with pytest.raises(UserError, match="Object arrays cannot be loaded"):
        torch_files.read(tmp_path / "w.npz")
    assert not marker.exists()


TENSOR = b"""\x80\x02}X\x01\x00\x00\x00wctorch._utils
_rebuild_tensor_v2
((X\x07\x00\x00\x00storagectorch
FloatStorage
X\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQK%cK%c\x85K%c\x85\x89}tRs."""


def test_a_tensor_stays_in_its_storage(tmp_path):
    """Offset, length and stride; the storage holds 4 numbers."""
    storage = np.arange(4, dtype=np.float32).tobytes()

    def read(offset, length, stride):
        content = TENSOR % (offset, length, stride)
        return torch_files.read(archive(tmp_path / "w.pt", content, storage))["w"]

    np.testing.assert_array_equal(read(1, 2, 2), np.float32([1, 3]))
    for wrong in [(0, 5, 1), (1, 2, 3), (4, 1, 1), (9, 4, 1)]:
        with pytest.raises(UserError, match="leaves its storage"):
            read(*wrong)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda path: path.mkdir(), "is a directory"),
        (lambda path: None, "No such file"),
        (lambda path: path.write_bytes(b""), "is none of"),
        (lambda path: path.write_text("not weights at all"), "is none of"),
        (lambda path: path.write_bytes(pickle.dumps(3)), "bare pickle"),
        (lambda path: archive(path, pickle.dumps({"a": 1})), "holds no state dict"),
        (lambda path: archive(path, pickle.dumps([1])), "holds no state dict"),
        (lambda path: archive(path, b"\x80\x02."), "damaged"),
        # Names that the unpickler knows, called as PyTorch never does.
        (lambda path: archive(path, b"ctorch\nFloatStorage\n)R."), "damaged"),
        (lambda path: archive(path, b"ctorch\nSize\n(K\x01tR."), "damaged"),
        (lambda path: zipfile.ZipFile(path, "w").close(), "damaged|holds no"),
    ],
)
def test_what_is_no_weights_file_is_said(tmp_path, make, complaint):
    make(tmp_path / "w.pt")
    with pytest.raises(UserError, match=complaint) as caught:
        torch_files.read(tmp_path / "w.pt")
    assert str(tmp_path / "w.pt") in str(caught.value)


def test_files_of_pytorch_that_are_refused():
    with pytest.raises(UserError, match="bare pickle"):
        torch_files.read(MADE / "legacy.pt")
    with pytest.raises(UserError, match="torch.nn.modules.linear.Linear"):
        torch_files.read(MADE / "module.pt")


def test_a_compressed_archive_is_refused(tmp_path):
    """A zip bomb would fill the memory before a single tensor is looked at."""
    with zipfile.ZipFile(tmp_path / "w.pt", "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("w/data.pkl", pickle.dumps({}))
    with pytest.raises(UserError, match="compressed"):
        torch_files.read(tmp_path / "w.pt")


def safetensors_file() -> bytes:
    header = {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    content = json.dumps(header).encode()
    return struct.pack("<Q", len(content)) + content + bytes(8)


@pytest.mark.parametrize(
    "content", [(MADE / "odd.pt").read_bytes(), safetensors_file()]
)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damage_is_one_sentence(tmp_path_factory, content, data):
    """Cut anywhere, or with any byte changed: tensors or a UserError, nothing else."""
    path = tmp_path_factory.mktemp("damaged") / "w"
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        path.write_bytes(content[:place])
        with pytest.raises(UserError):
            torch_files.read(path)
        return
    changed = bytearray(content)
    changed[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(changed)
    try:
        tensors = torch_files.read(path)
    except UserError:
        return
    assert all(isinstance(tensor, np.ndarray) for tensor in tensors.values())
