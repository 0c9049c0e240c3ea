"""What the presets ask of the kernels: one list, for the tests and for compiling."""

from __future__ import annotations

from typing import NamedTuple

from configs import Config, arc, default, maze_hard, sudoku_extreme, text
from data_pipeline import datasets
from data_pipeline.arc import codec
from data_pipeline.config import TEXTS
from data_pipeline.task import Dimensions
from hrm_jax import experiment
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.train_state import TrainConfig

_ARC_PUZZLES = 10
"""A real set has up to a million vectors, which no kernel sees."""


class Attention(NamedTuple):
    """Attributes:
    tokens, heads, head_width: T, N and K.
    text: packed examples under a prefix-LM mask; else each token sees all.
    """

    tokens: int
    heads: int
    head_width: int
    text: bool = False


class Decode(NamedTuple):
    """Attributes: rows: B; positions, heads, head_width: S, N and K of the cache."""

    rows: int
    positions: int
    heads: int
    head_width: int


def train_configs() -> dict[str, TrainConfig]:
    """Every preset on its board or text, as "sudoku_extreme:hrm"."""
    configs = {"default": default.get_config()}
    for module in (sudoku_extreme, maze_hard, arc, text):
        file = module.__name__.rpartition(".")[2]
        for preset in module.PRESETS:
            configs[f"{file}:{preset}"] = module.get_config(preset)
    return {
        name: experiment.train_config(config, _board(config))
        for name, config in configs.items()
    }


def attentions() -> list[Attention]:
    """Of every preset whose heads see all, and of text."""
    found = {
        Attention(
            model.tokens,
            model.num_heads,
            model.width // model.num_heads,
            text=model.visibility != "all",
        )
        for model in _models()
        if model.mixer == "attention" and not model.attention_scopes
    }
    return sorted(found)


def decodes() -> list[Decode]:
    """Of one text, and of several."""
    return [
        Decode(rows, shape.tokens, shape.heads, shape.head_width)
        for shape in attentions()
        if shape.text
        for rows in (1, 16)
    ]


def matrices() -> list[tuple[int, int]]:
    """[K F] of every linear map of every preset."""
    found = set()
    for model in _models():
        width, inner = model.width, model.inner_width(model.width)
        projected = 4 if model.gated_attention else 3
        found |= {(width, projected * width), (width, width), (width, 2 * inner)}
        found |= {(inner, width), (width, model.vocab_size), (width, 2)}
        if model.mixer == "mlp":
            inner = model.inner_width(model.tokens)
            found |= {(model.tokens, 2 * inner), (inner, model.tokens)}
    return sorted(found)


def _models() -> list[ReasonerConfig]:
    return [config.model for config in train_configs().values()]


def _board(config: Config) -> Dimensions:
    """Without any data, which ARC counts its puzzles in."""
    if config.data.dataset in TEXTS:
        return Dimensions(config.data.vocab_size, config.data.seq_len, 1, 1, 1)
    if config.data.dataset != "arc":
        return datasets.task(config.data).dimensions
    size = config.data.max_size
    return Dimensions(codec.VOCAB_SIZE, size**2, _ARC_PUZZLES, 1, size)
