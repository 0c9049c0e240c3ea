"""Several processes, each with devices of its own, train the run that one would."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import UserError
from hrm_jax import lock, processes
from tests.commands.conftest import FIELDS
from tests.tolerances import RELATIVE

MAIN = pathlib.Path(__file__).parent.parent / "main.py"


def start(workdir, data, number=0, of=1, port=0, **options):
    fields = FIELDS | {"data.directory": data, "train.log_every": 10}
    environment = os.environ | {
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={4 // of}",
    }
    if of > 1:
        environment |= {
            "JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{port}",
            "JAX_NUM_PROCESSES": str(of),
            "JAX_PROCESS_ID": str(number),
        }
    overrides = (f"--config.{name}={value}" for name, value in fields.items())
    return subprocess.Popen(
        [sys.executable, MAIN, "train", f"--workdir={workdir}", *overrides],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def losses(workdir) -> dict[int, float]:
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    return {
        r["step"]: r["train/answer_loss"] for r in records if "train/answer_loss" in r
    }


def test_too_little_memory_is_a_mistake_and_nothing_else_is():
    with pytest.raises(UserError, match="RESOURCE_EXHAUSTED.*smaller slots"):
        with processes.memory_told():
            jnp.zeros(1 << 46, jnp.uint8).block_until_ready()
    with pytest.raises(UserError, match="Unable to allocate .*batch_size"):
        with processes.memory_told():
            np.ones(1 << 46, np.uint8)
    with pytest.raises(jax.errors.JaxRuntimeError, match="INTERNAL"):
        with processes.memory_told():
            raise jax.errors.JaxRuntimeError("INTERNAL: no memory is missing")


def test_two_processes_find_each_other_and_stop_together_at_a_mistake(tmp_path):
    """Only the first looks at the lock, and only the first speaks."""
    port, workdir = free_port(), tmp_path / "run"
    with lock.held(workdir):
        pair = [start(workdir, tmp_path / "data", n, 2, port) for n in range(2)]
        outputs = [process.communicate(timeout=120)[0] for process in pair]
    assert [process.returncode for process in pair] == [2, 2], outputs
    for output in outputs:
        assert "Another process is training" in output and "Traceback" not in output
    assert "4 x CPU" in outputs[0] and "in 2 processes" in outputs[0]
    assert "device" not in outputs[1]
    assert [path.name for path in workdir.iterdir()] == [lock.LOCK_FILE]


@pytest.mark.slow
def test_two_processes_are_one_run_and_stop_together(tmp_path):
    data = tmp_path / "data"
    alone = start(tmp_path / "alone", data)
    output, _ = alone.communicate(timeout=300)
    assert alone.returncode == 0, output

    port, workdir = free_port(), tmp_path / "pair"
    pair = [start(workdir, data, number, 2, port) for number in range(2)]
    seen = []
    for line in pair[0].stdout:
        seen.append(line)
        if line.startswith("step 40/"):
            break
    # The one that is asked is not the one that speaks.
    pair[1].send_signal(signal.SIGTERM)
    outputs = [process.communicate(timeout=300)[0] for process in pair]
    assert [process.returncode for process in pair] == [128 + signal.SIGTERM] * 2, (
        outputs
    )
    assert "Stopped at step" in outputs[0]
    assert "step " not in outputs[1]
    assert "4 x CPU" in "".join(seen) and "in 2 processes" in "".join(seen)

    # One process goes on where two have stopped.
    again = start(workdir, data)
    output, _ = again.communicate(timeout=300)
    assert again.returncode == 0 and "Going on from" in output, output
    assert losses(workdir).keys() == losses(tmp_path / "alone").keys()
    # The devices add up in another order, so the runs part ways slowly.
    early = [
        [losses(w)[step] for step in (10, 20, 30)]
        for w in (workdir, tmp_path / "alone")
    ]
    np.testing.assert_allclose(*early, rtol=RELATIVE["other devices"])
