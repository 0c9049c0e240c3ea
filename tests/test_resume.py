"""A run that is stopped and goes on is the run that was never stopped, bit for bit.

Real processes, real signals: SIGTERM, SIGKILL in the middle of work, another number of
devices, damaged checkpoints, a disk that takes no more.
"""

import os
import pathlib
import shutil
import signal
import time

import pytest

from tests import runs
from tests.runs import finish, last_state, latest_step, metrics, wait_for_step
from tests.tolerances import assert_close

STEPS = 240
SAVE_EVERY = 40
TINY = {
    "slots": 8,
    "data.box_rows": 2,
    "data.box_cols": 2,
    "data.min_blanks": 4,
    "data.max_blanks": 8,
    "data.num_train": 100,
    "data.num_test": 40,
    "data.num_validation": 16,
    "model.width": 24,
    "model.l_layers": 1,
    "model.l_cycles": 1,
    "model.feed_forward_multiple": 8,
    "model.puzzle_width": 24,
    "model.prefix_len": 1,
    "model.initial_states": "random",
    "model.state_noise": 0.02,
    "halting.max_segments": 3,
    "train.steps": STEPS,
    "train.log_every": 20,
    "train.eval_every": 80,
    "train.save_every": SAVE_EVERY,
    "evaluation.batch_size": 16,
    "evaluation.slots": 8,
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> pathlib.Path:
    """Prepared data, made once for all runs of this file."""
    return tmp_path_factory.mktemp("shared")


def start(workdir, shared, devices=1, prefix=(), quickly=False, **changes):
    """As users do; or compiled as in tests, where nothing has to be equal."""
    fields = TINY | {"data.directory": shared / "data"} | changes
    words = ["train", f"--workdir={workdir}", *runs.flags(fields)]
    return runs.start(*words, env=runs.environment(devices, quickly), prefix=prefix)


def train(workdir, shared, **options) -> str:
    return runs.succeed(start(workdir, shared, **options))


def stop_early(workdir, shared, number: signal.Signals) -> str:
    """Starts a run and asks it to stop after its first checkpoint."""
    process = start(workdir, shared)
    wait_for_step(process, SAVE_EVERY + 20)
    process.send_signal(number)
    output = finish(process)
    assert process.returncode == 128 + number, output
    return output


def assert_same_run(workdir, other) -> None:
    runs.assert_same_state(workdir, other, STEPS)
    assert metrics(workdir) == metrics(other)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, shared) -> pathlib.Path:
    """A run that nothing disturbed."""
    workdir = tmp_path_factory.mktemp("whole") / "run"
    train(workdir, shared)
    return workdir


@pytest.fixture(scope="module")
def stopped(tmp_path_factory, shared) -> tuple[pathlib.Path, str]:
    """A run that was asked to stop, to be gone on with in copies; and what it said."""
    workdir = tmp_path_factory.mktemp("stopped") / "run"
    return workdir, stop_early(workdir, shared, signal.SIGTERM)


@pytest.fixture
def stopped_run(stopped, tmp_path) -> pathlib.Path:
    """A copy of it."""
    return shutil.copytree(stopped[0], tmp_path / "run")


def test_learning_changed_everything(whole):
    """The comparisons below compare something."""
    _, state = last_state(whole)
    assert any("carry" in name for name in state)
    assert any("queue" in name for name in state)
    assert any("opt_state" in name for name in state)
    assert metrics(whole)[-1]["step"] == STEPS
    losses = [
        r["train/answer_loss"] for r in metrics(whole) if "train/answer_loss" in r
    ]
    assert len(losses) == STEPS // 20
    assert losses[-1] < losses[0]


def assert_goes_on(workdir, output, whole, shared) -> None:
    assert "same command" in output
    step = latest_step(workdir)
    assert SAVE_EVERY + 20 <= step < STEPS
    assert f"step {step}" in train(workdir, shared)
    assert_same_run(workdir, whole)


@pytest.mark.slow
def test_ctrl_c_is_as_polite(whole, shared, tmp_path):
    workdir = tmp_path / "run"
    output = stop_early(workdir, shared, signal.SIGINT)
    assert_goes_on(workdir, output, whole, shared)


@pytest.mark.slow
def test_a_run_that_nobody_reads_goes_on_and_saves(whole, shared, tmp_path):
    """As `train 2>&1 | tee log` does where Ctrl-C has ended the `tee` before."""
    workdir = tmp_path / "run"
    process = start(workdir, shared)
    process.stdout.readline()
    process.stdout.close()
    while not latest_step(workdir):
        assert process.poll() is None
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=240) == 128 + signal.SIGINT
    assert SAVE_EVERY <= latest_step(workdir) < STEPS
    train(workdir, shared)
    assert_same_run(workdir, whole)


def test_kill_9_loses_only_what_was_not_saved(whole, shared, tmp_path):
    """Killed twice, and the second time it has gone on from a checkpoint."""
    workdir = tmp_path / "run"
    saved = 0
    for _ in range(2):
        process = start(workdir, shared)
        while latest_step(workdir) <= saved:
            assert process.poll() is None, finish(process)
            time.sleep(0.002)
        process.kill()
        finish(process)
        assert process.returncode == -signal.SIGKILL
        saved = latest_step(workdir)
        assert saved < STEPS
    assert f"checkpoint of step {saved}" in train(workdir, shared)
    assert_same_run(workdir, whole)


@pytest.mark.slow
def test_goes_on_with_other_devices(whole, stopped_run, shared):
    """One device saved; four go on, two of them sharing each copy of the parameters."""
    workdir = stopped_run
    stopped, _ = last_state(workdir)
    train(workdir, shared, devices=4, quickly=True, **{"train.fsdp": 2})
    step, state = last_state(workdir)
    assert step == STEPS
    for name, expected in last_state(whole)[1].items():
        assert state[name].shape == expected.shape, name
    # The devices add up in another order, so the runs part ways; they stay neighbours.
    ours, theirs = metrics(workdir)[-1], metrics(whole)[-1]
    assert ours.keys() == theirs.keys()
    first = [r for r in metrics(workdir) if r["step"] == SAVE_EVERY]
    assert first == [r for r in metrics(whole) if r["step"] == SAVE_EVERY]
    (loss, expected) = (
        next(
            r["train/answer_loss"]
            for r in metrics(run)
            if r["step"] > stopped and "train/answer_loss" in r
        )
        for run in (workdir, whole)
    )
    assert_close(loss, expected, "other devices")


@pytest.mark.slow
def test_a_second_training_is_refused_and_the_first_undisturbed(
    whole, shared, tmp_path
):
    workdir = tmp_path / "run"
    first = start(workdir, shared)
    wait_for_step(first, 20)
    first.send_signal(signal.SIGSTOP)  # or it might be done before the second looks
    second = start(workdir, shared, **{"train.steps": STEPS + 1})
    output = finish(second)
    first.send_signal(signal.SIGCONT)
    assert second.returncode == 2, output
    assert f"Another process is training the run in {workdir}" in output
    assert "Traceback" not in output
    finish(first)
    assert first.returncode == 0
    assert_same_run(workdir, whole)


@pytest.mark.slow
def test_a_truncated_checkpoint_is_passed_over_and_named(whole, shared, tmp_path):
    workdir = tmp_path / "run"
    shutil.copytree(whole, workdir)
    newest = workdir / "checkpoints" / str(STEPS)
    largest = max(newest.rglob("*"), key=lambda p: p.is_file() and p.stat().st_size)
    os.truncate(largest, largest.stat().st_size // 2)

    output = train(workdir, shared)
    assert f"The checkpoint of step {STEPS} cannot be read" in output
    kept = workdir / "checkpoints-unreadable" / str(STEPS)
    assert f"it is now {kept}." in output and (kept / "state").is_dir()
    assert "Going on from the checkpoint of step" in output
    assert "Traceback" not in output and "TensorStore" not in output
    assert_same_run(workdir, whole)


def test_a_polite_stop_saves_and_a_full_disk_loses_nothing_of_it(
    whole, stopped, stopped_run, shared
):
    """A limit on the size of files stands for the disk: writing fails the same way."""
    workdir = stopped_run
    saved, _ = last_state(workdir)

    # The config is written before; only what comes after it is too much.
    limit = (workdir / "config.json").stat().st_size + 500
    process = start(workdir, shared, prefix=("prlimit", f"--fsize={limit}"))
    output = finish(process)
    assert process.returncode == 2, output
    assert "could not be written" in output and "Traceback" not in output
    assert last_state(workdir)[0] == saved
    assert_goes_on(workdir, stopped[1], whole, shared)


def test_a_loss_that_is_no_number_stops_the_run(shared, tmp_path):
    workdir = tmp_path / "run"
    process = start(workdir, shared, quickly=True, **{"optim.learning_rate": 1e38})
    output = finish(process)
    assert process.returncode == 2, output
    assert "not finite at step" in output and "learning_rate" in output
    assert "Traceback" not in output
