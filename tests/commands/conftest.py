"""A tiny run, trained once for all tests of the commands."""

import json
import os
import pathlib
import shutil
from unittest import mock

import jax
import pytest

import main
from commands import text_record
from configs import text
from data_pipeline import datasets
from data_pipeline.text.task import TextTask
from data_pipeline.text.tokenizer import LEAST_VOCABULARY, Tokenizer
from eval import figures, style
from hrm_jax import experiment, saved_config, train_state
from hrm_jax.checkpoint import FIRST_NOTES, Checkpoints
from hrm_jax.text import learned
from tests.eval.sandbox.conftest import cache, strongest  # noqa: F401

FIELDS = {
    "slots": 16,
    "data.box_rows": 2,
    "data.box_cols": 2,
    "data.min_blanks": 3,
    "data.max_blanks": 6,
    "data.num_train": 200,
    "data.num_test": 40,
    "data.num_validation": 16,
    "model.width": 32,
    "model.num_heads": 4,
    "model.attention_scopes": "row,column,box,all",
    "model.prefix_len": 0,
    "model.l_layers": 1,
    "model.h_cycles": 2,
    "model.l_cycles": 1,
    "model.gradient_window": 2,
    "model.positions": "learned",
    "model.feed_forward_multiple": 8,
    "halting.max_segments": 3,
    "loss.token_loss": "stablemax",
    "optim.learning_rate": 5e-3,
    "optim.warmup_steps": 10,
    "optim.final_fraction": 1.0,
    "optim.weight_decay": 0.1,
    "optim.ema_decay": 0.9,
    "train.steps": 120,
    "train.log_every": 20,
    "train.eval_every": 60,
    "train.save_every": 60,
    "evaluation.watched": 16,
    "evaluation.batch_size": 16,
    "evaluation.slots": 8,
}


@pytest.fixture(autouse=True)
def environment():
    """What `main` sets in the environment ends with the test."""
    with mock.patch.dict(os.environ):
        yield


@pytest.fixture(scope="module", autouse=True)
def coarse():
    """Pictures are looked at elsewhere; here they are only to be there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "DPI", 30)
        patch.setattr(figures, "_FRAME_DPI", 30)
        yield


@pytest.fixture(scope="session")
def overrides(tmp_path_factory) -> list[str]:
    data = tmp_path_factory.mktemp("data")
    fields = FIELDS | {"data.directory": data}
    return [f"--config.{name}={value}" for name, value in fields.items()]


@pytest.fixture(scope="session")
def trained(tmp_path_factory, overrides) -> pathlib.Path:
    """The workdir of a finished run."""
    workdir = tmp_path_factory.mktemp("trained") / "run"
    with mock.patch.dict(os.environ):
        code = main.main(["main.py", "train", f"--workdir={workdir}", *overrides])
    assert code == 0
    return workdir


@pytest.fixture
def run(capsys):
    """Runs a command line in this process: exit code, standard output and error."""

    def run(*words):
        capsys.readouterr()
        code = main.main(["main.py", *map(str, words)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture(scope="session")
def records():
    """The metrics of a run, a dict each."""

    def records(workdir: pathlib.Path) -> list[dict]:
        lines = (workdir / "metrics.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    return records


@pytest.fixture(scope="session")
def untrained_text(tmp_path_factory) -> pathlib.Path:
    """The workdir of a run of text that has not learned anything."""
    workdir = tmp_path_factory.mktemp("untrained") / "scribe"
    save_untrained_text(workdir)
    return workdir


@pytest.fixture
def taught(untrained_text, tmp_path):
    """The same run as if it had been trained on data of these fields."""

    def taught(**data) -> pathlib.Path:
        workdir = tmp_path / "taught"
        shutil.copytree(untrained_text, workdir)
        config = saved_config.load(workdir)
        config.data.update(data)
        (workdir / saved_config.CONFIG_FILE).write_text(
            json.dumps(saved_config.plain(config))
        )
        path = workdir / text_record.FILE
        kept = (
            json.loads(path.read_text())
            | learned.of_data(config, config.data.languages).record
        )
        path.write_text(json.dumps(kept))
        return workdir

    return taught


def save_untrained_text(workdir, *words, seed=0, step=7, fields=None):
    """A checkpoint of a run of text as it is drawn.

    Args:
      words: that its tokenizer has learned.
      fields: of the config, by name.
    """
    config = text.get_config()
    config.data.seq_len = 64
    config.model.width = 16
    config.model.num_heads = 2
    config.model.h_layers = config.model.l_layers = config.model.l_cycles = 1
    config.model.h_cycles = config.model.gradient_window = 1
    config.train.depths = ()
    config.model.feed_forward_multiple = 8
    config.update_from_flattened_dict(fields or {})
    config = config.copy_and_resolve_references()
    train_config = experiment.train_config(
        config, datasets.task(config.data).dimensions
    )
    state = jax.jit(train_state.init_state, static_argnums=0)(
        train_config, jax.random.key(seed)
    )
    saved_config.save(config, workdir)
    tokenizer = workdir.with_name("tokenizer.json")
    learned = LEAST_VOCABULARY + sum(map(len, words))
    Tokenizer.train([word for word in words for _ in "twice"], learned).save(tokenizer)
    task = datasets.task({**config.data, "tokenizer": str(tokenizer)})
    assert isinstance(task, TextTask)
    text_record.save(task, workdir, config)
    with Checkpoints(workdir, 1) as checkpoints:
        checkpoints.save(step, state, data={}, notes=FIRST_NOTES, metrics=None)
        checkpoints.wait()
