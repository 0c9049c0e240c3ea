"""From a ConfigDict to the typed configs that the code is written against."""

from __future__ import annotations

from configs import Config
from data_pipeline.schema import UserError
from data_pipeline.task import Dimensions
from hrm_jax.halting import HaltingConfig
from hrm_jax.losses import LossConfig
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.optim import OptimConfig
from hrm_jax.predictor import EvaluationConfig
from hrm_jax.train import LoopConfig
from hrm_jax.train_state import TrainConfig


def train_config(config: Config, task: Dimensions) -> TrainConfig:
    """Raises: UserError: a value is out of range."""
    model = ReasonerConfig(**task._asdict(), **config.model)
    return TrainConfig(
        model=model,
        halting=HaltingConfig(**config.halting),
        loss=LossConfig(**config.loss),
        optim=OptimConfig(**config.optim),
        slots=config.slots,
        remat=config.remat,
        microbatches=config.microbatches,
    )


def loop_config(config: Config) -> LoopConfig:
    """Raises: UserError: a value is out of range, or the last steps would not count."""
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
    return LoopConfig(**config.train)


def evaluation_config(config: Config) -> EvaluationConfig:
    """Raises: UserError: a value is out of range, or restarts would all be alike."""
    values = dict(config.evaluation)
    values["max_segments"] = values["max_segments"] or config.halting.max_segments
    evaluation = EvaluationConfig(**values)
    if evaluation.restarts > 1 and config.model.initial_states == "fixed":
        raise UserError(
            f"evaluation.restarts is {evaluation.restarts}, but all attempts are alike "
            "where model.initial_states is fixed: train with "
            "--config.model.initial_states=random, or leave it at 1."
        )
    return evaluation
