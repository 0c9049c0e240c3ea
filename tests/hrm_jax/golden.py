"""The golden numbers (tests/golden/README.md), and the promise that none is skipped.

A test that `covers` groups of keys runs for each file that has them, and fails unless
it has taken every one of those keys, as an input or as what it expected. A test of its
own holds the groups of all tests against the keys of all files.
"""

from __future__ import annotations

import functools
import json
import math
import pathlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import Batch
from hrm_jax import convert, train_state
from hrm_jax.halting import HaltingConfig
from hrm_jax.losses import LossConfig
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.optim import OptimConfig
from hrm_jax.quantization import QuantizationConfig
from hrm_jax.train_state import TrainConfig, TrainState
from tests.tolerances import WITNESSES, assert_close

DIRECTORY = pathlib.Path(__file__).parent.parent / "golden"
FILES = ("hrm_tiny", "trm_tiny", "trm_mlp_tiny")

NOT_HELD = {
    r".*:meta/source": "says where the numbers come from",
    r"trm_mlp_tiny:act/step[345]/metric_accuracy": (
        "counts tokens after three and four segments, over which this model amplifies "
        "rounding a hundred-thousandfold: another token comes out here and there"
    ),
}
"""What no test takes, as file:key, and why."""


@functools.cache
def _load(file: str) -> dict[str, np.ndarray]:
    with np.load(DIRECTORY / f"{file}.npz") as arrays:
        return dict(arrays)


@functools.cache
def keys(file: str) -> frozenset[str]:
    """Those that a test has to take."""
    held = re.compile("|".join(NOT_HELD))
    return frozenset(key for key in _load(file) if not held.fullmatch(f"{file}:{key}"))


def covers(*groups: str) -> Callable:
    """Runs a test for each file with keys that begin with one of these patterns."""
    pattern = re.compile("|".join(groups))

    def decorate(test: Callable[[Golden], None]) -> Callable:
        def run(file: str) -> None:
            golden = Golden(file)
            test(golden)
            left = {key for key in keys(file) if pattern.match(key)} - golden.taken
            assert not left, f"{test.__name__} takes no notice of {sorted(left)}"

        run.__name__, run.__doc__ = test.__name__, test.__doc__
        run.covers = pattern
        files = [file for file in FILES if any(map(pattern.match, keys(file)))]
        return pytest.mark.parametrize("file", files)(run)

    return decorate


class Golden:
    """The numbers of one file, all of them or those below a prefix."""

    def __init__(self, file: str, prefix: str = "", taken: set[str] | None = None):
        self._file, self._prefix = file, prefix
        self._numbers = _load(file)
        self.taken: set[str] = set() if taken is None else taken

    def below(self, prefix: str) -> Golden:
        return Golden(self._file, self._prefix + prefix, self.taken)

    def __contains__(self, key: str) -> bool:
        return self._prefix + key in self._numbers

    def __iter__(self) -> Iterator[str]:
        for key in self._numbers:
            if key.startswith(self._prefix):
                yield key.removeprefix(self._prefix)

    def __getitem__(self, key: str) -> np.ndarray:
        self.taken.add(self._prefix + key)
        return self._numbers[self._prefix + key]

    def json(self, key: str) -> dict[str, Any]:
        return json.loads(str(self[key]))

    def batch(self, prefix: str = "batch/") -> Batch:
        names = ("inputs", "labels", "puzzle_identifiers")
        return Batch(*(jnp.asarray(self[prefix + name]) for name in names))

    def state(self, config: TrainConfig) -> TrainState:
        """Before the first step, with the recorded weights."""
        weights = self.below("w/")
        tensors = {name: weights[name] for name in weights}
        variables, table = convert.from_state_dict(config.model, tensors)
        variables, table = jax.tree.map(jnp.asarray, (variables, table))
        return train_state.new_state(config, variables, table, jax.random.key(0))

    def hold(self, run: Callable[[TrainState], dict], config: TrainConfig) -> None:
        """Checks what `run` makes of the recorded weights, with witnesses.

        Args:
          run: gives values by their keys; those that were recorded are checked.
        """
        start, dtype = self.state(config), config.model.dtype
        witnesses = (_witness(start, dtype, seed) for seed in range(WITNESSES))
        runs = [run(start), *map(run, witnesses)]
        for key in runs[0]:
            if self._prefix + key in keys(self._file):
                value, *others = (run[key] for run in runs)
                self.check(key, value, dtype, others)

    def check(self, key: str, actual: Any, kind: str = "float32", witnesses=()) -> None:
        """Whole numbers and truth values must be the same, the rest nearly so."""
        expected, name = self[key], self._prefix + key
        if expected.dtype.kind == "f":
            assert_close(actual, expected, kind, name, witnesses)
        else:
            np.testing.assert_array_equal(actual, expected, name)


def _witness(state: TrainState, dtype: str, seed: int) -> TrainState:
    """Each weight becomes the next number of this dtype, up or down at random."""
    rng = np.random.default_rng(seed)

    def move(leaf: jax.Array) -> jax.Array:
        towards = np.where(rng.random(leaf.shape) < 0.5, np.inf, -np.inf).astype(dtype)
        moved = np.nextafter(np.asarray(leaf).astype(dtype), towards)
        return jnp.asarray(moved.astype(np.float32))

    variables, table = jax.tree.map(move, (state.variables, state.puzzle_table))
    averages = variables.params if state.ema_params is not None else None
    return state._replace(variables=variables, puzzle_table=table, ema_params=averages)


def train_config(
    sizes: Mapping[str, Any], hyper: Mapping[str, Any], dtype: str = "float32"
) -> TrainConfig:
    """Our config for theirs."""
    width, puzzle_width = sizes["hidden_size"], sizes["puzzle_emb_ndim"]
    is_hrm = sizes["H_layers"] > 0
    model = ReasonerConfig(
        vocab_size=sizes["vocab_size"],
        seq_len=sizes["seq_len"],
        num_puzzles=sizes["num_puzzle_identifiers"],
        width=width,
        num_heads=sizes["num_heads"],
        recurrence="hierarchical",
        h_layers=sizes["H_layers"],
        l_layers=sizes["L_layers"],
        h_cycles=sizes["H_cycles"],
        l_cycles=sizes["L_cycles"],
        gradient_window=2 if is_hrm else sizes["L_cycles"] + 1,
        injection="every_call",
        norm="post",
        visibility="all",
        mixer="mlp" if sizes.get("mlp_t") else "attention",
        attention_scopes=(),
        box_rows=1,
        box_cols=1,
        equivariant=False,
        gated_attention=False,
        feedback="none",
        shared_cache=False,
        tied_embedding=False,
        positions=sizes["pos_encodings"].replace("rope", "rotary"),
        rotary_theta=10000.0,
        expansion=float(sizes["expansion"]),
        feed_forward_multiple=256,
        conv_width=0,
        norm_eps=1e-5,
        puzzle_width=puzzle_width,
        prefix_len=sizes.get("puzzle_emb_len") or math.ceil(puzzle_width / width),
        halt_bias=-5.0,
        initial_states="fixed",
        state_noise=0.0,
        dtype=dtype,
    )
    return TrainConfig(
        objective=None,
        model=model,
        halting=HaltingConfig(
            max_segments=sizes["halt_max_steps"],
            exploration_prob=sizes["halt_exploration_prob"],
            min_confidence=0.0,
            residual=0.0,
            q_learning=not sizes.get("no_ACT_continue", False),
        ),
        loss=LossConfig(
            token_loss=sizes["loss_type"].removesuffix("_cross_entropy"),
            average="example",
            halt_weight=0.5,
        ),
        optim=OptimConfig(
            name="adam_atan2",
            learning_rate=hyper["lr"],
            warmup_steps=0,
            decay_steps=1,
            accumulate=1,
            final_fraction=1.0,
            b1=hyper["beta1"],
            b2=hyper["beta2"],
            muon_momentum=0.95,
            weight_decay=hyper["weight_decay"],
            no_decay=(),
            puzzle_learning_rate=hyper["puzzle_emb_lr"],
            puzzle_weight_decay=hyper["puzzle_emb_weight_decay"],
            ema_decay=hyper.get("ema_mu", 0.0),
        ),
        quantization=QuantizationConfig(bits=0, block=32),
        slots=sizes["batch_size"],
        remat="none",
        microbatches=1,
    )
