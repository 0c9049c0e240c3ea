"""Runs of `main.py` in processes of their own, and what such a run leaves."""

import json
import os
import pathlib
import subprocess
import sys

import jax
import numpy as np
import orbax.checkpoint as ocp
import pytest

MAIN = pathlib.Path(__file__).parent.parent / "main.py"


def environment(devices: int = 1, quickly: bool = False) -> dict[str, str]:
    """As users have it; or compiling as tests do, where nothing has to be equal."""
    flags = os.environ["XLA_FLAGS"] if quickly else ""
    flags += f" --xla_force_host_platform_device_count={devices}"
    return os.environ | {"XLA_FLAGS": flags}


def flags(fields) -> list[str]:
    return [f"--config.{name}={value}" for name, value in fields.items()]


def start(*words, env=None, prefix=()) -> subprocess.Popen:
    """Begins a command, whose errors stand in its output.

    Args:
      env: by default that of one device.
      prefix: of the command line.
    """
    return subprocess.Popen(
        [*prefix, sys.executable, MAIN, *map(str, words)],
        env=env or environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process) -> str:
    output, _ = process.communicate(timeout=240)
    return output


def succeed(process) -> str:
    output = finish(process)
    assert process.returncode == 0, output
    return output


def wait_for_step(process, step) -> str:
    """Reads the output until a progress line says that `step` is done."""
    seen = []
    for line in process.stdout:
        seen.append(line)
        if line.startswith("step ") and int(line.split("/")[0][5:]) >= step:
            return "".join(seen)
    pytest.fail(f"the run ended before step {step}: {''.join(seen)}")


def latest_step(workdir) -> int:
    """Of the checkpoints that are whole: Orbax gives them their name at the end."""
    names = [path.name for path in (workdir / "checkpoints").glob("[0-9]*")]
    return max((int(name) for name in names if name.isdecimal()), default=0)


def last_state(workdir) -> tuple[int, dict[str, np.ndarray]]:
    """The arrays of the latest checkpoint, by path, read by Orbax alone."""
    step = latest_step(workdir)
    with ocp.StandardCheckpointer() as checkpointer:
        tree = checkpointer.restore(workdir / "checkpoints" / str(step) / "state")
    return step, {
        jax.tree_util.keystr(path): np.asarray(
            jax.random.key_data(leaf) if is_key(leaf) else leaf
        )
        for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
    }


def is_key(leaf) -> bool:
    return jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def metrics(workdir) -> list[dict]:
    """All but the time that passed."""
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    return [
        {name: value for name, value in json.loads(line).items() if name != "seconds"}
        for line in lines
    ]


def assert_same_state(workdir, other, steps) -> None:
    """Both have done so many steps, and hold the same bits."""
    (step, state), (other_step, other_state) = last_state(workdir), last_state(other)
    assert step == other_step == steps
    assert state.keys() == other_state.keys()
    for name, leaf in state.items():
        np.testing.assert_array_equal(leaf, other_state[name], err_msg=name)
