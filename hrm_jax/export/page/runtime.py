"""onnxruntime-web, as npm packs it: fetched once, checked always."""

from __future__ import annotations

import base64
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import tempfile
from typing import NamedTuple

from data_pipeline.schema import UserError

VERSION = "1.30.0"
_NAME = f"onnxruntime-web@{VERSION}"
_FILE = f"onnxruntime-web-{VERSION}.tgz"
_SHA512 = (
    "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfK"
    "YQ=="
)
"""In base64: what npm calls its integrity."""
_OR = f"or name what `npm pack {_NAME}` wrote elsewhere with --runtime=FILE"


class Runtime(NamedTuple):
    """What a browser needs for one backend.

    Attributes:
      script: defines `ort`.
      loader: the module that loads the binary.
      binary: WebAssembly.
    """

    script: bytes
    loader: bytes
    binary: bytes


_FILES = {
    "wasm": ("ort.wasm.min.js", "ort-wasm-simd-threaded"),
    "webgpu": ("ort.webgpu.min.js", "ort-wasm-simd-threaded.asyncify"),
}


def read(tarball: pathlib.Path) -> dict[str, Runtime]:
    """The runtimes, by backend.

    Raises:
      UserError: it is not this version's file, or it cannot be read.
    """
    try:
        if not _is_sound(tarball):
            raise UserError(
                f"{tarball} is not onnxruntime-web {VERSION}, or it is damaged: leave "
                f"--runtime out to fetch it, {_OR}."
            )
        with tarfile.open(tarball) as archive:
            members = {member.name: member for member in archive}

            def content(name: str) -> bytes:
                file = archive.extractfile(members[f"package/dist/{name}"])
                assert file is not None  # only folders have no content
                return file.read()

            return {
                backend: Runtime(
                    content(script), content(f"{stem}.mjs"), content(f"{stem}.wasm")
                )
                for backend, (script, stem) in _FILES.items()
            }
    except OSError as error:
        raise UserError(f"{tarball} cannot be read ({error.strerror}).") from error


def fetch(cache: pathlib.Path) -> pathlib.Path:
    """The tarball in a folder, brought there by npm if it is not there yet.

    Raises:
      UserError: there is no npm, it does not reach its registry, or the folder cannot
        be written to.
    """
    kept = cache / _FILE
    try:
        if kept.is_file() and _is_sound(kept):
            return kept
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            _pack(pathlib.Path(folder))
            os.replace(pathlib.Path(folder, _FILE), kept)
    except OSError as error:
        raise UserError(
            f"onnxruntime-web cannot be kept in {cache} ({error.strerror}): make it "
            f"writable, {_OR}."
        ) from error
    return kept


def _pack(folder: pathlib.Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise UserError(
            f"A page needs onnxruntime-web {VERSION}, but there is no npm to fetch it: "
            f"install Node.js, {_OR}."
        )
    ran = subprocess.run(
        [npm, "pack", _NAME, f"--pack-destination={folder}", "--fetch-retries=1"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        code = re.search(r"code (\w+)", ran.stderr)
        why = code[1] if code else f"exit code {ran.returncode}"
        raise UserError(
            f"npm cannot fetch onnxruntime-web {VERSION} ({why}): connect to the "
            f"network, {_OR}."
        )


def _is_sound(tarball: pathlib.Path) -> bool:
    with tarball.open("rb") as file:
        digest = hashlib.file_digest(file, "sha512").digest()
    return base64.b64encode(digest).decode() == _SHA512
