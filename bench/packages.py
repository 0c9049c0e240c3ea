"""Packages at full size: bytes, memory, and seconds a puzzle, one after the other.

    python bench/packages.py                       HRM, 27 M parameters
    python bench/packages.py --config=configs/default.py

Random weights, which never halt, rounded to the nearest: this is about size and speed.
Each package is timed in processes of its own, by the runner that is shipped in it; all
take their turn in each round, so that a busy machine is busy for all.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import jax
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from commands import flags, tables
from data_pipeline import datasets
from hrm_jax import experiment
from hrm_jax.export import formats, manifest, package, rounding
from hrm_jax.models import matrices, reasoner
from hrm_jax.predictor import Weights
from hrm_jax.types import Variables

_BLOCK = 64
_SEGMENTS = 16
_BATCH = 8
_CASES = (
    ("float32", 32, "nbits"),
    ("float16", 16, "nbits"),
    ("8 bits", 8, "nbits"),
    ("8 bits, integer", 8, "integer"),
    ("4 bits", 4, "nbits"),
    ("4 bits, standard", 4, "standard"),
)

_TIMER = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
import numpy as np, run
solver = run.Runner(sys.argv[1], threads=2)
puzzle = np.ones((1, len(solver.boards.read(sys.argv[2]))), np.int32)
def timed(tokens):
    began = time.perf_counter()
    solver.answer(tokens)
    return time.perf_counter() - began
timed(puzzle)
one = min(timed(puzzle) for _ in range(2))
status = open("/proc/self/status").read()
memory = 1024 * int(status.split("VmHWM:")[1].split()[0])
many = timed(np.repeat(puzzle, int(sys.argv[3]), axis=0)) / int(sys.argv[3])
print(json.dumps([one, many, memory]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--config", default="configs/sudoku_extreme.py:hrm")
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        made = _made(arguments.config, pathlib.Path(home))
        found: dict[str, list[list[float]]] = {name: [] for name in made}
        for _ in range(arguments.rounds):
            for name, folder in made.items():
                found[name].append(_timed(folder))
        size = {name: (f / "segment.onnx").stat().st_size for name, f in made.items()}
    print(_table(found, size))


def _made(preset: str, home: pathlib.Path) -> dict[str, pathlib.Path]:
    fields = flags.parse(["packages", f"--config={preset}"]).config
    fields.evaluation.max_segments = _SEGMENTS
    task = datasets.boards(fields.data, "packages")
    config = experiment.train_config(fields, task.dimensions)
    evaluation = experiment.evaluation_config(fields)
    variables = reasoner.init_variables(config.model, jax.random.key(0))
    width = config.model.puzzle_width
    table = np.zeros((1, width), np.float32) if width else None
    folders = {}
    for name, bits, products in _CASES:
        folder = folders[name] = home / name.replace(" ", "-")
        folder.mkdir()
        weights = Weights(_rounded(variables, bits), table)  # type: ignore[arg-type]
        about = manifest.of_board(task, config, evaluation, weights)
        about |= {"format": "onnx", "bits": bits, "products": products}
        about |= {"whole": False, "block": _BLOCK}
        write = formats.FORMATS["onnx"].write
        package.seal(folder, about | write(folder, config.model, weights, about))
    return folders


def _rounded(variables: Variables, bits: int) -> Variables:
    if bits > 8:
        return variables
    rounded = {
        name: rounding.nearest(np.asarray(w), bits, _BLOCK if bits == 4 else None)
        for name, w in matrices.of(variables.params).items()
    }
    return matrices.replaced(variables, rounded)


def _timed(folder: pathlib.Path) -> list[float]:
    cells = json.loads((folder / package.MANIFEST).read_text())["task"]
    blank = "." * (cells["rows"] * cells["cols"])
    command = [sys.executable, "-I", "-c", _TIMER, str(folder), blank, str(_BATCH)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def _table(found: dict[str, list[list[float]]], size: dict[str, int]) -> str:
    rows = [
        (
            *("", "MB", "memory, MB", "seconds a puzzle", "over float32"),
            *(f"a puzzle of {_BATCH}", "over float32"),
        )
    ]
    base = found["float32"]
    for name, rounds in found.items():
        one, many, memory = map(statistics.median, zip(*rounds, strict=True))
        over = [
            statistics.median(
                mine[i] / its[i] for mine, its in zip(rounds, base, strict=True)
            )
            for i in range(2)
        ]
        rows.append(
            (
                name,
                f"{size[name] / 1e6:.1f}",
                f"{memory / 1e6:.0f}",
                f"{one:.3f}",
                f"{over[0]:.2f}",
                f"{many:.3f}",
                f"{over[1]:.2f}",
            )
        )
    return tables.aligned(rows)


if __name__ == "__main__":
    main()
