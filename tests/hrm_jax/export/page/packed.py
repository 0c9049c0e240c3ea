"""Packages and tarballs that are whole, but for what a browser would compute with."""

import base64
import hashlib
import io
import pathlib
import tarfile
from typing import Any

from configs import default
from data_pipeline.maze.schema import CHARACTERS
from data_pipeline.schema import BoardShape
from data_pipeline.sudoku import codec
from hrm_jax import saved_config
from hrm_jax.export import package
from hrm_jax.export.page import runtime


def sudoku(shape: BoardShape) -> dict[str, Any]:
    """The task of a manifest."""
    return {
        "kind": "sudoku",
        "name": f"{shape.size}x{shape.size} Sudoku",
        "rows": shape.size,
        "cols": shape.size,
        "box_rows": shape.box_rows,
        "box_cols": shape.box_cols,
        "alphabet": ["", codec.BLANKS, *codec.DIGITS[: shape.size]],
    }


def maze(rows: int, cols: int) -> dict[str, Any]:
    name = f"{rows}x{cols} maze"
    alphabet = ["", *CHARACTERS]
    return {
        "kind": "maze",
        "name": name,
        "rows": rows,
        "cols": cols,
        "alphabet": alphabet,
    }


def manifest(task: dict[str, Any], **changes: Any) -> dict[str, Any]:
    size = {"prefix_len": 1, "seq_len": task["rows"] * task["cols"], "width": 4}
    config = saved_config.plain(default.get_config())
    return {
        "format": "onnx",
        "bits": 8,
        "task": task,
        "model": {**size, "vocab_size": len(task["alphabet"]), "equivariant": False},
        "halting": {"max_segments": 3, "min_confidence": 0.9, "q_learning": False},
        "initial": {"z_h": [0.5] * 4, "z_l": [-0.5] * 4},
        "puzzle_vector": None,
        "onnx": {"opset": 21, "ir": 10, "onnxruntime": "1.32.0"},
        "source": {"step": 1200, "commit": "abc", "run": "secret", "config": config},
    } | changes


def write_package(folder: pathlib.Path, about: dict[str, Any]) -> pathlib.Path:
    folder.mkdir()
    (folder / "segment.onnx").write_bytes(b"a graph")
    (folder / "README.md").write_text("the card")
    (folder / "LICENSE").write_text("the licence")
    package.seal(folder, about)
    return folder


FILES = (
    *("ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"),
    "ort.webgpu.min.js",
    "ort-wasm-simd-threaded.asyncify.mjs",
    "ort-wasm-simd-threaded.asyncify.wasm",
)


def write_tarball(path: pathlib.Path) -> str:
    """Writes one that is like npm's; its SHA-512 as npm tells it."""
    with tarfile.open(path, "w:gz") as archive:
        for name in (*FILES, "ort.all.js"):
            member = tarfile.TarInfo(f"package/dist/{name}")
            content = f"content of {name}".encode()
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    digest = hashlib.sha512(path.read_bytes()).digest()
    return base64.b64encode(digest).decode()


def tarball(folder: pathlib.Path, monkeypatch) -> pathlib.Path:
    """One that passes for onnxruntime-web."""
    path = folder / f"onnxruntime-web-{runtime.VERSION}.tgz"
    monkeypatch.setattr(runtime, "_SHA512", write_tarball(path))
    return path
