"""`reinforce`: a trained run of text learns from executing what it writes."""

from __future__ import annotations

import dataclasses
import pathlib

import jax

from commands import hints, sandboxed, start, text_record
from commands.exercises import (
    exercises,
    first_unseen,
    judge_in,
    repair_asker,
    rounds_of,
)
from commands.flags import CommandLine
from commands.training import count_parameters, describe_config, stopped
from configs import Config
from data_pipeline import datasets
from data_pipeline.schema import UserError
from data_pipeline.text.task import TextTask
from eval.atomic import write_text
from hrm_jax import (
    experiment,
    lock,
    predictor,
    processes,
    quantization,
    saved_config,
    sharding,
    train,
)
from hrm_jax.checkpoint import BEST_METRIC
from hrm_jax.predictor import Weights
from hrm_jax.rl import rounds
from hrm_jax.rl.practice import Practice, PracticeConfig
from hrm_jax.rl.rewards import RewardConfig
from hrm_jax.rl.rounds import Judge, Policy, RoundConfig
from hrm_jax.text import form
from hrm_jax.train_state import TrainConfig, TrainState
from hrm_jax.types import Variables

REFERENCE_FILE = "reference.sha256"
"""Of the weights that `rl.kl_weight` keeps a run near."""


def run(line: CommandLine) -> int:
    """Goes on from the weights of `train.start_from`, or from its own checkpoint.

    Returns:
      0, or 128 + the signal that asked to stop.

    Raises:
      UserError: config, workdir and weights do not fit together, this machine cannot
        execute the programs, or nothing can be learned.
    """
    workdir, config = line.run, line.config
    saved_config.require_fit(config, workdir)
    _require_programs(config)
    task = datasets.task(config.data)
    train_config = experiment.train_config(config, task.dimensions)
    assert isinstance(task, TextTask), "programs are text"
    known = task.tokenizer.vocab_size
    if train_config.objective is not None:
        objective = dataclasses.replace(train_config.objective, known=known)
        train_config = dataclasses.replace(train_config, objective=objective)
    policy = Policy(train_config.model, config.halting.max_segments, known)
    loop = experiment.loop_config(config)
    practice = _practice_config(config, train_config)
    devices = processes.describe_devices()
    sharding.require_fit(train_config, sharding.make_mesh(loop.fsdp, loop.tensor))
    print(describe_config(line), flush=True)
    text_record.require_same(task, workdir)
    new = not saved_config.has_checkpoint(workdir)
    start_from = pathlib.Path(loop.start_from)
    first, begin, reference = config.data.num_train, None, None
    if new:  # what goes on knows its tasks, and that run may be gone
        first = max(first, first_unseen(start_from))
    _require_writer(start_from if new else workdir)
    if new or config.rl.kl_weight:
        begin = start.weights_of(start_from, task, train_config)
    if begin is not None and config.rl.kl_weight:
        seen = quantization.seen(train_config.quantization, begin)
        reference = jax.device_put(seen, jax.local_devices()[0])
    with (
        sandboxed.opened(line) as sandbox,
        lock.held(workdir),
    ):
        if begin is not None and reference is not None:
            _hold_to(begin, workdir, new, start_from)
        judge = judge_in(sandbox, task.tokenizer, config.rounds.workers)
        iterator = Practice(
            practice,
            policy,
            rounds_of(config, task.tokenizer),
            first,
            judge,
            repair_asker(config, task.tokenizer),
            workdir,
            reference,
        )
        print(
            f"device   {devices}\n"
            f"sandbox  {sandbox.title}\n"
            f"model    {count_parameters(train_config):,} parameters\n"
            f"run      {workdir}, {loop.steps:,} steps; Ctrl-C stops and saves\n",
            flush=True,
        )
        saved_config.save(config, workdir)
        text_record.save(task, workdir, config)
        evaluator = _evaluator(config, train_config, task, policy, judge)
        outcome = train.train(train_config, loop, workdir, iterator, evaluator, begin)
    if outcome.signal:
        return stopped(outcome.step, loop.steps, outcome.signal)
    _tell_end(workdir)
    return 0


def _practice_config(config: Config, train_config: TrainConfig) -> PracticeConfig:
    return PracticeConfig(
        config.rl.objective,
        RoundConfig(**config.rounds),
        RewardConfig(**config.rewards),
        train_config.quantization,
        config.slots,
        config.data.seq_len,
        config.train.seed,
    )


def _require_programs(config: Config) -> None:
    """Raises: UserError: the config is about no answers that can be executed."""
    if config.rl.objective == "none":
        raise UserError(
            "rl.objective is none: take a preset of configs/reinforce.py, such as "
            "--config=configs/reinforce.py:expert."
        )
    if not config.train.start_from:
        raise UserError(
            "Who has learned nothing writes no program that passes: name a trained run "
            "of text with --config.train.start_from=runs/NAME."
        )
    if config.data.edits or config.data.plan != "none":
        raise UserError(
            "Programs are drawn, executed and known as they are: leave data.edits and "
            "data.plan out."
        )
    if config.train.depths:
        raise UserError(
            "Answers are drawn, and learned from, at the model's whole depth: leave "
            "train.depths out."
        )
    if config.data.direction != "forward":
        raise UserError(
            "Who reads backward says prompts and no programs: leave data.direction out."
        )


def _require_writer(folder: pathlib.Path) -> None:
    """Raises: UserError: the run in a folder says prompts, and no programs."""
    if form.of_run(folder).backward:
        raise UserError(
            f"The run in {folder} learned from data.direction=backward and says "
            "prompts, no programs: name one that reads forward with train.start_from."
        )


def _tell_end(workdir: pathlib.Path) -> None:
    measured = hints.command(
        "benchmark", "programs", f"--workdir={workdir}", "--data=tasks.jsonl"
    )
    print(
        f"\nThe run is in {workdir}: config, checkpoints, metrics, and its answers in "
        f"{workdir / 'rounds'}.\nMeasure it on tasks that `programs` has written:\n"
        f"  {measured} --output={workdir / 'programs'}"
    )


def _hold_to(
    reference: Variables, workdir: pathlib.Path, new: bool, start_from: pathlib.Path
) -> None:
    """Keeps the hash of the weights that a run is to stay near, or holds them to it.

    Raises:
      UserError: they are not those that it began with.
    """
    path = workdir / REFERENCE_FILE
    found = predictor.sha256(Weights(reference, None))
    if new or not path.exists():  # a run of an earlier version has none
        write_text(path, found + "\n")
    elif path.read_text(encoding="utf-8").strip() != found:
        raise UserError(
            f"rl.kl_weight keeps the run in {workdir} near the weights that it began "
            f"with, but the best ones of {start_from} are others by now: restore "
            "those, or begin in another --workdir."
        )


def _evaluator(
    config: Config,
    train_config: TrainConfig,
    task: TextTask,
    policy: Policy,
    judge: Judge,
) -> train.Evaluator | None:
    """Of the most probable answers to held-out tasks the shares that pass, of the tests
    that they pass, and that show signs of cheating."""
    count = config.data.num_validation
    if not count:
        return None
    held_out = exercises(config, task.tokenizer, "validation", 0, count)
    greedy = RoundConfig(
        **{
            **config.rounds,
            "tasks": len(held_out),
            "answers": 1,
            "temperature": 0.0,
            "distinct": False,
        }
    )

    def evaluate(state: TrainState) -> dict[str, float]:
        weights = predictor.weights(train_config, state)
        variables = rounds.on_one_device(weights.variables)
        found, _ = rounds.draw(
            policy, variables, held_out, greedy, 0, judge, {}, lambda drawn: None
        )
        passed = sum(one.verdict.passed for one in found) / len(found)
        share = sum(one.verdict.share for one in found) / len(found)
        signs = sum(bool(one.verdict.signs) for one in found) / len(found)
        return {BEST_METRIC: passed, "tests_passed": share, "signs": signs}

    return evaluate
