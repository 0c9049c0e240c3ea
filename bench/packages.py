"""Packages at full size: bytes, memory, and seconds of answering, one after the other.

    python bench/packages.py                             HRM, 27 M parameters
    python bench/packages.py --config=configs/default.py
    python bench/packages.py --config=configs/text.py:base      text, 74 M parameters

Random weights, which never halt, rounded to the nearest: this is about size and speed.
Each package is timed in processes of its own, by the runner that is shipped in it; all
take their turn in each round, so that a busy machine is busy for all. What it can read
from memory is measured in the same processes. Processor seconds hardly depend on what
runs beside; of one thread (`--threads=1`) they hold no waiting for the other.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
from typing import Any, NamedTuple

import jax
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from bench import package_timer, packed_puzzles, packed_text
from bench.packed import Packed
from commands import flags, tables
from data_pipeline.config import TEXTS
from hrm_jax.export import formats, package, rounding
from hrm_jax.models import matrices, reasoner
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.predictor import Weights
from hrm_jax.types import Variables
from kernels.quantized_matmul import formats as matrix_formats

_BLOCK = 64
_CASES = {
    "float32": (32, "nbits"),
    "float16": (16, "nbits"),
    "8 bits": (8, "nbits"),
    "8 bits, integer": (8, "integer"),
    "4 bits": (4, "nbits"),
    "4 bits, integer": (4, "integer"),
    "4 bits, standard": (4, "standard"),
}
"""By name, bits and the form of products."""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--config", default="configs/sudoku_extreme.py:hrm")
    parser.add_argument("--cases", default=";".join(_CASES), help="with ; between")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args(arguments)
    fields = flags.parse(["packages", f"--config={given.config}"]).config
    kind = packed_text if fields.data.dataset in TEXTS else packed_puzzles
    packed = kind.of(fields)
    variables = reasoner.init_variables(packed.model, jax.random.key(0))
    cases: dict[str, _Case] = {}
    with tempfile.TemporaryDirectory() as home:
        for name in given.cases.split(";"):
            folder = pathlib.Path(home) / name.replace(" ", "-")
            cases[name] = _made(packed, variables, folder, *_CASES[name])
        for _ in range(given.rounds):
            for case in cases.values():
                case.rounds.append(_timed(case.folder, given.threads))
    print(_table(packed, cases))
    rates = [one["bandwidth"] / 1e9 for case in cases.values() for one in case.rounds]
    print(
        f"{given.threads} threads read {statistics.median(rates):.1f} GB a second "
        f"({min(rates):.1f} to {max(rates):.1f})."
    )


class _Case(NamedTuple):
    """Attributes:
    folder: of the package.
    size: in bytes.
    moved: bytes of weights that all calls of a segment read, each call its own.
    rounds: what `package_timer` told.
    """

    folder: pathlib.Path
    size: int
    moved: int
    rounds: list[dict[str, Any]]


def _made(
    packed: Packed, variables: Variables, folder: pathlib.Path, bits: int, products: str
) -> _Case:
    folder.mkdir()
    packed.prepare(folder)
    weights = Weights(_rounded(variables, bits), packed.table)  # type: ignore[arg-type]
    about = packed.about(weights) | {"format": "onnx", "bits": bits}
    about |= {"products": products, "whole": False, "block": _BLOCK, "source": {}}
    about |= formats.FORMATS["onnx"].write(folder, packed.model, weights, about)
    package.seal(folder, about)
    size = sum(file.stat().st_size for file in folder.iterdir())
    moved = _moved(packed.model, weights.variables, products)
    return _Case(folder, size, moved, [])


def _rounded(variables: Variables, bits: int) -> Variables:
    if bits > 8:
        return variables
    rounded = {}
    for name, w in matrices.of(variables.params).items():
        own_bits, rows = matrix_formats.format_of(len(w), bits, _BLOCK)
        rounded[name] = rounding.nearest(np.asarray(w), own_bits, rows)
    return matrices.replaced(variables, rounded)


def _moved(config: ReasonerConfig, variables: Variables, products: str) -> int:
    """What is stored in float16 is computed with in float32; of text, "integer" has a
    head of bytes."""
    own = config.h_cycles if config.h_layers else 0
    calls = {"h_module": own, "l_module": config.module_calls - own}
    head = "token_embedding" if config.tied_embedding else "answer_head"
    read = sum(leaf.nbytes for leaf in jax.tree.leaves(variables.params[head]))
    if products == "integer" and config.visibility != "all":
        read //= 4
    for name, matrix in matrices.of(variables.params).items():
        read += matrix.nbytes * calls[name.split("/")[0]]
    return read


def _timed(folder: pathlib.Path, threads: int) -> dict[str, Any]:
    command = [sys.executable, "-I", package_timer.__file__, folder, str(threads)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def _table(packed: Packed, cases: dict[str, _Case]) -> str:
    first, base = next((name, case.rounds) for name, case in cases.items())
    heads = ["", "MB", "memory, MB", "moved, MB"]
    for work in packed.timed:
        heads += [f"{work}, s", "of processor", f"over {first}"]
    rows = [tuple(heads)]
    for name, case in cases.items():
        memory = statistics.median(one["memory"] for one in case.rounds)
        sizes = case.size, memory, case.moved
        cells = [name, *(f"{size / 1e6:,.1f}" for size in sizes)]
        for i in range(len(packed.timed)):
            times = [one["times"][i] for one in case.rounds]
            firsts = [one["times"][i][0] for one in base]
            over = [mine / its for (mine, _), its in zip(times, firsts, strict=True)]
            both = map(statistics.median, zip(*times, strict=True))
            cells += [f"{seconds:.3f}" for seconds in both]
            cells.append(f"{statistics.median(over):.2f}")
        rows.append(tuple(cells))
    return tables.aligned(rows)


if __name__ == "__main__":
    main()
