"""How long a program takes to compile, cold and from the persistent cache.

    python -m bench.compile_time train_step '{"dtype": "float32", ...}'

prints the seconds that tracing, lowering and compiling took in this process. `seconds`
does so in processes of their own, which share nothing but a cache that begins empty.
PyTorch compiles when it runs: there it is what a first call takes longer than a second.
"""

from __future__ import annotations

import functools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import jax
import numpy as np

from bench import timing
from bench.setting import Setting
from bench.table import Row

ROOT = pathlib.Path(__file__).parent.parent


def _train_step(setting: Setting) -> float:
    from bench import train_step
    from hrm_jax.train_state import init_state

    config = train_step.config(setting, q_learning=True)
    init = functools.partial(init_state, config)
    state = jax.eval_shape(init, jax.random.key(0))
    step = train_step.our_step(config)
    batch = train_step.puzzles(setting.batch)
    return _elapsed(lambda: step.lower(state, batch).compile())


def _segment(setting: Setting) -> float:
    from bench import segment

    function, arguments = segment.program(setting)
    shapes = jax.eval_shape(lambda: arguments)
    return _elapsed(lambda: function.lower(*shapes).compile())


def _torch_train_step(setting: Setting) -> float:
    from bench import torch_step, train_step

    config = train_step.config(setting, q_learning=True)
    variables = train_step.initial_state(config).variables
    variables = jax.tree.map(np.array, variables)
    data = train_step.puzzles(setting.batch)
    step = torch_step.Step(config, data, variables, compiled=True)
    return _first_over_second(lambda: torch_step.wait(step()))


def _torch_segment(setting: Setting) -> float:
    from bench import segment, torch_step

    run = segment.theirs(setting, compiled=True)
    return _first_over_second(lambda: torch_step.wait(run.start()))


PROGRAMS: dict[str, Callable[[Setting], float]] = {
    "train_step": _train_step,
    "segment": _segment,
    "torch_train_step": _torch_train_step,
    "torch_segment": _torch_segment,
}


def seconds(program: str, setting: Setting) -> tuple[float, float]:
    """Cold, and from the cache.

    Raises:
      RuntimeError: the program could not be compiled; the message is the last line.
    """
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {
            "JAX_COMPILATION_CACHE_DIR": f"{cache}/jax",
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
            "TORCHINDUCTOR_CACHE_DIR": f"{cache}/torch",
        }
        first, second = (_in_a_process(program, setting, environment) for _ in "12")
    return first, second


def fill(rows: list[Row], programs: dict[str, str], setting: Setting) -> list[Row]:
    """Adds the compile times of the contenders with a program, but not where quick."""
    if setting.quick:
        return rows
    filled = []
    for row in rows:
        if row.contender in programs and row.timing.seconds:
            title = f"{row.part}, {row.contender}"
            print(f"{title}: compiling in other processes", file=sys.stderr, flush=True)
            try:
                taken = seconds(programs[row.contender], setting)
                row = row._replace(compile_seconds=taken)
            except RuntimeError as error:
                print(f"{title}: {timing.first_line(error)}", file=sys.stderr)
        filled.append(row)
    return filled


def _in_a_process(program: str, setting: Setting, environment: dict[str, str]) -> float:
    # Of PyTorch one example is enough: it must be run, and is compiled the same.
    small = setting._replace(batch=1) if program.startswith("torch") else setting
    setting_words = json.dumps(small._asdict())
    done = subprocess.run(
        [sys.executable, "-m", "bench.compile_time", program, setting_words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return float(done.stdout.splitlines()[-1])


def _elapsed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _first_over_second(work: Callable[[], object]) -> float:
    first, second = _elapsed(work), _elapsed(work)
    return first - second


if __name__ == "__main__":
    print(PROGRAMS[sys.argv[1]](Setting(**json.loads(sys.argv[2]))))
