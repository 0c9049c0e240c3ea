"""Feedback from below: what it adds, to whom, and that without it nothing changes."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import UserError
from hrm_jax.export import manifest
from hrm_jax.models import cost, reasoner, sight
from hrm_jax.models.insight import Insight
from tests.hrm_jax.models.small import draw, init_variables, looped, run_segment, small
from tests.hrm_jax.models.test_text import FIRST, SECOND, spread
from tests.hrm_jax.models.text import rows, stacked, text
from tests.tolerances import assert_close

SHORT = {"h_cycles": 1, "l_cycles": 1, "gradient_window": 2}
BOARD = small(feedback="insight", seq_len=16, prefix_len=2, puzzle_width=8, **SHORT)
TEXT = text(feedback="insight", **SHORT)
LAYOUT = stacked(rows(FIRST, SECOND)).layout


def without(config):
    return dataclasses.replace(config, feedback="none")


@functools.cache
def moved(config):
    """Variables where the insight is no zero."""
    return spread(init_variables(config, jax.random.key(1)))


def with_insight(variables, **changes):
    changed = variables.params["insight"] | changes
    return variables._replace(params=variables.params | {"insight": changed})


def given(config):
    layout = None if config.visibility == "all" else LAYOUT
    return *draw(config, batch=1), layout


@pytest.mark.parametrize("config", [BOARD, TEXT])
def test_a_closed_gate_and_the_start_are_the_model_without_it(config):
    """What the H module is given in every bit; the whole but for the order in which
    another program adds. With the gate open it is not."""
    assert without(config) != config
    variables = moved(config)
    others = {k: v for k, v in variables.params.items() if k != "insight"}
    base = variables._replace(params=others)
    expected = run_segment(without(config), base, *given(config))
    zeros = init_variables(config, jax.random.key(1)).params["insight"]
    assert not any(leaf.any() for leaf in jax.tree.leaves(zeros))
    closed = {"bias": jnp.full(config.width, -1e9)}
    for changes in (zeros, closed):
        shut = with_insight(variables, **changes)
        params = {"params": shut.params["insight"]}
        z_h, z_l = given(config)[0]
        same = Insight(config).apply(params, z_h, z_l, lambda z: z)
        np.testing.assert_array_equal(same, z_h)
        found = run_segment(config, shut, *given(config))
        jax.tree.map(lambda a, b: assert_close(a, b, "segment"), found, expected)
    opened, _ = run_segment(config, variables, *given(config))
    assert np.abs(opened.z_h - expected[0].z_h).max() > 1e-3


@pytest.mark.parametrize("config", [BOARD, TEXT])
def test_without_it_there_is_no_parameter_and_no_product_more(config):
    config = dataclasses.replace(config, h_cycles=3)  # of which two are a loop
    init = functools.partial(reasoner.init_variables, config)
    base = functools.partial(reasoner.init_variables, without(config))
    theirs, ours = (jax.eval_shape(f, jax.random.key(0)).params for f in (base, init))
    added = ours.pop("insight")
    assert jax.tree.structure(ours) == jax.tree.structure(theirs)
    size = sum(leaf.size for leaf in jax.tree.leaves(added))
    assert size == config.width**2 + 3 * config.width
    # One pooled token of a board, one for each token of a text; once in each H-cycle.
    tokens = 1 if config.visibility == "all" else config.seq_len
    more = cost.segment_flops(config) - cost.segment_flops(without(config))
    assert more == 3 * 2 * tokens * config.width**2


@pytest.mark.parametrize("config", [BOARD, TEXT])
def test_the_gradient_reaches_all_of_it(config):
    """Of the last update too, with a window of one; at the start, the matrix."""
    config = dataclasses.replace(config, gradient_window=1)
    latents, inputs, vectors, layout = given(config)

    @jax.jit
    @jax.grad
    def gradient(params, variables):
        own = variables._replace(params=params)
        after, _ = reasoner.run_segment(config, own, latents, inputs, vectors, layout)
        return jnp.sin(after.z_h).sum()

    variables = moved(config)
    found = gradient(variables.params, variables)["insight"]
    assert all(leaf.all() for leaf in jax.tree.leaves(found))
    zeros = jax.tree.map(jnp.zeros_like, variables.params["insight"])
    started = with_insight(variables, **zeros)
    found = gradient(started.params, started)["insight"]
    assert np.asarray(found["project"]["kernel"]).all()


def test_it_adds_what_its_formula_says():
    """Of two symbols, each by itself: exchanged, they come out exchanged."""
    config = small(
        feedback="insight", equivariant=True, vocab_size=4, seq_len=3, norm_eps=1e-6
    )
    z_h, z_l = np.random.default_rng(0).normal(size=(2, 5, 6, 16)).astype(np.float32)
    rng = np.random.default_rng(1)
    w = rng.normal(size=(16, 16)).astype(np.float32)
    a, b, c = rng.normal(size=(3, 16)).astype(np.float32)
    params = {"project": {"kernel": w}, "by_state": a, "by_insight": b, "bias": c}
    params = jax.tree.map(jnp.asarray, params)
    pool = sight.on_board(config).pool

    def ours(z_h, z_l):
        states = jnp.asarray(z_h), jnp.asarray(z_l)
        return np.asarray(Insight(config).apply({"params": params}, *states, pool))

    found = ours(z_h, z_l)
    for symbol in (slice(0, 3), slice(3, 6)):
        mean = z_l[:, symbol].mean(1, keepdims=True)
        i = mean / np.sqrt((mean**2).mean(-1, keepdims=True) + 1e-6) @ w
        gate = 1 / (1 + np.exp(-(a * z_h[:, symbol] + b * i + c)))
        assert_close(found[:, symbol], z_h[:, symbol] + gate * i, "segment")
    order = [3, 4, 5, 0, 1, 2]
    exchanged = ours(z_h[:, order], z_l[:, order])
    np.testing.assert_array_equal(exchanged, found[:, order])


@pytest.mark.parametrize("visibility", ["prefix", "causal"])
def test_the_mean_is_of_the_tokens_that_a_token_sees(visibility):
    """Values by a mask, token for token; all other derivatives are zero, exactly."""
    rng = np.random.default_rng(3)
    segments = np.array([[1, 1, 1, 1, 2, 2, 3, 3, 3, 0, 0], [1] * 9 + [2, 0]])
    prompt = np.zeros((2, 11), bool)
    prompt[0, [0, 1, 4, 5, 6]] = prompt[1, :3] = True
    own = segments[:, :, None] == segments[:, None]
    sees = own & np.tri(11, dtype=bool)
    if visibility == "prefix":
        sees = own & (np.tri(11, dtype=bool) | prompt[:, None])
    weights = sees / sees.sum(-1, keepdims=True)
    z = rng.normal(size=(2, 11, 4)).astype(np.float32)
    layout = LAYOUT._replace(segments=jnp.asarray(segments), prompt=jnp.asarray(prompt))
    config = dataclasses.replace(TEXT, visibility=visibility)
    pool = jax.jit(sight.in_text(config, layout).pool)
    assert_close(pool(jnp.asarray(z)), (weights @ z).astype(np.float32))
    _, pull_back = jax.vjp(pool, jnp.asarray(z))
    for token in range(11):
        (found,) = pull_back(jnp.zeros_like(z).at[:, token].set(1.0))
        assert_close(found[..., 0], weights[:, token].astype(np.float32))
        assert not np.asarray(found)[~sees[:, token]].any()


def test_devices_that_share_layers_agree():
    config = BOARD
    expected = run_segment(config, moved(config), *given(config))
    kinds = (jax.sharding.AxisType.Auto,) * 2
    mesh = jax.make_mesh((1, 2), ("fsdp", "tensor"), kinds, devices=jax.devices()[:2])
    spread_over = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("tensor"))
    variables = moved(config)
    kernel = jax.device_put(variables.params["insight"]["project"], spread_over)
    variables = with_insight(variables, project=kernel)
    with jax.set_mesh(mesh):
        found = jax.jit(reasoner.run_segment, static_argnums=0)(
            config, variables, *given(config)
        )
    jax.tree.map(lambda a, b: assert_close(a, b, "segment"), found, expected)


def test_what_cannot_have_it_is_named():
    with pytest.raises(UserError, match=r"model\.feedback .* none with .* 'looped'"):
        looped(feedback="insight")
    with pytest.raises(UserError, match=r"model\.feedback is 'much', .* none, insight"):
        small(feedback="much")
    with pytest.raises(UserError, match="no package has: train with"):
        manifest.of_text(TEXT, "tokenizer.json", 1, None, ["python"])
