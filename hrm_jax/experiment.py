"""From a ConfigDict to the typed configs that the code is written against."""

from __future__ import annotations

from configs import Config
from data_pipeline.schema import BoardShape, UserError
from hrm_jax.halting import HaltingConfig
from hrm_jax.losses import LossConfig
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.optim import OptimConfig
from hrm_jax.predictor import EvaluationConfig
from hrm_jax.train import LoopConfig
from hrm_jax.train_state import TrainConfig


def board_shape(config: Config) -> BoardShape:
    return BoardShape(config.data.box_rows, config.data.box_cols)


def train_config(config: Config, num_puzzles: int) -> TrainConfig:
    """Raises: UserError: a value is out of range."""
    board = board_shape(config)
    model = ReasonerConfig(
        vocab_size=board.vocab_size,
        seq_len=board.cells,
        num_puzzles=num_puzzles,
        box_rows=board.box_rows,
        box_cols=board.box_cols,
        **config.model,
    )
    return TrainConfig(
        model=model,
        halting=HaltingConfig(**config.halting),
        loss=LossConfig(**config.loss),
        optim=OptimConfig(**config.optim),
        slots=config.slots,
    )


def loop_config(config: Config) -> LoopConfig:
    """Raises: UserError: a value is out of range."""
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
