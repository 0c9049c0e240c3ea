"""Properties of the optimisers; the golden tests hold their numbers."""

import functools
import re

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P

from data_pipeline.schema import UserError
from hrm_jax import optim, sharding
from hrm_jax.optim import OptimConfig


def optim_config(**changes) -> OptimConfig:
    fields = {
        **{"name": "adam_atan2", "muon_momentum": 0.95},
        **{"learning_rate": 0.5, "warmup_steps": 0, "decay_steps": 1, "accumulate": 1},
        **{"final_fraction": 1.0, "b1": 0.9, "b2": 0.95, "weight_decay": 0.25},
        **{"no_decay": (), "puzzle_learning_rate": 0.1, "puzzle_weight_decay": 0.1},
        "ema_decay": 0.0,
    }
    return OptimConfig(**(fields | changes))


PARAMS = {
    "token_embedding": {"embedding": jnp.ones((3, 2))},
    "l_module": {"block_0": {"mlp": {"down": {"kernel": jnp.ones((2, 2))}}}},
    "halt_head": {"kernel": jnp.ones((2, 2)), "bias": jnp.ones(2)},
}


@pytest.mark.parametrize(
    ("no_decay", "kept"),
    [
        ((), set()),
        (("bias$",), {"halt_head/bias"}),
        (("^token_", "/block_0/"), {"token_embedding", "l_module/block_0"}),
    ],
)
def test_only_what_no_decay_finds_is_spared(no_decay, kept):
    """Without a gradient the decay is all that moves a weight: 1 - 0.5 * 0.25."""
    optimizer = optim.network_optimizer(optim_config(no_decay=no_decay))
    zeros = jax.tree.map(jnp.zeros_like, PARAMS)
    updates, _ = jax.jit(optimizer.update)(zeros, optimizer.init(PARAMS), PARAMS)
    after = optax.apply_updates(PARAMS, updates)
    for path, leaf in jax.tree_util.tree_leaves_with_path(after):
        name = "/".join(part.key for part in path)
        spared = any(name.startswith(prefix) for prefix in kept)
        np.testing.assert_array_equal(leaf, 1.0 if spared else 0.875, name)


def muon_params() -> dict:
    """No square ones: these have singular values near 0."""
    rng = np.random.default_rng(0)

    def draw(*shape):
        return jnp.asarray(rng.standard_normal(shape), jnp.float32)

    mlp = {"gate_up": {"kernel": draw(32, 96)}, "conv": {"taps": draw(2, 48)}}
    attention = {"qkv": {"kernel": draw(32, 48)}, "output": {"kernel": draw(16, 32)}}
    return {
        "l_module": {"block_0": {"attention": attention, "mlp": mlp}},
        "answer_head": {"kernel": draw(32, 11)},
        "token_embedding": {"embedding": draw(11, 32)},
    }


def test_muon_turns_each_matrix_by_itself_and_leaves_the_rest_to_adam():
    params = muon_params()
    grads = jax.tree.map(lambda leaf: leaf**3, params)
    steps = {}
    for name in ("muon", "adam_atan2"):
        config = optim_config(name=name, learning_rate=1.0, weight_decay=0.0)
        optimizer = optim.network_optimizer(config)
        steps[name], _ = jax.jit(optimizer.update)(
            grads, optimizer.init(params), params
        )
    for name in ("answer_head", "token_embedding"):
        for kinds in zip(
            *(jax.tree.leaves(s[name]) for s in steps.values()), strict=True
        ):
            np.testing.assert_array_equal(*kinds)
    block = steps["muon"]["l_module"]["block_0"]
    taps = steps["adam_atan2"]["l_module"]["block_0"]["mlp"]["conv"]["taps"]
    np.testing.assert_array_equal(block["mlp"]["conv"]["taps"], taps)
    for kernel, count in (
        (block["attention"]["qkv"]["kernel"], 3),
        (block["attention"]["output"]["kernel"], 1),
        (block["mlp"]["gate_up"]["kernel"], 2),
    ):
        for matrix in np.split(np.asarray(kernel), count, axis=1):
            # The published coefficients bring singular values near 1, not to it.
            scale = 0.2 * max(matrix.shape) ** 0.5
            values = np.linalg.svd(matrix / scale, compute_uv=False)
            assert (values > 0.3).all() and (values < 1.3).all()
            assert 0.1 < np.sqrt(np.square(matrix).mean()) < 0.25


def test_muon_decays_as_the_other_does():
    """Without a gradient the decay is all that moves a weight."""
    params = muon_params()
    config = optim_config(name="muon", no_decay=("qkv",))
    optimizer = optim.network_optimizer(config)
    zeros = jax.tree.map(jnp.zeros_like, params)
    updates, _ = jax.jit(optimizer.update)(zeros, optimizer.init(params), params)
    for path, step in jax.tree_util.tree_leaves_with_path(updates):
        spared = any(part.key == "qkv" for part in path)
        leaf = functools.reduce(lambda tree, part: tree[part.key], path, params)
        np.testing.assert_array_equal(step, leaf * (0.0 if spared else -0.125))


def test_muon_descends():
    """Finds the nearest matrix to another, through a kernel that it takes."""
    target = jnp.asarray(np.random.default_rng(1).standard_normal((8, 8)), jnp.float32)
    params = {"l_module": {"output": {"kernel": jnp.zeros((8, 8))}}}
    config = optim_config(
        name="muon",
        learning_rate=0.1,
        weight_decay=0.0,
        decay_steps=200,
        final_fraction=0.0,
    )
    optimizer = optim.network_optimizer(config)

    def loss(params):
        return jnp.square(params["l_module"]["output"]["kernel"] - target).sum()

    @jax.jit
    def step(_, held):
        params, state = held
        updates, state = optimizer.update(jax.grad(loss)(params), state, params)
        return optax.apply_updates(params, updates), state

    first = loss(params)
    params, _ = jax.lax.fori_loop(0, 200, step, (params, optimizer.init(params)))
    assert loss(params) < 1e-3 * first


adam_atan2 = optim.scale_by_adam_atan2(0.9, 0.95)
# As one program: an operation by itself is a program as well, and takes as long.
update_adam = jax.jit(adam_atan2.update)


@settings(max_examples=30, deadline=None)
@given(st.integers(-20, 20), st.integers(0, 2**31))
def test_the_direction_knows_no_scale_and_a_bound(exponent, seed):
    """Gradients times 2^k give the same steps, none above pi / 2 over the bias."""
    rng = np.random.default_rng(seed)
    grads = [np.float32(rng.standard_normal(5)) for _ in range(3)]
    state = scaled_state = adam_atan2.init(jnp.asarray(grads[0]))
    for number, grad in enumerate(grads, 1):
        step, state = update_adam(grad, state)
        larger = grad * np.float32(2.0**exponent)
        scaled, scaled_state = update_adam(larger, scaled_state)
        np.testing.assert_allclose(scaled, step, rtol=1e-5)
        assert (np.abs(step) <= np.pi / 2 / (1 - 0.9**number)).all()


def test_the_first_update_takes_the_rate_of_step_1():
    schedule = optim.warmup_cosine(
        optim_config(warmup_steps=10, decay_steps=110, final_fraction=0.1), 2.0
    )
    rates = np.asarray(jax.jit(schedule)(jnp.arange(200)))
    np.testing.assert_allclose(rates[:10], 0.2 * np.arange(1, 11), rtol=1e-6)
    np.testing.assert_allclose(rates[59], 1.1, rtol=1e-6)  # half-way down
    np.testing.assert_allclose(rates[109:], 0.2, rtol=1e-6)
    assert (np.diff(rates[9:]) <= 0).all()


def test_who_accumulates_takes_the_rate_of_the_step_that_completes_the_move():
    fields = {"warmup_steps": 10, "decay_steps": 110, "final_fraction": 0.1}
    each = optim.warmup_cosine(optim_config(**fields), 2.0)
    fourth = optim.warmup_cosine(optim_config(**fields, accumulate=4), 2.0)
    count = jnp.arange(40)
    np.testing.assert_allclose(
        jax.jit(fourth)(count), jax.jit(each)(4 * count + 3), rtol=1e-6
    )


rows = optim.row_sign_sgd(0.5, 0.25)


@jax.jit
def sign_sgd(table, grads, ids):
    updates, _ = rows.update(grads, rows.init(None), table, row_ids=ids)
    return optim.apply_row_updates(table, updates)


ROWS = st.lists(st.integers(0, 15), min_size=8, max_size=8)


def by_hand(table, ids, grads, rate, decay):
    table = table.copy()
    for row in set(ids):
        total = sum(grads[i] for i in range(len(ids)) if ids[i] == row)
        table[row] -= np.float32(rate) * (
            np.sign(total) + np.float32(decay) * table[row]
        )
    return table


@settings(max_examples=50, deadline=None)
@given(ROWS, st.integers(0, 2**31))
def test_sign_sgd_is_a_loop_over_the_rows_touched(ids, seed):
    rng = np.random.default_rng(seed)
    table = rng.standard_normal((16, 3)).astype(np.float32)
    # Small whole numbers: sums are exact, and often zero.
    grads = rng.integers(-1, 2, (8, 3)).astype(np.float32)
    after = np.asarray(sign_sgd(table, grads, np.asarray(ids, np.int32)))
    expected = by_hand(table, ids, grads, 0.5, 0.25)
    np.testing.assert_allclose(after, expected, rtol=1e-6, atol=1e-7)
    others = np.setdiff1d(np.arange(16), ids)
    np.testing.assert_array_equal(after[others], table[others])  # to the last bit


@pytest.mark.parametrize("fsdp", [1, 2, 4, 8])
def test_a_sharded_table_learns_the_same(fsdp):
    """Rows over the devices of a mesh, and no device ever holds the whole table."""
    rows, width, batch = 4096, 8, 16
    rng = np.random.default_rng(0)
    table = jnp.asarray(rng.standard_normal((rows, width)), jnp.float32)
    ids = jnp.asarray(rng.integers(0, rows, batch), jnp.int32).at[3].set(7).at[9].set(7)
    grads = jnp.asarray(rng.standard_normal((batch, width)), jnp.float32)
    optimizer = optim.row_sign_sgd(0.5, 0.25)

    def step(table, grads, ids):
        state = optimizer.init(table)
        updates, _ = optimizer.update(grads, state, table, row_ids=ids)
        return optim.apply_row_updates(table, updates)

    mesh = sharding.make_mesh(fsdp, 1)
    by_row = NamedSharding(mesh, P("fsdp"))
    by_example = NamedSharding(mesh, P(("data", "fsdp")))
    compiled = (
        jax.jit(
            step,
            in_shardings=(by_row, by_example, by_example),
            out_shardings=by_row,
        )
        .lower(table, grads, ids)
        .compile()
    )
    after = compiled(
        jax.device_put(table, by_row), *jax.device_put((grads, ids), by_example)
    )
    assert after.sharding.is_equivalent_to(by_row, 2)
    expected = jax.jit(step)(table, grads, ids)
    np.testing.assert_allclose(after, expected, rtol=1e-6, atol=1e-7)
    untouched = np.setdiff1d(np.arange(rows), ids)
    np.testing.assert_array_equal(after[untouched], table[untouched])
    whole = re.search(rf"f32\[{rows},{width}\]", compiled.as_text())
    assert bool(whole) == (fsdp == 1)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"name": "adamw"}, r"optim\.name is 'adamw'"),
        ({"muon_momentum": 1.0}, r"optim\.muon_momentum"),
        ({"b1": 1.0}, r"optim\.b1 is 1\.0"),
        ({"b2": -0.1}, r"optim\.b2"),
        ({"ema_decay": 1.5}, r"optim\.ema_decay"),
        ({"no_decay": ("(",)}, r"optim\.no_decay holds '\('"),
    ],
)
def test_values_out_of_range_are_named(wrong, complaint):
    with pytest.raises(UserError, match=complaint):
        optim_config(**wrong)
