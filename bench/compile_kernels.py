"""Compiles every kernel to the end for accelerators that are not there.

    make compile-kernels
    python bench/compile_kernels.py --devices H100 'TPU v5e' --only attention

Every shape of the presets, forward and backward, and three training steps. A program is
"ok", "refused" by its kernel with the reason (the dispatcher then takes another), or it
"failed", which makes the exit status 1: it does not compile, or needs more memory than
there is. docs/kernels.md says what this proves.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import sys
import tempfile
import time
from typing import Any, NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
# The compilers are asked for by name; no device is to be looked for.
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_SKIP_CUDA_CONSTRAINTS_CHECK"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["ALLOW_MULTIPLE_LIBTPU_LOAD"] = "1"
os.environ["TPU_SKIP_MDS_QUERY"] = "1"
os.environ["TPU_WORKER_HOSTNAMES"] = "localhost"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import jax

from bench import devices, programs, ptxas
from bench.devices import Device
from bench.programs import Program
from bench.ptxas import Resources
from bench.timing import first_line
from commands import tables
from data_pipeline.schema import UserError


class Result(NamedTuple):
    """Attributes:
    outcome: "ok", "refused" or "failed", and why.
    seconds: of tracing, lowering and compiling.
    memory: bytes of arguments, results and what lies between, by name; None where it
      was not compiled.
    resources: of each Pallas kernel on a GPU.
    """

    device: str
    op: str
    case: str
    outcome: str
    why: str
    seconds: float
    memory: dict[str, int] | None
    resources: dict[str, Resources]


def attempt(name: str, device: Device, program: Program) -> Result:
    """Compiles one program for one device; never raises what a compiler may."""
    begin = time.perf_counter()
    outcome, why, memory, resources = "ok", "", None, {}
    with tempfile.TemporaryDirectory() as folder:
        dump = pathlib.Path(folder)
        ours = device.platform == "gpu" and program.op != "train_step"
        options = ptxas.dump_options(dump) if ours else None
        try:
            function, arguments = program.make(device.platform)
            compiled = devices.compile_for(
                device, function, *arguments, options=options
            )
        except NotImplementedError as reason:
            outcome, why = "refused", first_line(reason)
        except Exception as error:  # JAX's, Mosaic's, Triton's, MLIR's, XLA's
            outcome, why = "failed", first_line(error)
        else:
            memory = _memory(compiled)
            if sum(memory.values()) > device.memory:
                outcome, why = "failed", "it does not fit into the memory"
        seconds = time.perf_counter() - begin
        if ours and outcome == "ok":
            resources = ptxas.read(dump)
    return Result(
        name, program.op, program.case, outcome, why, seconds, memory, resources
    )


def _memory(compiled: Any) -> dict[str, int]:
    stats = compiled.memory_analysis()
    return {
        "arguments": stats.argument_size_in_bytes,
        # What is donated lies where the arguments do.
        "results": stats.output_size_in_bytes - stats.alias_size_in_bytes,
        "temporary": stats.temp_size_in_bytes,
    }


def line(result: Result) -> str:
    """For who waits."""
    parts = [result.device, result.op, result.case, f"{result.seconds:.1f} s"]
    if result.memory:
        total = sum(result.memory.values())
        limit = devices.DEVICES[result.device].memory
        parts.append(f"{total / 1e6:.1f} MB of {limit / 1e9:.0f} GB")
        parts.append(f"{result.memory['temporary'] / 1e6:.1f} MB temporary")
    for name, used in result.resources.items():
        parts.append(
            f"{name}: {used.registers} registers, {used.spilled} bytes spilled, "
            f"{used.shared / 1024:.0f} KiB shared"
        )
    outcome = f"{result.outcome} ({result.why})" if result.why else result.outcome
    return "; ".join([*parts, outcome])


def summary(results: list[Result]) -> str:
    """By device and operation: how many of each outcome, and the worst of a GPU."""
    heads = ("", "ok", "refused", "failed", "registers", "spilled", "shared KiB")
    rows: list[tuple[str, ...]] = [heads]
    for key in dict.fromkeys((r.device, r.op) for r in results):
        group = [r for r in results if (r.device, r.op) == key]
        counts = [sum(r.outcome == o for r in group) for o in heads[1:4]]
        used = [u for r in group for u in r.resources.values()]
        worst = [max(column) for column in zip(*used, strict=True)]
        cells = ["-"] * 3
        if worst:
            cells = [str(worst[0]), str(worst[1]), f"{worst[2] / 1024:.0f}"]
        rows.append((", ".join(key), *map(str, counts), *cells))
    return tables.aligned(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    names = list(devices.DEVICES)
    ops = ("attention", "decode", "quantized_matmul", "train_step")
    parser.add_argument("--devices", nargs="+", choices=names, default=names)
    parser.add_argument("--only", nargs="+", choices=ops, default=ops)
    parser.add_argument(
        "--all", action="store_true", help="each matrix in each form, for hours"
    )
    parser.add_argument("--output", type=pathlib.Path, default="runs/compile.json")
    options = parser.parse_args()
    wanted = {name: devices.DEVICES[name] for name in options.devices}
    try:
        devices.require_compilers({device.platform for device in wanted.values()})
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    results = []
    for name, device in wanted.items():
        for program in programs.programs(options.all):
            if program.op in options.only:
                results.append(attempt(name, device, program))
                print(line(results[-1]), flush=True)
                jax.clear_caches()  # hundreds of programs would fill the memory
    print(f"\n{summary(results)}")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    saved = [
        r._asdict() | {"resources": {n: u._asdict() for n, u in r.resources.items()}}
        for r in results
    ]
    about = {"jax": jax.__version__, "results": saved}
    options.output.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    print(f"\nAll of it is in {options.output}.")
    failed = [line(r) for r in results if r.outcome == "failed"]
    print("\n".join(["\nFailed:", *failed] if failed else []))
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
