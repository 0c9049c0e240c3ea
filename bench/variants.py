"""What a study compares: variants of a base, as overrides of it."""

from __future__ import annotations

from collections.abc import Sequence

from hrm_jax.models.config import ReasonerConfig
from hrm_jax.train_state import TrainConfig

BASE = "base"

Overrides = dict[str, object]

SMALL: Overrides = {
    # 6x6 boards with a bit more than half of the cells blank: a minute on two cores.
    "data.box_rows": 2,
    "data.box_cols": 3,
    "data.min_blanks": 18,
    "data.max_blanks": 22,
    "data.num_train": 2000,
    "data.num_test": 1,
    "data.num_validation": 500,
    "model.width": 48,
    "train.save_every": 500,
}
"""What makes a base of puzzles small."""

SMALL_TEXT: Overrides = {
    # Easy functions in Python alone, none of which is seen twice.
    "data.languages": '("python",)',
    "data.vocab_size": 512,
    "data.num_train": 40_000,
    "data.num_test": 1,
    "data.num_validation": 500,
    "slots": 8,
    "model.width": 64,
    "model.num_heads": 2,
    # A smaller model bears a higher rate, and so few steps a shorter average.
    "optim.learning_rate": 8e-3,
    "optim.warmup_steps": 50,
    "optim.ema_decay": 0.99,
    "train.save_every": 500,
}
"""What makes a base of text small."""


def variants(base: TrainConfig, depths: Sequence[str]) -> dict[str, Overrides]:
    """Overrides of each variant; the first is what the others are compared with.

    Args:
      depths: `train.depths` of the base.
    """
    if base.model.visibility == "all":
        return _of_puzzles(base.model)
    return _of_text(base.model, bool(depths))


def _of_puzzles(model: ReasonerConfig) -> dict[str, Overrides]:
    layers = model.module_calls * model.l_layers
    # Equal in training: asked, a flat one thinks for one segment, its base for many.
    flat = _loop(1, 1) | {"halting.max_segments": 1, "evaluation.max_segments": 1}
    return {
        BASE: {},
        "one-step gradient": {"model.gradient_window": 2},
        "no moving average": {"optim.ema_decay": 0.0},
        "Q-learning": {"halting.q_learning": True},
        "separate modules": {"model.h_layers": model.l_layers},
        "looped, equal parameters and compute": _loop(
            model.module_calls, model.gradient_window
        ),
        "flat, equal compute": flat | {"model.l_layers": layers},
        "flat, equal parameters": flat,
        "equivariant, half width": {
            "model.equivariant": True,
            "model.width": model.width // 2,
        },
        "random initial states": {"model.initial_states": "random"},
        "convolution": {"model.conv_width": 2},
        "insight": {"model.feedback": "insight"},
        "Muon": {"optim.name": "muon"},
        **_depths(model),
    }


def _of_text(model: ReasonerConfig, in_stages: bool) -> dict[str, Overrides]:
    """Of equal parameters, all but that with feedback, which has 1 % more.

    The token embedding learns in each (`ReasonerConfig.embedding_learns`), but with a
    one-step gradient, which reaches it in stages of a single H- and L-cycle alone.
    """
    layers = model.h_layers + model.l_layers
    half = max(model.module_calls // 2, 1)
    calls = model.module_calls
    one_h_cycle = ("0.5:1x1", "0.29:1x2") if in_stages else ()
    return {
        BASE: {},
        "looped": _loop(half, half)
        | {"model.l_layers": layers, "train.depths": one_h_cycle},
        "transformer": _loop(1, 1)
        | {"model.l_layers": layers, "train.first_window": 0},
        "half of the calls": {
            "model.h_cycles": 1,
            "model.gradient_window": half,
            "train.depths": one_h_cycle,
        },
        "half more calls": {
            "model.h_cycles": model.h_cycles + 1,
            "model.gradient_window": model.gradient_window + model.l_cycles + 1,
        },
        "one-step gradient": {"model.gradient_window": 2},
        "gradient through all calls": {"model.gradient_window": calls},
        "whole window from the start": {"train.first_window": 0},
        **_depths(model),
        "causal": {"model.visibility": "causal"},
        "insight": {"model.feedback": "insight"},
        "Muon": {"optim.name": "muon"},
        "two segments": {"halting.max_segments": 2, "evaluation.max_segments": 2},
        "edits": {"data.edits": 1.0},
        "plan, then code": {"data.plan": "before"},
        "code, then plan": {"data.plan": "after"},
    }


def _depths(model: ReasonerConfig) -> dict[str, Overrides]:
    """Of which the base is one."""
    middle = "0.29:1x2" if model.h_cycles == 1 else "0.29:2x1"
    return {
        "few cycles first": {"train.depths": ("0.5:1x1", middle)},
        "all cycles from the start": {"train.depths": ()},
    }


def _loop(calls: int, gradient_window: int) -> Overrides:
    """One module and one state."""
    return {
        "train.depths": (),
        "model.recurrence": "looped",
        "model.h_layers": 0,
        "model.h_cycles": 1,
        "model.l_cycles": calls,
        "model.gradient_window": gradient_window,
    }
