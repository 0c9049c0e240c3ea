"""When memory is short: recomputing, microbatches and accumulated gradients."""

import dataclasses
import functools
import operator
import re
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import default
from data_pipeline.schema import Batch, UserError
from hrm_jax import experiment, sharding, train_state, train_step
from hrm_jax.train_state import TrainConfig, TrainState
from tests.hrm_jax.test_train_step import PUZZLES, SEQ_LEN, halt_only, jitted, small
from tests.tolerances import assert_close

SLOTS = 64


def hrm(**changes) -> TrainConfig:
    """With Q-learning; one L update and the H update carry gradient."""
    return dataclasses.replace(small(), **{"slots": SLOTS} | changes)


def trm(**changes) -> TrainConfig:
    """The gradient goes through a cycle whose two L updates are a loop."""
    config = halt_only(small())
    sizes = {"h_layers": 0, "l_layers": 1, "h_cycles": 2, "l_cycles": 2}
    model = dataclasses.replace(config.model, **sizes, gradient_window=3)
    return dataclasses.replace(config, model=model, **{"slots": SLOTS} | changes)


def examples(seed: int, slots: int = SLOTS) -> Batch:
    rng = np.random.default_rng(seed)
    tokens = jnp.asarray(rng.integers(1, 7, (2, slots, SEQ_LEN)), jnp.int32)
    return Batch(*tokens, jnp.asarray(rng.integers(0, PUZZLES, slots), jnp.int32))


def beginning(config: TrainConfig) -> TrainState:
    """With a halting head that decides, a table that is not empty, and busy slots."""
    return _beginning(dataclasses.replace(config, remat="none", microbatches=1))


@functools.cache
def _beginning(config: TrainConfig) -> TrainState:
    state = jitted(partial(train_state.init_state, config))(jax.random.key(0))
    rng = np.random.default_rng(0)
    head = jnp.asarray(rng.standard_normal((config.model.width + 1, 2)), jnp.float32)
    state.variables.params["halt_head"] = {"kernel": head[1:], "bias": head[0]}
    ema_params = jax.tree.map(jnp.copy, state.variables.params)
    table = jnp.asarray(rng.standard_normal(state.puzzle_table.shape), jnp.float32)
    busy = state.carry._replace(
        halted=jnp.arange(config.slots) % 3 > 0,
        example=examples(1, config.slots),
        segments=jnp.full(config.slots, 14),
    )
    return state._replace(ema_params=ema_params, puzzle_table=table, carry=busy)


@functools.cache
def compiled(config: TrainConfig):
    """`segment_step` on `beginning(config)` and the first examples."""
    step = jitted(partial(train_step.segment_step, config))
    minimum = jnp.zeros(config.slots, jnp.int32)
    arguments = beginning(config), examples(0, config.slots), minimum
    return step.lower(*arguments).compile(), arguments


@functools.cache
def one_step(config: TrainConfig):
    step, arguments = compiled(config)
    return step(*arguments)


def same_numbers(actual, expected) -> None:
    """Of two results of `segment_step`, or of their first parts."""
    state, wanted = actual[0], expected[0]
    assert 0 < int(actual[1].finished) < SLOTS
    np.testing.assert_array_equal(state.carry.halted, wanted.carry.halted)
    np.testing.assert_array_equal(state.carry.segments, wanted.carry.segments)
    close = partial(assert_close, kind="segment")
    for name in ("carry", "opt_state", "puzzle_table"):
        jax.tree.map(close, getattr(state, name), getattr(wanted, name))
    jax.tree.map(close, actual[1:], expected[1:])


def planned(config: TrainConfig) -> int:
    """Bytes that the compiler plans for beside the state."""
    return compiled(config)[0].memory_analysis().temp_size_in_bytes


@pytest.mark.slow
def test_both_together_compute_the_same_in_a_fraction_of_the_memory():
    """Gradients of the network and of the table, outputs, metrics, the next state."""
    same_numbers(one_step(trm(remat="block", microbatches=4)), one_step(trm()))
    assert planned(trm(remat="block", microbatches=4)) < 0.4 * planned(trm())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "way"),
    [(trm, {"remat": "block"}), (trm, {"microbatches": 4}), (hrm, {"microbatches": 4})],
)
def test_each_by_itself_computes_the_same_in_less_memory(model, way):
    """Not HRM's blocks, of which XLA on a CPU computes what it likes, when it likes."""
    same_numbers(one_step(model(**way)), one_step(model()))
    assert planned(model(**way)) < 0.6 * planned(model())


def test_only_who_asks_for_it_computes_anything_again():
    def recomputed(**changes):
        config = trm(**changes)
        init = partial(train_state.init_state, config)
        state = jax.eval_shape(init, jax.random.key(0))
        step = partial(train_step.segment_step, config)
        minimum = jnp.zeros(SLOTS, jnp.int32)
        program = jax.make_jaxpr(step)(state, examples(0), minimum)
        return len(re.findall("remat|checkpoint", str(program)))

    assert recomputed() == 0 < recomputed(remat="block")


@pytest.mark.slow
def test_a_part_has_slots_of_every_device():
    """On a mesh no slot travels: no device is told anything of another's tokens."""
    config = hrm(remat="block", microbatches=4)
    mesh = sharding.make_mesh(4, 1)
    sharding.require_fit(config, mesh)
    shardings = sharding.state_shardings(beginning(config), mesh)
    step = partial(train_step.segment_step, config)
    step = jitted(step, out_shardings=(shardings, None, None))
    with jax.set_mesh(mesh):
        state = jax.device_put(beginning(config), shardings)
        batch = jax.tree.map(np.asarray, examples(0))
        batch = sharding.shard_batch(batch, mesh, SLOTS)
        step = step.lower(state, batch, jnp.zeros(SLOTS, jnp.int32)).compile()
        state, metrics, _ = step(state, batch, jnp.zeros(SLOTS, jnp.int32))
    expected = one_step(hrm())
    same_numbers((state, metrics), expected[:2])

    told = re.findall(r"= (.*) (?:all-|collective|reduce-scatter)", step.as_text())
    shapes = re.findall(r"\[([\d,]*)\]", " ".join(told))
    sizes = {int(size) for shape in shapes for size in shape.split(",") if size}
    assert {config.model.width, PUZZLES} <= sizes  # of the parameters and the table
    assert sizes.isdisjoint({SEQ_LEN, config.model.tokens}), told


def single_segments(**changes) -> TrainConfig:
    """Slots take a new example at every step, so that steps can be told apart."""
    config = halt_only(small())
    halting = dataclasses.replace(config.halting, max_segments=1)
    optim = dataclasses.replace(config.optim, **changes)
    return dataclasses.replace(config, halting=halting, optim=optim)


def waiting(config: TrainConfig) -> TrainState:
    """`beginning`, with slots that wait for an example."""
    state = beginning(config)
    halted = jnp.ones(config.slots, bool)
    return state._replace(carry=state.carry._replace(halted=halted))


def learned(state: TrainState) -> dict:
    names = ("variables", "ema_params", "puzzle_table", "opt_state", "puzzle_opt_state")
    return {name: getattr(state, name) for name in names}


@pytest.mark.slow
def test_accumulated_gradients_move_as_one_step_with_so_many_slots_would():
    """Three moves of the network, its moments, its average and the table."""
    many = dataclasses.replace(single_segments(), slots=16)
    few = dataclasses.replace(single_segments(accumulate=2), slots=8)
    big = jitted(partial(train_step.train_step, many))
    little = jitted(partial(train_step.train_step, few))
    ours, theirs = waiting(few), waiting(many)
    for number in range(3):
        batch = examples(number, 16)
        theirs, _ = big(train_step.push(theirs, batch))
        before = learned(ours)
        for half in (slice(0, 8), slice(8, 16)):
            jax.tree.map(np.testing.assert_array_equal, learned(ours), before)
            part = jax.tree.map(operator.itemgetter(half), batch)
            ours, _ = little(train_step.push(ours, part))
        # Three moves, each from where the last one led.
        close = partial(assert_close, kind="segment")
        jax.tree.map(close, learned(ours), learned(theirs))
    assert (int(ours.step), int(ours.opt_state[0].count)) == (6, 3)


def test_who_does_not_accumulate_carries_nothing_for_it():
    init = partial(train_state.init_state, hrm())
    assert jax.eval_shape(init, jax.random.key(0)).accumulator is None


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("remat", "all", "remat is 'all', but it must be one of none, block."),
        (
            "microbatches",
            3,
            "microbatches is 3, but it must be a divisor of slots = 64.",
        ),
        (
            "microbatches",
            0,
            "microbatches is 0, but it must be a divisor of slots = 64.",
        ),
    ],
)
def test_what_cannot_be_is_refused(field, value, complaint):
    with pytest.raises(UserError) as error:
        hrm(**{field: value})
    assert str(error.value) == complaint


def test_parts_that_leave_devices_idle_are_refused():
    mesh = sharding.make_mesh(1, 1)
    sharding.require_fit(hrm(microbatches=8), mesh)
    with pytest.raises(UserError, match="microbatches is 16, but each of so many part"):
        sharding.require_fit(hrm(microbatches=16), mesh)


def test_steps_that_would_teach_nothing_are_refused():
    config = default.get_config()
    config.optim.accumulate, config.train.steps = 4, 10
    with pytest.raises(
        UserError, match="train.steps is 10, but .* optim.accumulate = 4"
    ):
        experiment.loop_config(config)
    config.train.steps = 12
    assert experiment.loop_config(config).steps == 12
