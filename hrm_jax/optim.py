"""Optimisers in optax form: AdamATan2 or Muon for the network, sign-SGD for the rows of
the puzzle table.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jaxtyping import Float, Float32, Int

from data_pipeline.schema import (
    MOST_COUNTED,
    UserError,
    require,
    require_at_least,
    require_at_most,
    require_one_of,
)
from hrm_jax.models.tensor_parallel import FUSED

_OPTIMIZERS = ("adam_atan2", "muon")
_MATRIX = re.compile(r"^[hl]_module/.*/kernel$")
"""What Muon takes; embeddings, heads, biases and taps stay with AdamATan2."""
_ADAM_RMS = 0.2
"""Of an Adam step's elements: Muon's are scaled to it (arXiv:2502.16982), so that one
learning rate and one decay serve both."""


@dataclasses.dataclass(frozen=True)
class OptimConfig:
    """Attributes:
    name: "adam_atan2"; or "muon" for the matrices of the modules, and AdamATan2 for
      the rest.
    learning_rate: peak, after the warm-up.
    warmup_steps: of a linear warm-up from 0.
    decay_steps: length of warm-up and cosine together; irrelevant where
      `final_fraction` is 1.
    accumulate: steps whose mean gradient makes one update of the network, the puzzle
      table and the moving average. Schedules count steps; moments and the moving
      average count updates.
    final_fraction: the learning rate at the end, over the peak; 1 keeps it constant.
    b1, b2: decay of the two moments.
    muon_momentum: decay of Muon's momentum.
    weight_decay: decoupled, times the learning rate.
    no_decay: regular expressions; a parameter whose path ("l_module/block_0/...") one
      of them finds is not decayed.
    puzzle_learning_rate, puzzle_weight_decay: of the sign-SGD on the puzzle table,
      which follows the same warm-up and decay.
    ema_decay: of the moving average that evaluation uses; 0 evaluates the parameters.
    """

    name: str
    learning_rate: float
    warmup_steps: int
    decay_steps: int
    accumulate: int
    final_fraction: float
    b1: float
    b2: float
    muon_momentum: float
    weight_decay: float
    no_decay: tuple[str, ...]
    puzzle_learning_rate: float
    puzzle_weight_decay: float
    ema_decay: float

    def __post_init__(self):
        require_one_of("optim", self, name=_OPTIMIZERS)
        object.__setattr__(self, "no_decay", tuple(self.no_decay))
        for pattern in self.no_decay:
            try:
                re.compile(pattern)
            except re.error as error:
                raise UserError(
                    f"optim.no_decay holds {pattern!r}, which is no regular "
                    f"expression: {error}."
                ) from error
        require_at_least(
            "optim",
            self,
            learning_rate=0,
            warmup_steps=0,
            decay_steps=0,
            accumulate=1,
            final_fraction=0,
            weight_decay=0,
            puzzle_learning_rate=0,
            puzzle_weight_decay=0,
        )
        require_at_most("optim", self, warmup_steps=MOST_COUNTED)
        for name in ("b1", "b2", "muon_momentum", "ema_decay"):
            holds = 0 <= getattr(self, name) < 1
            require(holds, "optim", self, name, "at least 0 and below 1")


def warmup_cosine(config: OptimConfig, peak: float) -> optax.Schedule:
    """Linear from 0 to `peak`, then a cosine down to `final_fraction * peak`.

    The first update has count 0 and takes the rate of step 1, as the originals do; of
    the step that completes it, where gradients are accumulated.
    """
    schedule = optax.warmup_cosine_decay_schedule(
        init_value=0.0,
        peak_value=peak,
        warmup_steps=config.warmup_steps,
        decay_steps=max(config.decay_steps, config.warmup_steps + 1),
        end_value=peak * config.final_fraction,
    )
    each = config.accumulate
    return lambda count: schedule(jnp.asarray(each * (count + 1), jnp.float32))


class AdamATan2State(NamedTuple):
    """State of `scale_by_adam_atan2`.

    Attributes:
      count: updates done.
      mu, nu: first and second moments.
    """

    count: Array
    mu: Any
    nu: Any


def scale_by_adam_atan2(b1: float, b2: float) -> optax.GradientTransformation:
    """Adam's direction without an epsilon (arXiv:2407.05872), bounded and scale-free.

    atan2(m, sqrt(v / (1 - b2^t))) / (1 - b1^t): the published code corrects the first
    moment's bias outside of the arc tangent, and so do we.
    """

    def init(params):
        zeros = jax.tree.map(jnp.zeros_like, params)
        return AdamATan2State(jnp.zeros((), jnp.int32), zeros, zeros)

    def update(updates, state, params=None):
        del params
        count = state.count + 1
        mu = optax.tree.update_moment(updates, state.mu, b1, 1)
        nu = optax.tree.update_moment_per_elem_norm(updates, state.nu, b2, 2)
        steps = count.astype(jnp.float32)
        mu_bias, nu_bias = 1 - b1**steps, 1 - b2**steps

        def angle(m, v):
            return jnp.arctan2(m, jnp.sqrt(v / nu_bias)) / mu_bias

        direction = jax.tree.map(angle, mu, nu)
        return direction, AdamATan2State(count, mu, nu)

    return optax.GradientTransformation(init, update)


def scale_by_muon(momentum: float) -> optax.GradientTransformation:
    """Momentum of matrices, made nearly orthogonal by five Newton-Schulz steps.

    From https://kellerjordan.github.io/posts/muon, with Nesterov's momentum. The
    elements of a step have a root mean square of about `_ADAM_RMS`, whatever the shape.
    """

    def dimensions(matrices):
        # Axis 1 counts what is fused.
        numbers = optax.contrib.MuonDimensionNumbers(reduction_axis=0, output_axis=2)
        return jax.tree.map(lambda _: numbers, matrices)

    muon = optax.contrib.scale_by_muon(
        beta=momentum, weight_dimension_numbers=dimensions
    )

    def apart(kernels):
        def split(path, kernel):
            rows, columns = kernel.shape
            count = FUSED.get(path[-2].key, 1)
            return kernel.reshape(rows, count, columns // count)

        return jax.tree_util.tree_map_with_path(split, kernels)

    def init(params):
        return muon.init(apart(params))

    def update(updates, state, params=None):
        del params
        # The library mixes its integer count with floats, on purpose.
        with jax.numpy_dtype_promotion("standard"):
            steps, state = muon.update(apart(updates), state)

        def scaled(step, kernel):
            scale = _ADAM_RMS * max(step.shape[0], step.shape[2]) ** 0.5
            return step.reshape(kernel.shape) * scale

        return jax.tree.map(scaled, steps, updates), state

    return optax.GradientTransformation(init, update)


def network_optimizer(config: OptimConfig) -> optax.GradientTransformation:
    """What `config` names, with decoupled weight decay and the schedule of `config`."""

    def decayed(params):
        def decays(path, _):
            return not any(re.search(p, _name(path)) for p in config.no_decay)

        return jax.tree_util.tree_map_with_path(decays, params)

    def kinds(params):
        def kind(path, _):
            return "muon" if _MATRIX.match(_name(path)) else "adam_atan2"

        return jax.tree_util.tree_map_with_path(kind, params)

    direction = scale_by_adam_atan2(config.b1, config.b2)
    if config.name == "muon":
        muon = scale_by_muon(config.muon_momentum)
        direction = optax.partition({"muon": muon, "adam_atan2": direction}, kinds)
    return optax.chain(
        direction,
        optax.add_decayed_weights(config.weight_decay, mask=decayed),
        optax.scale_by_learning_rate(warmup_cosine(config, config.learning_rate)),
    )


def _name(path: tuple[Any, ...]) -> str:
    return "/".join(str(part.key) for part in path)


class RowUpdates(NamedTuple):
    """New values for some rows of a table.

    Attributes:
      ids: rows; one beyond the table's end changes nothing.
      deltas: what to add to them; duplicates of an id would add up, so there are none.
    """

    ids: Int[Array, " B"]
    deltas: Float32[Array, "B E"]


class SignSGDState(NamedTuple):
    """State of `row_sign_sgd`.

    Attributes:
      count: updates done.
    """

    count: Array


class RowOptimizer(NamedTuple):
    """In optax's form, but that `update` takes `row_ids` and returns `RowUpdates`."""

    init: Callable[[Array | None], SignSGDState]
    update: Callable[..., tuple[RowUpdates, SignSGDState]]


def row_sign_sgd(
    learning_rate: optax.ScalarOrSchedule, weight_decay: float
) -> RowOptimizer:
    """Sign-SGD with decoupled decay on the rows of a table that a batch touched.

    row <- row * (1 - lr * decay) - lr * sign(sum of the row's gradients). Rows that no
    example names keep their value and are not even read, so the table may be large and
    sharded. `update` takes the gradients per example and `row_ids`, and returns
    `RowUpdates` for `apply_row_updates`.
    """

    def init(params):
        del params
        return SignSGDState(jnp.zeros((), jnp.int32))

    def update(updates, state, params, *, row_ids):
        rate: Any = learning_rate
        if callable(learning_rate):
            rate = learning_rate(state.count)
        table_rows, batch = params.shape[0], row_ids.shape[0]
        ids, inverse = jnp.unique(
            row_ids, size=batch, fill_value=table_rows, return_inverse=True
        )
        gradients = jax.ops.segment_sum(updates, inverse, num_segments=batch)
        rows = params.at[ids].get(mode="clip")
        deltas = -rate * (jnp.sign(gradients) + weight_decay * rows)
        return RowUpdates(ids, deltas), SignSGDState(state.count + 1)

    return RowOptimizer(init, update)


def apply_row_updates(
    table: Float[Array, "P E"], updates: RowUpdates
) -> Float[Array, "P E"]:
    """Adds the deltas to their rows."""
    return table.at[updates.ids].add(updates.deltas, mode="drop")
