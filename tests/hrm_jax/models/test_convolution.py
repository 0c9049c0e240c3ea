"""The convolution inside the SwiGLU: whom it lets see whom, and what it weighs."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import UserError
from hrm_jax.models import layers, reasoner
from tests.hrm_jax.models.small import draw, init_variables, looped, run_segment, small
from tests.tolerances import assert_close


@pytest.mark.parametrize("window", [1, 2, 3, 4])
def test_is_the_sum_of_its_taps(window):
    """Against numpy's convolution, channel by channel."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 7, 3)).astype(np.float32)
    taps = rng.standard_normal((window, 3)).astype(np.float32)
    bias = rng.standard_normal(3).astype(np.float32)
    params = {"params": {"taps": jnp.asarray(taps), "bias": jnp.asarray(bias)}}
    y = layers.ShortConvolution(window).apply(params, jnp.asarray(x))
    first = (window - 1) // 2  # numpy mirrors the taps, and pads on both sides in full
    for row in range(2):
        for channel in range(3):
            full = np.convolve(x[row, :, channel], taps[::-1, channel])
            expected = full[first : first + 7] + bias[channel]
            assert_close(y[row, :, channel], expected)


@pytest.mark.parametrize(("window", "seen"), [(2, [3, 4]), (3, [3, 4, 5])])
def test_a_position_sees_its_neighbours_alone(window, seen):
    swiglu = layers.SwiGLU(8, window)
    x = jax.random.normal(jax.random.key(0), (1, 9, 4))
    params = swiglu.init(jax.random.key(1), x)
    touched = jax.jacobian(lambda x: swiglu.apply(params, x)[0, 4].sum())(x)[0]
    np.testing.assert_array_equal(np.flatnonzero(np.abs(touched).sum(-1)), seen)


def test_begins_with_what_it_is_given():
    """Neither amplifies nor fades white noise: mean 0, spread 1."""
    convolution = layers.ShortConvolution(2)
    x = jax.random.normal(jax.random.key(0), (2, 400, 512))
    y = convolution.apply(convolution.init(jax.random.key(1), x), x)
    assert abs(float(y.mean())) < 0.01
    assert abs(float(y.std()) - 1) < 0.05


def test_weighs_its_taps_and_learns_with_prefix_tokens():
    once = {"l_cycles": 1, "gradient_window": 1, "prefix_len": 2}
    plain, config = (looped(**once, conv_width=width) for width in (0, 2))

    def weight(config):
        init = functools.partial(reasoner.init_variables, config)
        shapes = jax.eval_shape(init, jax.random.key(0)).params
        return sum(leaf.size for leaf in jax.tree.leaves(shapes))

    inner_width = config.inner_width(config.width)
    assert weight(config) - weight(plain) == (2 + 1) * inner_width * config.l_layers

    variables = init_variables(config, jax.random.key(0))
    arguments = draw(config)

    def loss(params):
        output = run_segment(config, variables._replace(params=params), *arguments)[1]
        return jnp.sin(output.logits).sum()

    grads = jax.jit(jax.grad(loss))(variables.params)
    grads = grads["l_module"]["block_0"]["mlp"]["conv"]
    assert all(jnp.abs(leaf).min() > 0 for leaf in jax.tree.leaves(grads))


def test_a_width_below_0_is_named():
    with pytest.raises(UserError, match=r"model\.conv_width"):
        small(conv_width=-1)
