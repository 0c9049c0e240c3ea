"""Properties of the core: what carries gradient, what sees what, what it weighs."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import sudoku_extreme
from data_pipeline.schema import UserError
from data_pipeline.task import Dimensions
from hrm_jax import experiment
from hrm_jax.models import reasoner, sight
from hrm_jax.models.block import Block
from hrm_jax.types import Latents
from tests.hrm_jax.models.small import (
    cut_where,
    draw,
    init_variables,
    looped,
    run_segment,
    small,
)
from tests.tolerances import assert_close

SUDOKU = Dimensions(11, 81, 1, 3, 3)


@pytest.mark.parametrize(
    ("preset", "parameters"),
    [
        # HRM: the count that the authors' own code prints.
        ("hrm", 27_275_266),
        ("trm_attention", 6_828_034),
        ("trm_mlp", 5_028_866),
        ("best", 3_548_162),
    ],
)
def test_published_parameter_counts(preset, parameters):
    config = experiment.train_config(sudoku_extreme.get_config(preset), SUDOKU).model
    variables = jax.eval_shape(
        lambda key: reasoner.init_variables(config, key), jax.random.key(0)
    )
    leaves = jax.tree.leaves(variables.params)
    assert sum(leaf.size for leaf in leaves) == parameters
    assert all(leaf.dtype == jnp.float32 for leaf in leaves)


@functools.cache
def written_out(h_layers):
    """A model, what it is given, and its module calls one by one: value, gradients."""
    config = small(h_layers=h_layers)
    variables = init_variables(config, jax.random.key(1))
    latents, inputs, rows = draw(config)
    attend = sight.on_board(config).attend

    def by_hand(params, window):
        module = reasoner.Reasoner(config).bind(
            {**variables._asdict(), "params": params}
        )
        x = module.embed(inputs, rows)
        z_h, z_l = latents
        calls = ["l", "l", "h"] * config.h_cycles
        for number, call in enumerate(calls):
            z_h, z_l = cut_where(number == len(calls) - window, (z_h, z_l))
            if call == "l":
                z_l = module.l_module(z_l + (z_h + x), attend)
            else:
                h_module = module.h_module if h_layers else module.l_module
                z_h = h_module(z_h + z_l, attend)
        return z_h.sum() + jnp.sin(z_l).sum()

    return variables, (latents, inputs, rows), jax.jit(jax.value_and_grad(by_hand))


@pytest.mark.parametrize(
    ("h_layers", "window"), [*((1, n) for n in range(1, 7)), (0, 1), (0, 3), (0, 6)]
)
def test_gradient_window_is_an_unrolled_loop_with_a_cut(h_layers, window):
    """Against module calls written out one by one, for every window.

    Of one module for both: the least, one between and the whole, since only the module
    that is called differs.
    """
    config = small(h_layers=h_layers, gradient_window=window)
    variables, given, by_hand = written_out(h_layers)

    def ours(params):
        after, _ = run_segment(config, variables._replace(params=params), *given)
        return after.z_h.sum() + jnp.sin(after.z_l).sum()

    value, grads = by_hand(variables.params, window)
    our_value, our_grads = jax.jit(jax.value_and_grad(ours))(variables.params)
    assert_close(our_value, value)
    jax.tree.map(lambda a, b: assert_close(a, b, "segment"), our_grads, grads)


@functools.cache
def loop_written_out():
    """The same of a looped model: value, its last state and gradients."""
    config = looped()
    variables = init_variables(config, jax.random.key(1))
    latents, inputs, rows = draw(config)
    attend = sight.on_board(config).attend

    def by_hand(params, window):
        module = reasoner.Reasoner(config).bind(
            {**variables._asdict(), "params": params}
        )
        x = module.embed(inputs, rows)
        z = latents.z_h
        for number in range(config.l_cycles):
            z = cut_where(number == config.l_cycles - window, z)
            z = module.l_module(z + x, attend)
        return jnp.sin(z).sum(), z

    run = jax.jit(jax.value_and_grad(by_hand, has_aux=True))
    return variables, (latents, inputs, rows), run


@pytest.mark.parametrize("window", [1, 2, 3])
def test_looped_is_one_module_on_one_latent(window):
    """z_h <- L(z_h + x), again and again, with a cut; z_l has no part in it."""
    config = looped(gradient_window=window)
    variables, given, by_hand = loop_written_out()

    def ours(params):
        after, _ = run_segment(config, variables._replace(params=params), *given)
        return jnp.sin(after.z_h).sum(), after

    (value, z), grads = by_hand(variables.params, window)
    run = jax.jit(jax.value_and_grad(ours, has_aux=True))
    (our_value, after), our_grads = run(variables.params)
    assert_close(our_value, value)
    assert_close(after.z_h, z, "segment")
    np.testing.assert_array_equal(after.z_l, given[0].z_l)
    jax.tree.map(lambda a, b: assert_close(a, b, "segment"), our_grads, grads)


def test_looped_weighs_what_the_hierarchy_of_one_module_weighs():
    """Equal parameters: the same tree, so that only the recurrence differs."""

    def shapes(config):
        init = functools.partial(reasoner.init_variables, config)
        return jax.eval_shape(init, jax.random.key(0))

    assert shapes(looped()) == shapes(small(h_layers=0))


def test_one_step_gradient_ignores_how_the_state_came_about():
    """Window 2 (HRM): no gradient reaches the latents that a segment starts from."""
    config = small(h_layers=1, gradient_window=2)
    variables = init_variables(config, jax.random.key(1))
    latents, inputs, rows = draw(config)

    def loss(latents):
        after, output = run_segment(config, variables, latents, inputs, rows)
        return after.z_h.sum() + output.logits.sum()

    for leaf in jax.tree.leaves(jax.jit(jax.grad(loss))(latents)):
        assert not leaf.any()


def test_rows_of_a_batch_do_not_see_each_other():
    config = small(puzzle_width=8, prefix_len=1)
    variables = init_variables(config, jax.random.key(1))
    latents, inputs, rows = draw(config, batch=3)
    order = jnp.asarray([2, 0, 1])

    _, output = run_segment(config, variables, latents, inputs, rows)
    permuted = Latents(latents.z_h[order], latents.z_l[order])
    _, other = run_segment(config, variables, permuted, inputs[order], rows[order])
    assert_close(other.logits, output.logits[order])


def test_scopes_confine_what_a_cell_sees():
    """One block with row attention only: a cell feels its row and nothing else."""
    config = small(
        num_heads=2,
        attention_scopes=("row",),
        h_cycles=1,
        l_cycles=1,
        gradient_window=2,
        positions="none",
    )
    block, attend = Block(config), sight.on_board(config).attend
    x = jax.random.normal(jax.random.key(0), (1, config.length, config.width))
    params = jax.jit(block.init, static_argnums=2)(jax.random.key(1), x, attend)
    seventh = jax.jit(jax.grad(lambda x: block.apply(params, x, attend)[0, 7].sum()))
    touched = seventh(x)[0]
    size = config.box_rows * config.box_cols
    rows = np.arange(config.length) // size
    felt = np.abs(np.asarray(touched)).sum(-1) > 0
    np.testing.assert_array_equal(felt, rows == 7 // size)


def test_initial_states_are_constants_with_unit_spread():
    config = small(width=512, num_heads=8)
    variables = init_variables(config, jax.random.key(0))
    assert set(variables.constants) == {"z_h_init", "z_l_init"}
    for state in variables.constants.values():
        assert abs(float(state.std()) - 1) < 0.1  # of 512 draws
        assert float(jnp.abs(state).max()) < 2.28  # two sigma, std corrected
    kernel = variables.params["l_module"]["block_0"]["mlp"]["gate_up"]["kernel"]
    assert abs(float(kernel.std()) * 512**0.5 - 1) < 0.01
    embedding = variables.params["token_embedding"]["embedding"]
    assert abs(float(embedding.std()) * 512**0.5 - 1) < 0.1


def test_bfloat16_computes_in_bfloat16_and_keeps_float32_parameters():
    config = small(dtype="bfloat16")
    variables = init_variables(config, jax.random.key(0))
    latents = reasoner.initial_latents(config, variables, 2)
    _, inputs, rows = draw(config)
    latents, output = run_segment(config, variables, latents, inputs, rows)
    assert latents.z_h.dtype == output.logits.dtype == jnp.bfloat16
    assert output.q_halt_logit.dtype == jnp.float32


@pytest.mark.parametrize(
    "wrong",
    [
        {"mixer": "mlpp"},
        {"positions": "rotatory"},
        {"num_heads": 5},
        {"positions": "rotary", "num_heads": 16},
        {"mixer": "mlp", "attention_scopes": ("row",)},
        {"seq_len": 80, "attention_scopes": ("row",)},
        {"mixer": "mlp", "positions": "rotary"},
        {"gradient_window": 7},
        {"gradient_window": 0},
        {"puzzle_width": 40, "prefix_len": 2},
        {"dtype": "float16"},
        {"l_cycles": 0},
        {"recurrence": "flat"},
        {"recurrence": "looped", "h_layers": 1},
        {"h_layers": 0, "recurrence": "looped", "h_cycles": 2},
        {"recurrence": "looped", "h_cycles": 1, "l_cycles": 3, "gradient_window": 4},
    ],
)
def test_impossible_choices_are_named(wrong):
    with pytest.raises(UserError, match="model." + list(wrong)[-1]):
        small(**wrong)


def test_only_rotary_positions_need_channels_in_pairs():
    config = small(positions="learned", num_heads=16)
    variables = init_variables(config, jax.random.key(0))
    _, output = run_segment(config, variables, *draw(config))
    assert jnp.isfinite(output.logits).all()


def test_scopes_are_checked():
    for wrong, complaint in [(("rows",), "rows"), (("row", "box", "all"), "num_heads")]:
        config = small(attention_scopes=wrong)
        with pytest.raises(UserError, match=complaint):
            reasoner.init_variables(config, jax.random.key(0))
