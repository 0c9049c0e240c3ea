"""Several processes, each with devices of its own, train the run that one would."""

import json
import os
import signal
import socket
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import UserError
from hrm_jax import lock, processes
from tests import runs
from tests.commands.conftest import FIELDS
from tests.tolerances import RELATIVE


def start(workdir, data, number=0, of=1, port=0, devices=4, by_flags=False, **changes):
    """One process of a job, with its share of the devices."""
    fields = FIELDS | {"data.directory": data, "train.log_every": 5} | changes
    environment = runs.environment(devices // of) | {"JAX_PLATFORMS": "cpu"}
    told = (f"127.0.0.1:{port}", str(of), str(number))
    words = ["train", f"--workdir={workdir}", *runs.flags(fields)]
    if by_flags:
        given = zip(processes.FLAGS, told, strict=True)
        words += [f"--{flag}={value}" for flag, value in given]
    elif of > 1:
        environment |= dict(zip(processes.FLAGS.values(), told, strict=True))
    return runs.start(*words, env=environment)


def job(workdir, data, of, **options):
    port = free_port()
    return [start(workdir, data, number, of, port, **options) for number in range(of)]


def outputs(together, timeout=600) -> list[str]:
    return [process.communicate(timeout=timeout)[0] for process in together]


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
        with processes.explain_out_of_memory():
            jnp.zeros(1 << 46, jnp.uint8).block_until_ready()
    with pytest.raises(UserError, match="Unable to allocate .*batch_size"):
        with processes.explain_out_of_memory():
            np.ones(1 << 46, np.uint8)
    with pytest.raises(jax.errors.JaxRuntimeError, match="INTERNAL"):
        with processes.explain_out_of_memory():
            raise jax.errors.JaxRuntimeError("INTERNAL: no memory is missing")


def test_two_processes_find_each_other_and_stop_together_at_a_mistake(tmp_path):
    """Only the first looks at the lock, and only the first speaks."""
    workdir = tmp_path / "run"
    with lock.held(workdir):
        pair = job(workdir, tmp_path / "data", 2, by_flags=True)
        said = outputs(pair)
    assert [process.returncode for process in pair] == [2, 2], said
    for output in said:
        assert "Another process is training" in output and "Traceback" not in output
        assert "has ended" not in output  # both have parted in peace
    assert "4 x CPU" in said[0] and "in 2 processes" in said[0]
    assert "device" not in said[1]
    assert [path.name for path in workdir.iterdir()] == [lock.LOCK_FILE]


@pytest.mark.parametrize("told", [["coordinator"], ["coordinator", "num_processes"]])
def test_a_process_that_is_told_half_of_it_says_what_is_missing(told):
    values = {"coordinator": "127.0.0.1:1", "num_processes": "2"}
    given = {flag: values[flag] if flag in told else None for flag in processes.FLAGS}
    with mock.patch.dict(os.environ):
        for name in processes.FLAGS.values():
            os.environ.pop(name, None)
        with pytest.raises(UserError, match="give each --coordinator=HOST:PORT"):
            processes.join(given)


SHORT: dict[str, Any] = {
    "train.steps": 40,
    "train.save_every": 10,
    "train.eval_every": 0,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def alone(tmp_path_factory, data):
    """The run of one process with one device."""
    workdir = tmp_path_factory.mktemp("alone") / "run"
    process = start(workdir, data, devices=1, **SHORT)
    said = outputs([process])
    assert process.returncode == 0, said
    return losses(workdir)


def assert_same_curve(workdir, alone) -> None:
    """The devices add up in another order, so the runs part ways slowly."""
    ours = losses(workdir)
    assert ours.keys() == alone.keys()
    early = [step for step in alone if step <= 30]
    curves = [[curve[step] for step in early] for curve in (ours, alone)]
    np.testing.assert_allclose(*curves, rtol=RELATIVE["other devices"])


@pytest.mark.slow
@pytest.mark.parametrize(("of", "fsdp", "tensor"), [(1, 2, 2), (2, 4, 1), (4, 2, 2)])
def test_eight_devices_in_some_processes_learn_what_one_does(
    of, fsdp, tensor, data, alone, tmp_path
):
    mesh: dict[str, Any] = {"train.fsdp": fsdp, "train.tensor": tensor}
    workdir = tmp_path / "run"
    together = job(workdir, data, of, devices=8, **SHORT, **mesh)
    said = outputs(together)
    assert [process.returncode for process in together] == [0] * of, said
    assert "8 x CPU" in said[0]
    assert all("step " not in output for output in said[1:])
    assert_same_curve(workdir, alone)


@pytest.mark.slow
def test_asked_to_stop_two_processes_save_and_one_goes_on(data, alone, tmp_path):
    workdir = tmp_path / "run"
    pair = job(workdir, data, 2, **SHORT)
    seen = runs.wait_for_step(pair[0], 15)
    # The one that is asked is not the one that speaks.
    pair[1].send_signal(signal.SIGTERM)
    said = outputs(pair)
    stopped = 128 + signal.SIGTERM
    assert [process.returncode for process in pair] == [stopped] * 2, said
    assert "Stopped at step" in said[0] and "has ended" not in "".join(said)
    assert "4 x CPU" in seen and "in 2 processes" in seen
    again = start(workdir, data, **SHORT)
    output = outputs([again])[0]
    assert again.returncode == 0 and "Going on from" in output, output
    assert_same_curve(workdir, alone)


@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 2])
def test_when_one_is_killed_all_end_and_other_numbers_go_on(
    victim, data, alone, tmp_path
):
    """Saved by four processes, gone on by two with other shares, and the same curve."""
    workdir = tmp_path / "run"
    mesh: dict[str, Any] = {"train.fsdp": 2, "train.tensor": 2}
    four = job(workdir, data, 4, devices=8, **SHORT | {"train.steps": 100_000}, **mesh)
    runs.wait_for_step(four[0], 20)
    four[victim].kill()
    said = outputs(four, timeout=120)
    for number, (process, output) in enumerate(zip(four, said, strict=True)):
        assert process.returncode != 0, output
        assert f"Process {number} of 4 has ended" in output, output
        assert "start all of them again" in output and "Traceback" not in output
    pair = job(workdir, data, 2, devices=4, **SHORT)
    said = outputs(pair)
    assert [process.returncode for process in pair] == [0, 0], said
    assert "Going on from the checkpoint of step" in said[0]
    assert_same_curve(workdir, alone)
