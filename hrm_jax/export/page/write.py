"""Writes a page: static files that need no server and no network.

A browser loads nothing but scripts and styles from a disk. So graph and runtime come as
text in scripts, compressed, and are loaded when they are needed.
"""

from __future__ import annotations

import base64
import gzip
import json
import pathlib
import shutil
from typing import Any

from data_pipeline.schema import UserError
from eval.atomic import replacing
from hrm_jax.export import package
from hrm_jax.export.page import bundle, runtime
from hrm_jax.export.page.difficulty import difficulty

STATIC = pathlib.Path(__file__).parent / "static"
_KINDS = ("maze", "sudoku")
_GRAPH = "segment.onnx"
_DOCUMENTS = {
    "Model card": "README.md",
    "Licence of the model": "LICENSE",
    "Licence of onnxruntime-web": "onnxruntime-web.txt",
}
_PARTS = ("app.js", "data", "documents", "index.html", "style.css")
"""All that lies in a page's folder."""


def write(folder: pathlib.Path, output: pathlib.Path, tarball: pathlib.Path) -> None:
    """Makes a page of a package; a page that is there already is replaced.

    Args:
      folder: the package, in format "onnx".
      output: a folder for the page.
      tarball: onnxruntime-web, see `runtime`.

    Raises:
      UserError: it is no whole package of puzzles with a graph, the tarball is another
        one, the output holds other files, or it cannot be written.
    """
    manifest = package.read(folder)
    _require_playable(manifest, folder)
    _require_room(output)
    runtimes = runtime.read(tarball)
    with replacing(output.absolute()) as whole:
        data = whole / "data"
        data.mkdir(parents=True)
        for name in ("index.html", "style.css"):
            shutil.copyfile(STATIC / name, whole / name)
        (whole / "app.js").write_text(_script("app"), encoding="utf-8")
        documents = _copy_documents(folder, whole / "documents")
        _write_data(data, "page", _page(manifest, documents))
        _write_data(data, "model", {"graph": _packed((folder / _GRAPH).read_bytes())})
        worker = _packed(_script("worker").encode())
        for backend, files in runtimes.items():
            packed = {name: _packed(part) for name, part in files._asdict().items()}
            _write_data(data, backend, packed | {"worker": worker})
        if output.exists():
            shutil.rmtree(output)


def _require_playable(manifest: package.Manifest, folder: pathlib.Path) -> None:
    kind = manifest["task"]["kind"]
    if kind not in _KINDS:
        raise UserError(
            f"{folder} is a model of {kind}, but a page shows Sudokus and mazes: "
            "export a run on these."
        )
    if manifest["format"] != "onnx":
        raise UserError(
            f"{folder} is in format {manifest['format']}, but a browser runs ONNX: "
            "export the run with --format=onnx."
        )


def _require_room(output: pathlib.Path) -> None:
    """Nothing is deleted but an older page."""
    if not output.exists():
        return
    if not output.is_dir():
        raise UserError(f"{output} is a file: choose another folder with --output.")
    parts = sorted(output.iterdir())
    if parts and not all(
        (output / name).is_file() for name in ("app.js", "index.html")
    ):
        raise UserError(
            f"{output} holds something that is no page: choose another folder with "
            "--output."
        )
    for path in parts:
        if path.name not in _PARTS:
            raise UserError(
                f"{output} holds {path.name}, which is no part of a page: choose "
                "another folder with --output."
            )


def _script(name: str) -> str:
    return bundle.script(STATIC / f"{name}.mjs")


def _page(manifest: package.Manifest, documents: dict[str, str]) -> dict[str, Any]:
    """What the scripts need to know of the package."""
    source, config = manifest["source"], manifest["source"]["config"]
    kept = ("task", "model", "halting", "initial", "puzzle_vector")
    graph = manifest["files"][_GRAPH]
    return {name: manifest[name] for name in kept} | {
        "token_loss": config["loss"]["token_loss"],
        "difficulty": difficulty(manifest["task"]["kind"], config["data"]),
        "documents": documents,
        "card": {
            "bits": manifest["bits"],
            "bytes": graph["bytes"],
            "sha256": graph["sha256"],
            "step": source["step"],
            "opset": manifest["onnx"]["opset"],
            "runtime": runtime.VERSION,
        },
    }


def _copy_documents(folder: pathlib.Path, target: pathlib.Path) -> dict[str, str]:
    """Copies those that there are; their addresses, by what they are."""
    target.mkdir()
    found = {}
    for name, file in _DOCUMENTS.items():
        homes = (folder / file, STATIC / file)
        for home in (home for home in homes if home.is_file()):
            # A browser shows text, but would save what it does not know.
            copy = target / f"{pathlib.Path(file).stem}.txt"
            shutil.copyfile(home, copy)
            found[name] = f"{target.name}/{copy.name}"
    return found


def _write_data(folder: pathlib.Path, name: str, content: Any) -> None:
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    script = f"(globalThis.PAGE_DATA ??= {{}}).{name} = {text};\n"
    (folder / f"{name}.js").write_text(script, encoding="ascii")


def _packed(content: bytes) -> str:
    """As `payload.mjs` unpacks it; the same bytes give the same text."""
    return base64.b64encode(gzip.compress(content, 6, mtime=0)).decode()
