"""From a ConfigDict to the typed configs that the code is written against."""

from __future__ import annotations

import dataclasses

from configs import Config
from data_pipeline import datasets
from data_pipeline.config import TEXTS
from data_pipeline.schema import UserError, require_one_of
from data_pipeline.task import Dimensions
from hrm_jax.depth import DepthSchedule
from hrm_jax.halting import HaltingConfig
from hrm_jax.loop import LoopConfig
from hrm_jax.losses import LossConfig
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.optim import OptimConfig
from hrm_jax.predictor import EvaluationConfig
from hrm_jax.quantization import QuantizationConfig
from hrm_jax.rl import objectives
from hrm_jax.rl.objectives import ObjectiveConfig
from hrm_jax.train_state import TrainConfig


def model_config(config: Config) -> ReasonerConfig:
    """The model of a config, such as a preset's.

    Raises:
      UserError: a value is out of range; or, of ARC and text, where the data decide the
        model's size, these are missing.
    """
    return train_config(config, datasets.task(config.data).dimensions).model


def train_config(config: Config, task: Dimensions) -> TrainConfig:
    """Raises: UserError: a value is out of range, or of another kind of data."""
    _require_kind(config)
    objective, halting = _objective(config), HaltingConfig(**config.halting)
    if objective is not None:  # it goes through all segments in a step
        halting = dataclasses.replace(halting, max_segments=1)
    model = ReasonerConfig(**task._asdict(), **config.model)
    return TrainConfig(
        model=model,
        halting=halting,
        loss=LossConfig(**config.loss),
        optim=OptimConfig(**config.optim),
        quantization=QuantizationConfig(**config.quantization),
        slots=config.slots,
        remat=config.remat,
        microbatches=config.microbatches,
        objective=objective,
    )


def _objective(config: Config) -> ObjectiveConfig | None:
    """None where what is learned has answers of its own."""
    values = dict(config.rl)
    name = values.pop("objective")
    require_one_of("rl", config.rl, objective=objectives.NAMES)
    if name == "none":
        return None
    if config.data.dataset != "programs":
        raise UserError(
            f"rl.objective is {name}, but answers are executed to tasks of "
            "data.dataset=programs alone: set it to that."
        )
    if name not in objectives.RATIOS:
        if config.rl.kl_weight:
            raise UserError(
                f"rl.kl_weight is {config.rl.kl_weight}, but rl.objective={name} "
                "learns as from any examples, without a divergence: set it to 0."
            )
        return None
    if config.loss.halt_weight > 0:
        raise UserError(
            f"rl.objective is {name}, which learns from nothing but the probabilities "
            "of answers: set loss.halt_weight=0."
        )
    segments, known = config.halting.max_segments, config.data.vocab_size
    return ObjectiveConfig(name=name, segments=segments, known=known, **values)


def _require_kind(config: Config) -> None:
    """Do model, loss and halting go with text, or with puzzles?"""
    visibility, halts = config.model.visibility, config.loss.halt_weight > 0
    if config.data.dataset not in TEXTS:
        if visibility != "all":
            raise UserError(
                f"model.visibility is {visibility!r}, but a puzzle has no order: set "
                "it to all."
            )
        return
    if visibility == "all":
        raise UserError(
            "model.visibility is 'all', but in a text each token would see what it is "
            "to predict: set it to prefix or causal."
        )
    if config.loss.token_loss != "softmax":
        raise UserError(
            f"loss.token_loss is {config.loss.token_loss!r}, but the tokens of a text "
            "are drawn and scored by softmax: train it with loss.token_loss=softmax."
        )
    if config.halting.q_learning or config.halting.residual:
        raise UserError(
            "A text halts by what its halting head says of the prompt: set "
            "halting.q_learning=False and halting.residual=0."
        )
    if config.evaluation.residual:
        raise UserError(
            "A text halts by what its halting head says of the prompt: set "
            "evaluation.residual=0."
        )
    if config.halting.max_segments > 1 and halts:
        if config.data.pack:
            raise UserError(
                "The halting head decides for a row, but with data.pack=True a row has "
                "several examples: set data.pack=False, or loss.halt_weight=0."
            )
        if visibility == "causal":
            raise UserError(
                "The halting head is asked at the first token, which with "
                "model.visibility=causal sees nothing of the prompt: set it to prefix, "
                "or loss.halt_weight=0."
            )


def loop_config(config: Config) -> LoopConfig:
    """How to train.

    Raises:
      UserError: a value is out of range, the last steps would not count, or examples
        would not weigh as they are said to.
    """
    if config.loss.average == "example" and _packs(config):
        raise UserError(
            "loss.average=example weighs rows alike, but with data.pack=True a row has "
            "several examples: set loss.average=token, or data.pack=False."
        )
    if config.train.steps % max(config.optim.accumulate, 1):
        raise UserError(
            f"train.steps is {config.train.steps}, but it must be a multiple of "
            f"optim.accumulate = {config.optim.accumulate}, or the model would learn "
            "nothing from the last of them."
        )
    if config.train.first_window > config.model.gradient_window:
        raise UserError(
            f"train.first_window is {config.train.first_window}, but it must be at "
            f"most model.gradient_window = {config.model.gradient_window}, to which it "
            "grows."
        )
    if config.train.first_window and config.train.window_steps >= config.train.steps:
        raise UserError(
            f"train.window_steps is {config.train.window_steps}, but it must be below "
            f"train.steps = {config.train.steps}, or the gradient window is never "
            "whole: set it to a fifth of the steps, or train.first_window=0."
        )
    loop = LoopConfig(**config.train)
    loop.stages(config.model.h_cycles, config.model.l_cycles)
    return loop


def _packs(config: Config) -> bool:
    return config.data.dataset in TEXTS and config.data.pack


def depth_schedule(config: Config, model: ReasonerConfig) -> DepthSchedule | None:
    """Of a run whose depth grows; None of another."""
    return LoopConfig(**config.train).schedule(model) if config.train.depths else None


def evaluation_config(
    config: Config, trained: Config | None = None
) -> EvaluationConfig:
    """How to answer.

    Args:
      trained: the config by which the model thought for as many segments as it is to
        take where `evaluation` says none; None for the same one.

    Raises:
      UserError: a value is out of range, or restarts would all be alike.
    """
    values = dict(config.evaluation)
    usual = (trained or config).halting.max_segments
    values["max_segments"] = values["max_segments"] or usual
    evaluation = EvaluationConfig(**values)
    if evaluation.restarts > 1 and config.model.initial_states == "fixed":
        raise UserError(
            f"evaluation.restarts is {evaluation.restarts}, but all attempts are alike "
            "where model.initial_states is fixed: train with "
            "--config.model.initial_states=random, or leave it at 1."
        )
    return evaluation
