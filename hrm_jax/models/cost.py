"""What a segment costs: multiplications and additions, counted in the program itself;
and the memory of what its backward pass needs.

Only products of matrices count, which is all but a few percent. They are read off the
traced program, so no variant of the model needs a formula of its own, and a loop counts
as often as it runs (XLA's own analysis counts its body once).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp

from hrm_jax.models import reasoner
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Latents, Params, SegmentOutput


def segment_flops(config: ReasonerConfig) -> int:
    """Operations of one segment on one example, forward.

    A multiplication and an addition are 2. A step with Q-learning runs one segment
    more.
    """
    return flops(functools.partial(reasoner.run_segment, config), *_arguments(config))


def training_flops(config: ReasonerConfig) -> int:
    """Operations of one segment on one example, forward, and backward through its
    window."""

    def step(*arguments):
        output, pull_back = _differentiated(config, *arguments)
        return pull_back(jax.tree.map(jnp.ones_like, output))

    return flops(step, *_arguments(config))


def activation_bytes(config: ReasonerConfig) -> int:
    """Bytes that a segment on one example keeps for its backward pass.

    Written once and read once, they are the most of what a training step has to move.
    What does not grow with the batch, such as the weights, is not among them.
    """

    def kept(batch: int) -> int:
        def residuals(*arguments):
            return _differentiated(config, *arguments)[1]

        leaves = jax.tree.leaves(jax.eval_shape(residuals, *_arguments(config, batch)))
        return sum(leaf.size * leaf.dtype.itemsize for leaf in leaves)

    return kept(2) - kept(1)


def _differentiated(
    config: ReasonerConfig, variables, latents, inputs, puzzle_vectors, layout
) -> tuple[SegmentOutput, Callable]:
    """A segment's output, and its pullback to parameters and puzzle vectors."""

    def outputs(params: Params, puzzle_vectors) -> SegmentOutput:
        trained = variables._replace(params=params)
        return reasoner.run_segment(
            config, trained, latents, inputs, puzzle_vectors, layout
        )[1]

    return jax.vjp(outputs, variables.params, puzzle_vectors)


def flops(function: Callable[..., Any], *args: Any) -> int:
    """Operations of the products of matrices in `function`.

    Args:
      args: arrays or their shapes.

    Raises:
      NotImplementedError: a loop whose length only its data tell.
    """
    return _flops(jax.make_jaxpr(function)(*args).jaxpr)


def _arguments(config: ReasonerConfig, batch: int = 1) -> tuple[Any, ...]:
    """Shapes of what a segment takes."""
    init = functools.partial(reasoner.init_variables, config)
    variables = jax.eval_shape(init, jax.random.key(0))
    state: Any = jax.ShapeDtypeStruct(
        (batch, config.length, config.width), config.dtype
    )
    blank = jax.eval_shape(functools.partial(reasoner.blank_batch, config, batch))
    return (
        variables,
        Latents(state, state),
        blank.inputs,
        jax.ShapeDtypeStruct((batch, config.puzzle_width), jnp.float32),
        blank.layout,
    )


def _flops(jaxpr: Any) -> int:
    total, needed = 0, set(map(id, jaxpr.outvars))
    for equation in reversed(jaxpr.eqns):
        # A derivative that nobody asks for is traced as well; the compiler drops it.
        if needed.isdisjoint(map(id, equation.outvars)):
            continue
        needed.update(map(id, equation.invars))
        name, params = equation.primitive.name, equation.params
        inner = [_flops(part) for part in _parts(params)]
        if name == "dot_general":
            (contracted, _), _ = params["dimension_numbers"]
            left = equation.invars[0].aval.shape
            summed = math.prod(left[axis] for axis in contracted)
            total += 2 * equation.outvars[0].aval.size * summed
        elif name == "scan":
            total += params["length"] * sum(inner)
        elif name == "cond":
            total += max(inner)
        elif name == "while" and any(inner):
            raise NotImplementedError("a loop whose length only its data tell")
        else:
            total += sum(inner)
    return total


def _parts(params: dict[str, Any]) -> Iterator[Any]:
    """The programs inside an operation."""
    for value in params.values():
        for part in value if isinstance(value, tuple | list) else (value,):
            part = getattr(part, "jaxpr", part)  # a closed one, with its constants
            if hasattr(part, "eqns"):
                yield part
