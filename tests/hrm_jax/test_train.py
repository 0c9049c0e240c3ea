"""The order of the training loop."""

import json

import numpy as np
import pytest

from configs import default
from data_pipeline import datasets
from data_pipeline.schema import Batch
from hrm_jax import experiment, train
from hrm_jax.checkpoint import BEST_METRIC
from hrm_jax.loop import DivergedError
from hrm_jax.writer import METRICS_FILE

SLOTS, STEPS = 8, 6


class Stream:
    """Random boards; notes how many records there are whenever it is asked for some."""

    def __init__(self, metrics):
        self._metrics = metrics
        self.records = []

    def __next__(self):
        text = self._metrics.read_text() if self._metrics.exists() else ""
        self.records.append(text.count("\n"))
        cells = np.random.default_rng(0).integers(2, 5, (SLOTS, 16), np.int32)
        return Batch(cells, cells, np.zeros(SLOTS, np.int32))

    def get_state(self):
        return {"drawn": len(self.records)}

    def set_state(self, state):
        raise AssertionError("nothing was saved before")


def tiny(**fields):
    """A config of the loop; a step empties the queue."""
    config = default.get_config().copy_and_resolve_references()
    config.slots = SLOTS
    config.data.box_rows = config.data.box_cols = 2
    config.data.min_blanks = config.data.max_blanks = 8
    config.model.width = 24
    config.model.l_layers = 1
    config.model.feed_forward_multiple = 8
    config.halting.max_segments = 1
    config.train.log_every = 1
    config.update_from_flattened_dict(fields)
    return config


def begin(config, workdir, stream, evaluator=None):
    return train.train(
        experiment.train_config(config, datasets.task(config.data).dimensions),
        experiment.loop_config(config),
        workdir,
        stream,
        evaluator,
    )


def test_a_step_is_reported_once_the_next_one_is_on_its_way(tmp_path):
    """A batch is drawn before each of them."""
    config = tiny(**{"train.steps": STEPS, "train.save_every": 4})
    stream = Stream(tmp_path / METRICS_FILE)
    assert begin(config, tmp_path, stream) == (STEPS, None)
    # But before a checkpoint, and at the end, everything is written.
    assert stream.records == [0, 0, 1, 2, 4, 4]
    assert (tmp_path / METRICS_FILE).read_text().count("\n") == STEPS


def test_a_stage_learns_as_a_shallow_model_does_and_is_not_evaluated(tmp_path):
    fields = {"train.save_every": 0, "optim.final_fraction": 1.0}
    deep = tiny(**fields, **{"train.steps": 4, "train.eval_every": 1})
    deep.train.update(depths=("0.5:1x1",), depth_steps=4)
    shallow = tiny(**fields, **{"train.steps": 2})
    shallow.model.update(h_cycles=1, l_cycles=1, gradient_window=2)
    losses, evaluated = {}, []

    def evaluator(state):
        evaluated.append(int(state.step))
        return {BEST_METRIC: 0.0}

    for name, config in {"deep": deep, "shallow": shallow}.items():
        workdir = tmp_path / name
        begin(config, workdir, Stream(workdir / METRICS_FILE), evaluator)
        lines = (workdir / METRICS_FILE).read_text().splitlines()
        losses[name] = [json.loads(line) for line in lines if "train/" in line]
    of_deep = [line["train/answer_loss"] for line in losses["deep"]]
    assert of_deep[:2] == [line["train/answer_loss"] for line in losses["shallow"]]
    assert [line["train/calls"] for line in losses["deep"]] == [2, 2, 6, 6]
    assert evaluated == [3, 4, 2]


@pytest.mark.parametrize("evaluated", [True, False])
def test_weights_that_the_last_update_ruined_are_not_saved(evaluated, tmp_path):
    """Its own loss was a number still."""

    def evaluator(state):
        raise AssertionError("such weights need no evaluation")

    config = tiny(**{"train.steps": 1})
    config.optim.update(learning_rate=1e38, weight_decay=1e3, warmup_steps=0)
    stream = Stream(tmp_path / METRICS_FILE)
    with pytest.raises(DivergedError, match="weights are not finite at step 1"):
        begin(config, tmp_path, stream, evaluator if evaluated else None)
    assert not list((tmp_path / "checkpoints").iterdir())
