"""The count of operations, against XLA's own and against sums done by hand."""

import functools

import jax
import jax.numpy as jnp
import pytest

from hrm_jax.models import cost, reasoner
from tests.hrm_jax.models.small import draw, looped, small

# Large enough that products of matrices are nearly all there is.
WIDE = {"width": 256, "num_heads": 2, "feed_forward_multiple": 64}
# Without loops: XLA counts the body of one once.
UNROLLED = (
    small(**WIDE, h_cycles=1, l_cycles=1, gradient_window=1),
    small(**WIDE, h_cycles=1, l_cycles=2, gradient_window=2, h_layers=1),
    small(**WIDE, h_cycles=2, l_cycles=1, gradient_window=4, prefix_len=3),
    small(**WIDE, h_cycles=1, l_cycles=1, gradient_window=2, mixer="mlp"),
    small(**WIDE, h_cycles=1, l_cycles=1, gradient_window=2, equivariant=True),
    looped(**WIDE, l_cycles=1, gradient_window=1, l_layers=3),
    looped(**WIDE, l_cycles=2, gradient_window=1),
)


def xla_flops(function, *args) -> float:
    return jax.jit(function).lower(*args).compile().cost_analysis()["flops"]


@pytest.mark.parametrize("config", UNROLLED)
def test_agrees_with_xla(config):
    init = functools.partial(reasoner.init_variables, config)
    variables = jax.eval_shape(init, jax.random.key(0))
    arguments = draw(config, batch=1)
    forward = functools.partial(reasoner.run_segment, config)
    measured = xla_flops(forward, variables, *arguments)
    assert cost.segment_flops(config) == pytest.approx(measured, rel=0.02)

    def loss(params, variables, latents, inputs, rows):
        variables = variables._replace(params=params)
        output = reasoner.run_segment(config, variables, latents, inputs, rows)[1]
        return output.logits.sum() + output.q_halt_logit.sum()

    measured = xla_flops(jax.grad(loss), variables.params, variables, *arguments)
    assert cost.training_flops(config) == pytest.approx(measured, rel=0.02)


def test_a_loop_counts_as_often_as_it_runs():
    """A segment's cost is that of its module calls, and of the heads."""
    flops = [
        cost.segment_flops(looped(l_cycles=n, gradient_window=1)) for n in (1, 2, 5)
    ]
    assert flops[2] - flops[1] == 3 * (flops[1] - flops[0]) > 0
    hierarchical = cost.segment_flops(small())  # 2 x (2 + 1) calls
    assert hierarchical - flops[0] == 5 * (flops[1] - flops[0])


def test_the_way_back_costs_twice_the_way_there():
    """Through the window alone, so that a call with gradient costs three without."""
    flops = [cost.training_flops(looped(gradient_window=n)) for n in (1, 2, 3)]
    call = cost.segment_flops(looped(l_cycles=2, gradient_window=1))
    call -= cost.segment_flops(looped(l_cycles=1, gradient_window=1))
    assert flops[1] - flops[0] == flops[2] - flops[1] == 2 * call


def test_products_are_counted_where_they_are_needed():
    a, b = jnp.ones((2, 3, 4)), jnp.ones((2, 4, 5))
    product = functools.partial(jnp.einsum, "bij,bjk->bik")
    once = 2 * 2 * 3 * 4 * 5
    assert cost.flops(product, a, b) == once
    assert cost.flops(jax.jit(product), a, b) == once
    assert cost.flops(jax.checkpoint(product), a, b) == once
    assert cost.flops(lambda a, b: (product(a, b), a)[1], a, b) == 0

    def branch(a, b):
        return jax.lax.cond(a.sum() > 0, product, lambda a, b: product(a, b) * 2, a, b)

    assert cost.flops(branch, a, b) == once

    def forever(a):
        return jax.lax.while_loop(lambda a: a.sum() < 9, lambda a: a @ a, a)

    with pytest.raises(NotImplementedError):
        cost.flops(forever, jnp.ones((2, 2)))


def test_activations_are_kept_for_each_call_in_the_window():
    kept = [cost.activation_bytes(looped(gradient_window=n)) for n in (1, 2, 3)]
    assert kept[2] - kept[1] == kept[1] - kept[0] > 0
    half = cost.activation_bytes(looped(gradient_window=1, dtype="bfloat16"))
    assert kept[0] / 2 < half < kept[0]
