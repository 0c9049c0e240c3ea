"""A run that is stopped, at whatever phase of a round, ends with the same weights."""

import functools
import signal

import jax
import numpy as np
import pytest

from hrm_jax import sharding, train
from hrm_jax.checkpoint import Checkpoints
from hrm_jax.rl.objectives import EXPERT
from hrm_jax.train_state import init_state
from tests.hrm_jax.rl import bandit
from tests.hrm_jax.rl.bandit import Referee

STEPS = 7
pytestmark = pytest.mark.slow


class Killer:
    """A stream that ends before its n-th batch, as by an exception: a real SIGKILL is
    in tests/test_resume_reinforce.py."""

    def __init__(self, stream, batches: int):
        self._stream, self._left = stream, batches
        self.look, self.get_state = stream.look, stream.get_state
        self.set_state = stream.set_state

    def __next__(self):
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1
        return next(self._stream)


def run(name, workdir, judge, batches=None):
    stream = bandit.practice(name, workdir, judge)
    if batches is not None:
        stream = Killer(stream, batches)
    loop = bandit.loop_config(STEPS, save_every=2)
    train.train(bandit.train_config(name), loop, workdir, stream, None)


def weights(name, workdir):
    """All of the last checkpoint."""
    init = functools.partial(init_state, bandit.train_config(name))
    shapes = jax.eval_shape(init, jax.random.key(0))
    mesh = sharding.make_mesh(1, 1)
    target = sharding.with_shardings(shapes, sharding.state_shardings(shapes, mesh))
    with Checkpoints(workdir, 1) as checkpoints:
        restored = checkpoints.restore(target)
    assert restored is not None and restored.step == STEPS
    state = restored.state
    state = state._replace(key=jax.random.key_data(state.key))
    return jax.device_get(state), restored.data


class Impatient(Referee):
    """Has the process asked to stop after so many verdicts, as by Ctrl-C."""

    def __init__(self, after: int):
        super().__init__()
        self._after = after

    def __call__(self, jobs):
        for place, verdict in super().__call__(jobs):
            if len(self.asked) == self._after:
                signal.raise_signal(signal.SIGINT)
            yield place, verdict


@pytest.mark.parametrize("after", [5, 60])  # in the first round, and in a later one
def test_a_run_that_stops_within_a_round_is_the_run_that_was_never_stopped(
    after, tmp_path
):
    """And executes nothing twice, nor more than it was at when it was asked."""
    whole, judge = tmp_path / "whole", Referee()
    run(EXPERT, whole, judge)
    stopped, first, second = tmp_path / "stopped", Impatient(after), Referee()
    run(EXPERT, stopped, first)
    assert len(first.asked) == after
    run(EXPERT, stopped, second)
    assert len(first.asked) + len(second.asked) == len(judge.asked)
    (state, data), (same, at) = weights(EXPERT, whole), weights(EXPERT, stopped)
    assert data == at
    for one, other in zip(jax.tree.leaves(state), jax.tree.leaves(same), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["gspo", EXPERT])
def test_a_killed_run_is_the_run_that_was_never_stopped(name, tmp_path):
    whole, judge = tmp_path / "whole", Referee()
    run(name, whole, judge)
    often = tmp_path / "often"
    for fail_after in (0, 20, 60):  # before, in the first round, and in a later one
        with pytest.raises(KeyboardInterrupt):
            run(name, often, Referee(fail_after))
    for batches in (1, 2):  # between a round and its first steps, and between two steps
        with pytest.raises(KeyboardInterrupt):
            run(name, often, Referee(), batches)
    run(name, often, Referee())
    (state, data), (same, at) = weights(name, whole), weights(name, often)
    assert data == at
    for one, other in zip(jax.tree.leaves(state), jax.tree.leaves(same), strict=True):
        np.testing.assert_array_equal(one, other)
