"""How cost grows with devices and processes: measured, counted, predicted.

    python bench/scaling.py overhead     # our code beside the step, 1, 2, 4 processes
    python bench/scaling.py counts       # compiled for 1 to 8 virtual devices
    python bench/scaling.py predictions  # out to 256 chips, by bench/chips.py

`overhead` times what Python of ours does between two dispatches: reading and placing
data, reports, the loop. It is compared with the whole step, of which the device does
most at the same time, so the share is an upper bound of what it costs.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import jax
import numpy as np
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P

from bench import chips, collectives
from commands import overrides
from configs import Config, default
from data_pipeline import datasets, loader
from data_pipeline.config import DataConfig
from data_pipeline.sudoku.generator import generate
from data_pipeline.sudoku.task import SudokuTask
from hrm_jax import experiment, processes, sharding, train_step
from hrm_jax.checkpoint import Checkpoints
from hrm_jax.loop import Loop, resume
from hrm_jax.train_state import TrainConfig, init_state

EXTREME = "configs/sudoku_extreme.py"
PRESETS = tuple(f"{EXTREME}:{name}" for name in ("hrm", "trm_attention", "best"))
WARM_UP, STEPS = 10, 30
MESHES = ((1, 1, 1), (2, 1, 1), (8, 1, 1), (2, 4, 1), (4, 1, 2))


def typed(config: Config) -> TrainConfig:
    config = config.copy_and_resolve_references()
    return experiment.train_config(config, datasets.task(config.data).dimensions)


def count(config: TrainConfig, fsdp: int, tensor: int) -> dict[str, Any]:
    """The training step, compiled for all devices: bytes of memory and of messages."""
    mesh = sharding.make_mesh(fsdp, tensor)
    sharding.require_fit(config, mesh)
    shapes = jax.eval_shape(functools.partial(init_state, config), jax.random.key(0))
    places = sharding.state_shardings(shapes, mesh)
    step = jax.jit(
        functools.partial(train_step.train_step, config),
        donate_argnums=0,
        out_shardings=(places, NamedSharding(mesh, P())),
        # Passes of LLVM, which change nothing of what is counted.
        compiler_options={"xla_backend_optimization_level": 0},
    )
    with jax.set_mesh(mesh):
        compiled = step.lower(sharding.with_shardings(shapes, places)).compile()
    memory: Any = compiled.memory_analysis()
    params = jax.tree.leaves(shapes.variables.params)
    work = chips.work(config, sum(p.size for p in params), *mesh.shape.values())
    return {
        "state": memory.argument_size_in_bytes,
        "temporary": memory.temp_size_in_bytes,
        "sent": collectives.sent(compiled.as_text() or ""),
        "formula": work._asdict() | {"sent": work.sent},
    }


class Clock:
    """Adds up the time spent inside of some functions."""

    def __init__(self):
        self.seconds = 0.0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            begin = time.perf_counter()
            try:
                return function(*args)
            finally:
                self.seconds += time.perf_counter() - begin

        return call


def overhead(config: Config) -> dict[str, float]:
    """Of one process of a job: seconds of a step, and of our own code in it."""
    config = config.copy_and_resolve_references()
    task = SudokuTask(DataConfig(**config.data))
    blanks = config.data.min_blanks, config.data.max_blanks
    puzzles = generate(task.shape, 500, *blanks, seed=0)
    source = [
        {"inputs": inputs.astype(np.uint8), "labels": labels.astype(np.uint8)}
        for inputs, labels in zip(puzzles.inputs, puzzles.labels, strict=True)
    ]
    loop_config = experiment.loop_config(config)
    mesh = sharding.make_mesh(loop_config.fsdp, loop_config.tensor)
    rows = sharding.own_rows(mesh, config.slots)
    iterator = loader.train_iterator(source, task, config.slots, 0, rows)
    with tempfile.TemporaryDirectory() as folder:
        workdir = pathlib.Path(os.environ.get("SCALING_WORKDIR", folder))
        with Checkpoints(workdir, 1) as checkpoints:
            begun = resume(typed(config), loop_config, mesh, checkpoints)
            loop = Loop(
                typed(config),
                loop_config,
                mesh,
                begun,
                iterator,
                lambda step, seconds, values: None,
                lambda: False,
            )
            theirs, steps, own = Clock(), [], []
            # What is not ours: dispatching, and waiting for the step before.
            for holder, name in (
                (loop, "_step_fn"),
                (loop, "_push_fn"),
                (jax, "device_get"),
            ):
                setattr(holder, name, theirs.timed(getattr(holder, name)))
            for _ in range(WARM_UP + STEPS):
                theirs.seconds, begin = 0.0, time.perf_counter()
                loop.advance()
                steps.append(time.perf_counter() - begin)
                own.append(steps[-1] - theirs.seconds)
    step = statistics.mean(steps[WARM_UP:])
    return {"step": step, "own": statistics.mean(own[WARM_UP:])}


def in_processes(number: int, devices: int, *arguments: str) -> list[dict[str, Any]]:
    """Runs this file so often, as one job; what each process has to say."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "JAX_PLATFORMS": "cpu",
            "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
            "SCALING_WORKDIR": folder,
        }
        files = [pathlib.Path(folder) / f"{rank}.json" for rank in range(number)]
        jobs = []
        for rank, file in enumerate(files):
            job = [f"127.0.0.1:{port}", str(number), str(rank)]
            told = dict(zip(processes.FLAGS.values(), job, strict=True))
            command = [sys.executable, __file__, "part", str(file), *arguments]
            place = environment | (told if number > 1 else {})
            jobs.append(subprocess.Popen(command, env=place, stdout=sys.stderr))
        if any([job.wait() for job in jobs]):
            raise SystemExit("A part of the benchmark has failed; see above.")
        return [json.loads(file.read_text()) for file in files]


def part(file: str, what: str, *arguments: str) -> None:
    """What one process does; not to be called by people."""
    if what == "overhead":
        processes.join(dict.fromkeys(processes.FLAGS))
        config: Any = default.get_config()
        config.slots, config.train.steps = int(arguments[0]), 10**6
        answer: dict[str, Any] = overhead(config)
    else:
        preset, slots, dtype, fsdp, tensor = arguments
        config = overrides.read_preset(preset)
        config.slots, config.model.dtype = int(slots), dtype
        answer = count(typed(config), int(fsdp), int(tensor))
    pathlib.Path(file).write_text(json.dumps(answer))


def show_overhead(arguments: argparse.Namespace) -> dict[str, Any]:
    print(f"The demo's step, {arguments.slots} slots, a device for each process:")
    print("processes    step ms    own ms    share")
    result = {}
    for number in arguments.processes:
        parts = in_processes(number, 1, "overhead", str(arguments.slots))
        step = statistics.mean(p["step"] for p in parts)
        own = statistics.mean(p["own"] for p in parts)
        share = own / step
        print(
            f"{number:9} {step * 1e3:10.1f} {own * 1e3:9.2f} {share:8.2%}", flush=True
        )
        result[str(number)] = parts
    return result


def show_counts(arguments: argparse.Namespace) -> dict[str, Any]:
    print(f"{arguments.preset}, {arguments.slots} slots, {arguments.dtype}, a device:")
    print(
        "data x fsdp x tensor   state MB   temporary MB   sent MB   by formula   of it"
    )
    result = {}
    for mesh in MESHES:
        settings = (arguments.preset, str(arguments.slots), arguments.dtype)
        devices = mesh[0] * mesh[1] * mesh[2]
        shape = (str(mesh[1]), str(mesh[2]))
        (found,) = in_processes(1, devices, "count", *settings, *shape)
        sent, formula = sum(found["sent"].values()), found["formula"]["sent"]
        kinds = {kind: round(size / 1e6, 2) for kind, size in found["sent"].items()}
        print(
            f"{str(mesh):>20} {found['state'] / 1e6:10.1f} "
            f"{found['temporary'] / 1e6:14.1f} {sent / 1e6:9.2f} {formula / 1e6:12.2f}"
            f"   {kinds}",
            flush=True,
        )
        result[str(mesh)] = found
    return result


def show_predictions(arguments: argparse.Namespace) -> dict[str, Any]:
    result = {}
    for preset in PRESETS:
        config: Any = overrides.read_preset(preset)
        config.model.dtype = "bfloat16"
        base = typed(config)
        shapes = jax.eval_shape(functools.partial(init_state, base), jax.random.key(0))
        parameters = sum(p.size for p in jax.tree.leaves(shapes.variables.params))
        for scaling in ("strong", "weak"):
            print(f"\n{preset}, {parameters / 1e6:.1f} M parameters, {scaling}:")
            print(
                "chips  slots  state MB  sent MB "
                + "".join(f"{name + ' ex/s':>12}{'comm':>6}" for name in chips.CHIPS)
            )
            for devices in (1, 8, 16, 64, 256):
                config.slots = 768 * (devices if scaling == "weak" else 1)
                work = chips.work(typed(config), parameters, devices, 1, 1)
                line = f"{devices:5} {config.slots:6} {work.state / 1e6:9.0f}"
                line += f"{work.sent / 1e6:9.1f} "
                for chip in chips.CHIPS.values():
                    compute, talk = chips.seconds(work, chip, devices)
                    total = compute + talk
                    line += f"{config.slots / total:12,.0f}{talk / total:6.0%}"
                print(line)
                result[f"{preset} {scaling} {devices}"] = work._asdict()
    return result


def main() -> None:
    if sys.argv[1:2] == ["part"]:
        part(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    shows = {
        "overhead": show_overhead,
        "counts": show_counts,
        "predictions": show_predictions,
    }
    parser.add_argument("what", choices=shows)
    parser.add_argument("--preset", default="configs/default.py")
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("runs"))
    arguments = parser.parse_args()
    result = shows[arguments.what](arguments)
    arguments.output.mkdir(parents=True, exist_ok=True)
    path = arguments.output / f"scaling_{arguments.what}.json"
    path.write_text(json.dumps(result, indent=2) + "\n")
    print(f"\nAll numbers are in {path}.")


if __name__ == "__main__":
    main()
