"""A run of text that is stopped while its depth and its gradient window grow goes on as
if it had never been stopped, bit for bit: rows, moving average, window and all."""

import signal
import time

import pytest

from tests import runs
from tests.runs import latest_step

STEPS = 120
GROWN = 100
"""The step with which the window is whole."""
SMALL = {
    "slots": 4,
    "data.languages": "python,",
    "data.num_train": 200,
    "data.num_test": 1,
    "data.num_validation": 10,
    "data.seq_len": 192,
    "data.vocab_size": 300,
    "model.width": 16,
    "model.num_heads": 2,
    "model.h_layers": 1,
    "model.l_layers": 1,
    "model.h_cycles": 1,
    "model.l_cycles": 2,
    "model.gradient_window": 3,
    "train.depths": "0.5:1x1,",
    "train.first_window": 1,
    "train.window_steps": GROWN,
    "train.steps": STEPS,
    "train.log_every": 5,
    "train.save_every": 10,
    "train.eval_every": 0,
    "evaluation.batch_size": 10,
}


def start(workdir, shared):
    fields = SMALL | {"data.directory": shared / "data"}
    line = ["train", "--config=configs/text.py:tiny", f"--workdir={workdir}"]
    return runs.start(*line, *runs.flags(fields))


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Prepared data, made once."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="module")
def whole(shared):
    """A run that nothing disturbed."""
    runs.succeed(start(shared / "whole", shared))
    return shared / "whole"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stop_within_the_growing_window_changes_nothing(
    number, whole, shared, tmp_path
):
    workdir = tmp_path / "run"
    process = start(workdir, shared)
    runs.wait_for_step(process, 20)
    while not latest_step(workdir):  # checkpoints are written meanwhile
        assert process.poll() is None, runs.finish(process)
        time.sleep(0.002)
    process.send_signal(number)
    output = runs.finish(process)
    expected = 128 + number if number == signal.SIGTERM else -number
    assert process.returncode == expected, output
    assert 10 <= latest_step(workdir) < GROWN
    runs.succeed(start(workdir, shared))
    runs.assert_same_state(workdir, whole, STEPS)
    assert runs.metrics(workdir) == runs.metrics(whole)
