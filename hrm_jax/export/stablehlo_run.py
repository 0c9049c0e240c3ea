"""Solves puzzles with the package that this file lies in.

    pip install jax flatbuffers
    python run.py PUZZLE [PUZZLE ...]

Needs JAX, NumPy and flatbuffers alone: `loop.stablehlo` is the whole program and
`weights.npz` what it computes with. From Python:

    package = run.Package(folder)
    answers = package.solve(np.stack([package.read(puzzle)]))
    print(package.written(answers["answer"][0]))
"""

from __future__ import annotations

import hashlib
import json
import pathlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np


class PackageError(Exception):
    """One sentence: what is wrong with the package, the puzzle or this machine."""


class Package:
    """A package, checked, with the weights on the device.

    Attributes:
      about: what `package.json` says.
    """

    def __init__(self, folder: str | pathlib.Path):
        """Raises: PackageError: a file is missing, damaged, or not this program's."""
        self._folder = pathlib.Path(folder)
        self.about = _manifest(self._folder)
        self._program: dict[str, tuple[Callable[..., Any], Any]] = {}
        self._weights: dict[str, jax.Array] | None = None

    def solve(self, tokens: np.ndarray) -> dict[str, np.ndarray]:
        """Lets the model think about each puzzle until it believes in its answer.

        Args:
          tokens: `[puzzles, cells]`, of `read`.

        Returns:
          "answer", int32 tokens `[puzzles, cells]`; "segments" that each was thought
          about, int32; "confidence", the probability that it is right, float32.
        """
        return self._run("loop", tokens)

    def segment(
        self, tokens: np.ndarray, z_h: np.ndarray, z_l: np.ndarray
    ) -> dict[str, np.ndarray]:
        """One segment of thought, from float32 states `[puzzles, ...]` of `initial`.

        Returns:
          "logits" of the tokens, "q_halt" and "q_continue" of halting; "z_h_next" and
          "z_l_next", the states after; all float32.
        """
        return self._run("segment", tokens, z_h, z_l)

    def initial(self, puzzles: int) -> tuple[np.ndarray, np.ndarray]:
        """The states z_h and z_l that every puzzle starts from."""
        _, (_, _, *states) = self._loaded("segment")
        z_h, z_l = (
            np.broadcast_to(
                np.array(self.about["initial"][name], np.float32),
                (puzzles, *state.shape[1:]),
            )
            for name, state in zip(("z_h", "z_l"), states, strict=True)
        )
        return z_h, z_l

    def read(self, puzzle: str) -> np.ndarray:
        """Tokens of a puzzle, whose cells stand in reading order.

        Raises: PackageError: it has unknown characters, or too few or many.
        """
        alphabet = self.about["task"]["alphabet"]
        tokens = {c: t for t, some in enumerate(alphabet) for c in some}
        cells = [c for c in puzzle if c in tokens or not c.isspace()]
        for place, character in enumerate(cells, start=1):
            if character not in tokens:
                known = " ".join(repr(c)[1:-1] for c in tokens)
                raise PackageError(
                    f"{character!r} at place {place} of the puzzle is none of {known}."
                )
        task = self.about["task"]
        if len(cells) != task["rows"] * task["cols"]:
            raise PackageError(
                f"A puzzle of {task['name']} has {task['rows']} x {task['cols']} "
                f"cells, but this has {len(cells)}."
            )
        return np.array([tokens[c] for c in cells], np.int32)

    def written(self, tokens: Sequence[int] | np.ndarray) -> str:
        """The board that tokens stand for, a line for each of its rows."""
        alphabet = self.about["task"]["alphabet"]
        cells = [(alphabet[token] or "?")[0] for token in tokens]
        columns = self.about["task"]["cols"]
        rows = (cells[i : i + columns] for i in range(0, len(cells), columns))
        return "\n".join("".join(row) for row in rows)

    def _run(self, name: str, tokens: np.ndarray, *states: Any) -> dict[str, Any]:
        """Pads the puzzles: a program is compiled for each number of them."""
        puzzles = len(tokens)
        more = (1 << (puzzles - 1).bit_length()) - puzzles
        rows = [np.asarray(tokens, np.int32)]
        rows += [np.asarray(state, np.float32) for state in states]
        padded = [
            np.concatenate([array, np.repeat(array[-1:], more, axis=0)])
            for array in rows
        ]
        found = self._called(name, *padded)
        return {key: np.asarray(value)[:puzzles] for key, value in found.items()}

    def _called(self, name: str, *rows: Any) -> dict[str, Any]:
        program, (weights, *_) = self._loaded(name)
        if self._weights is None:
            self._weights = _weights(self._folder / "weights.npz", weights)
        return program(self._weights, *rows)

    def _loaded(self, name: str) -> tuple[Callable[..., Any], Any]:
        """A program, and the shapes of its arguments."""
        if name not in self._program:
            path = self._folder / f"{name}.stablehlo"
            made_by = self.about["stablehlo"]["jax"]
            self._program[name] = _program(path, made_by)
        return self._program[name]


def _manifest(folder: pathlib.Path) -> dict[str, Any]:
    path = folder / "package.json"
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        files, made_for = about["files"], about["format"]
        sealed = about.pop("sealed", None)  # earlier versions have none
        said = json.dumps(about, sort_keys=True).encode()
        if sealed not in (None, hashlib.sha256(said).hexdigest()):
            raise ValueError("it is not what was packed")
    except OSError as error:
        raise PackageError(f"{path} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError) as error:
        raise PackageError(f"{path} is damaged ({error!r}).") from error
    if made_for != "stablehlo":
        raise PackageError(f"{folder} is a package of {made_for}, not of stablehlo.")
    for name, file in files.items():
        try:
            content = (folder / name).read_bytes()
        except OSError as error:
            raise PackageError(
                f"{folder / name} is missing: copy the whole folder again."
            ) from error
        if hashlib.sha256(content).hexdigest() != file["sha256"]:
            raise PackageError(
                f"{folder / name} is not what was packed: copy the package again."
            )
    return about


def _program(path: pathlib.Path, made_by: str) -> tuple[Callable[..., Any], Any]:
    content = bytearray(path.read_bytes())
    try:
        exported = jax.export.deserialize(content)
        exported.mlir_module()  # fails here what would fail while it is compiled
    except ImportError as error:
        raise PackageError(
            "JAX reads programs by flatbuffers: `pip install flatbuffers`."
        ) from error
    except Exception as error:  # whatever another version's reader stumbles over
        raise PackageError(
            f"{path} is of JAX {made_by} and cannot be read by JAX {jax.__version__} "
            f"({type(error).__name__}): install jax=={made_by} or a later one."
        ) from error
    platform = jax.default_backend()
    if {"gpu": "cuda"}.get(platform, platform) not in exported.platforms:
        raise PackageError(
            f"{path} runs on {', '.join(exported.platforms)}, but JAX is on {platform} "
            "here: set JAX_PLATFORMS=cpu."
        )
    shapes, _ = jax.tree.unflatten(exported.in_tree, exported.in_avals)
    return jax.jit(exported.call), shapes


def _weights(path: pathlib.Path, wanted: dict[str, Any]) -> dict[str, jax.Array]:
    """The weights that a program takes, which says what they are."""
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in wanted if name in stored}
    for name, aval in wanted.items():
        if name not in arrays or arrays[name].shape != aval.shape:
            raise PackageError(f"{path} has not the {name} of the program beside it.")
        # NumPy's files know no bfloat16, and call it two bytes.
        if arrays[name].dtype.kind == "V":
            arrays[name] = arrays[name].view(aval.dtype)
    return jax.device_put(arrays)


def main(arguments: list[str]) -> int:
    """Prints the answer to each puzzle; returns the exit status."""
    if not arguments:
        print(__doc__)
        return 2
    try:
        package = Package(pathlib.Path(__file__).parent)
        found = package.solve(np.stack([package.read(text) for text in arguments]))
    except PackageError as error:
        print(error, file=sys.stderr)
        return 1
    for number, answer in enumerate(found["answer"]):
        segments, sure = found["segments"][number], found["confidence"][number]
        print(package.written(answer))
        print(
            f"{sure:.1%} sure after {segments} segment{'' if segments == 1 else 's'}\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
