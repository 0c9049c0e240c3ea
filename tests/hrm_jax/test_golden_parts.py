"""Optimisers, schedules and small functions against PyTorch's, each alone."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from hrm_jax import losses, optim
from hrm_jax.models import layers, sight
from tests.hrm_jax.golden import covers, train_config


def recorded_optimizer(golden, **changes) -> optim.OptimConfig:
    sizes, hyper = golden.json("meta/config"), golden.json("meta/train_hyper")
    return dataclasses.replace(train_config(sizes, hyper).optim, **changes)


@covers("opt/adam_")
def test_adam_atan2(golden):
    """Four updates, among them gradients of zero; with hyperparameters of their own."""
    for name in ("a", "b", "c"):
        recorded = golden.below(f"opt/adam_{name}/")
        rate, decay, b1, b2 = map(float, recorded["hyper"])
        changes = {"learning_rate": rate, "weight_decay": decay, "b1": b1, "b2": b2}
        optimizer = optim.network_optimizer(recorded_optimizer(golden, **changes))
        params = {"p": jnp.asarray(recorded["p0"])}
        state = optimizer.init(params)
        update = jax.jit(optimizer.update)
        for number in range(1, 5):
            grads = {"p": jnp.asarray(recorded[f"g{number}"])}
            updates, state = update(grads, state, params)
            params = optax.apply_updates(params, updates)
            recorded.check(f"p{number}", params["p"])
        recorded.check("exp_avg4", state[0].mu["p"])
        recorded.check("exp_avg_sq4", state[0].nu["p"])


@covers("opt/sign_")
def test_sign_sgd(golden):
    """Repeated rows, some of which cancel to a gradient of zero; rows not touched."""
    for name in ("a", "b"):
        recorded = golden.below(f"opt/sign_{name}/")
        optimizer = optim.row_sign_sgd(*map(float, recorded["hyper"]))
        table = jnp.asarray(recorded["w0"])
        state = optimizer.init(table)
        update = jax.jit(optimizer.update)
        apply = jax.jit(optim.apply_row_updates)
        for number in range(1, 4):
            ids, grads = recorded[f"ids{number}"], recorded[f"g{number}"]
            updates, state = update(
                jnp.asarray(grads), state, table, row_ids=jnp.asarray(ids)
            )
            before, table = table, apply(table, updates)
            recorded.check(f"w{number}", table)
            others = np.setdiff1d(np.arange(len(table)), ids)
            kept = (np.asarray(array)[others] for array in (table, before))
            np.testing.assert_array_equal(*kept)


@covers("sched/")
def test_schedule(golden):
    schedule = partial(recorded_optimizer, golden, warmup_steps=100, decay_steps=1000)
    steps = jnp.asarray(golden["sched/steps"].astype(np.int32))
    # Our count is of the updates done, theirs of the one under way.
    constant = optim.warmup_cosine(schedule(final_fraction=1.0), 1e-4)
    golden.check("sched/lr_minratio1", jax.jit(constant)(steps - 1))
    falling = optim.warmup_cosine(schedule(final_fraction=0.1), 3e-4)
    golden.check("sched/lr_minratio0.1", jax.jit(falling)(steps - 1))


@covers("fn/rms")
def test_rms_norm(golden):
    golden.check("fn/rms_out", layers.rms_norm(jnp.asarray(golden["fn/rms_in"]), 1e-5))
    half = jnp.asarray(golden["fn/rms_bf16_in"]).astype(jnp.bfloat16)
    golden.check("fn/rms_bf16_out", layers.rms_norm(half, 1e-5), "bfloat16")


@covers("fn/rope")
def test_rotary_positions(golden):
    tables = sight.rotary_tables(*golden["fn/rope_cos"].shape, theta=10000.0)
    golden.check("fn/rope_cos", tables[0])
    golden.check("fn/rope_sin", tables[1])
    for name in ("q", "k"):
        given = jnp.asarray(golden[f"fn/rope_{name}_in"])
        turned = sight.rotate(given, *(table[None] for table in tables))
        golden.check(f"fn/rope_{name}_out", turned)


@covers("fn/(ce|log)_")
def test_losses(golden):
    logits = jnp.asarray(golden["fn/ce_logits"])
    labels = jnp.asarray(golden["fn/ce_labels"])
    golden.check("fn/log_stablemax", jax.jit(losses.log_stablemax)(logits))

    def total(logits):
        per_token = losses.cross_entropy(logits, labels, "stablemax")
        return per_token.sum(), per_token

    grads, per_token = jax.jit(jax.grad(total, has_aux=True))(logits)
    golden.check("fn/ce_stablemax", per_token)
    golden.check("fn/ce_stablemax_grad", grads)
    if "fn/ce_softmax" in golden:
        cross_entropy = jax.jit(losses.cross_entropy, static_argnums=2)
        softmax = cross_entropy(logits, labels, "softmax")
        golden.check("fn/ce_softmax", softmax)


@covers("fn/swiglu")
def test_swiglu(golden):
    gate_up, down = golden["fn/swiglu_gate_up"], golden["fn/swiglu_down"]
    kernels = {"gate_up": {"kernel": gate_up.T}, "down": {"kernel": down.T}}
    x = jnp.asarray(golden["fn/swiglu_x"])
    params = jax.tree.map(jnp.asarray, {"params": kernels})
    apply = jax.jit(layers.SwiGLU(down.shape[1]).apply)
    golden.check("fn/swiglu_y", apply(params, x))


@covers("fn/inter")
def test_inner_widths(golden):
    config = train_config(golden.json("meta/config"), golden.json("meta/train_hyper"))
    widths = [config.model.inner_width(int(n)) for n in golden["fn/inter_hidden"]]
    golden.check("fn/inter_size", np.array(widths))


@covers("fn/trunc")
def test_truncated_normal(golden):
    """Mean, standard deviation, least and largest of 2^18 draws each."""
    draw = jax.jit(layers.truncated_normal(0.25), static_argnums=(1, 2))
    draws = np.asarray(draw(jax.random.key(0), (2**18,), jnp.float32))
    mean, std, least, largest = map(float, golden["fn/trunc_normal_stats"])
    # Four standard errors of the difference between two such samples.
    error = 4 * 0.25 * (2 / draws.size) ** 0.5
    assert draws.mean() == pytest.approx(mean, abs=error)
    assert draws.std() == pytest.approx(std, abs=error)
    # Where the normal is cut, samples this large come within 1e-4 of the edge.
    assert draws.min() == pytest.approx(least, abs=1e-4)
    assert draws.max() == pytest.approx(largest, abs=1e-4)
