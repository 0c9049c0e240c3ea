"""Answers at a fixed number of segments, and for as long as each example needs."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import Batch
from hrm_jax import halting, inference
from hrm_jax.losses import LOG_PROBABILITIES
from hrm_jax.models import reasoner, states
from tests.hrm_jax.golden import Golden, train_config
from tests.tolerances import assert_close

EXAMPLES, SLOTS = 11, 3


@pytest.fixture(scope="module")
def model():
    """The recorded HRM, less sure of itself: it halts after one to four segments."""
    golden = Golden("hrm_tiny")
    config = train_config(golden.json("meta/config"), golden.json("meta/train_hyper"))
    state = golden.state(config)
    head = state.variables.params["halt_head"]
    head["bias"] = head["bias"] - jnp.asarray([0.5, 0.0])
    return config, state.variables, state.puzzle_table


@pytest.fixture(scope="module")
def batch(model) -> Batch:
    sizes = model[0].model
    rng = np.random.default_rng(2)
    inputs = rng.integers(0, sizes.vocab_size, (EXAMPLES, sizes.seq_len))
    ids = rng.integers(0, sizes.num_puzzles, EXAMPLES)
    inputs, ids = jnp.asarray(inputs, jnp.int32), jnp.asarray(ids, jnp.int32)
    return Batch(inputs, inputs, ids)


@pytest.fixture(scope="module")
def outputs(model, batch):
    """What each segment says, from a loop in Python."""
    config, variables, table = model
    run = jax.jit(partial(reasoner.run_segment, config.model))
    rows = reasoner.puzzle_vectors(table, batch.puzzle_ids)
    latents = reasoner.initial_latents(config.model, variables, EXAMPLES)
    said = []
    for _ in range(config.halting.max_segments):
        latents, output = run(variables, latents, batch.inputs, rows)
        said.append(output)
    return said


@pytest.mark.parametrize("segments", [1, 3])
def test_a_fixed_number_of_segments_is_a_loop(model, batch, outputs, segments):
    config, variables, table = model
    found = jax.jit(inference.answer, static_argnums=(0, 4))(
        config.model, variables, table, batch, segments
    )
    expected = outputs[segments - 1]
    np.testing.assert_array_equal(found.tokens, expected.logits.argmax(-1))
    np.testing.assert_array_equal(found.segments, segments)
    assert_close(found.halt_probability, jax.nn.sigmoid(expected.q_halt_logit))


def test_thoughts_are_what_each_segment_says(model, batch, outputs):
    config, variables, table = model
    loss = config.loss.token_loss
    think = jax.jit(inference.think, static_argnums=(0, 1, 5))
    found = think(config.model, loss, variables, table, batch, len(outputs))
    for number, output in enumerate(outputs):
        answers = jax.tree.map(lambda leaf, n=number: leaf[n], found.answers)
        np.testing.assert_array_equal(answers.tokens, output.logits.argmax(-1))
        np.testing.assert_array_equal(answers.segments, number + 1)
        assert_close(answers.halt_probability, jax.nn.sigmoid(output.q_halt_logit))
        sure = jnp.exp(LOG_PROBABILITIES[loss](output.logits)).max(-1)
        assert_close(found.token_probability[number], sure)


def needed(config, outputs) -> np.ndarray:
    """Segments until each example halts, by the loop in Python; all lengths occur."""
    wishes = np.stack([halting.wants_to_halt(said, config.halting) for said in outputs])
    wishes[-1] = True
    segments = wishes.argmax(0) + 1
    assert set(segments) == {1, 2, 3, 4}
    return segments


def until_halted(model, batch, slots):
    config, variables, table = model
    run = partial(inference.answer_until_halted, config.model, config.halting)
    return jax.jit(run, static_argnums=3)(variables, table, batch, slots)


@pytest.mark.parametrize("slots", [1, SLOTS, EXAMPLES + 2])
def test_each_example_is_answered_as_if_alone(model, batch, outputs, slots):
    """In fewer rows than examples, or more; in the order in which they came."""
    found = until_halted(model, batch, slots)
    segments = needed(model[0], outputs)
    np.testing.assert_array_equal(found.segments, segments)
    for example, last in enumerate(segments - 1):
        said = outputs[last]
        tokens = said.logits[example].argmax(-1)
        np.testing.assert_array_equal(found.tokens[example], tokens)
        sure = jax.nn.sigmoid(said.q_halt_logit[example])
        assert_close(found.halt_probability[example], sure)


def test_halting_early_saves_the_work(model, batch, outputs, monkeypatch):
    """Only those segments run that rows need which never idle while examples wait."""
    runs = []
    run_segment = reasoner.run_segment

    def counted(*args):
        jax.debug.callback(lambda: runs.append(1))
        return run_segment(*args)

    monkeypatch.setattr(reasoner, "run_segment", counted)
    jax.block_until_ready(until_halted(model, batch, SLOTS))
    jax.effects_barrier()

    free = [0] * SLOTS  # when each row is done, if the next example takes the first one
    for segments in needed(model[0], outputs):
        free[free.index(min(free))] += int(segments)
    assert len(runs) == max(free)
    batches = -(-EXAMPLES // SLOTS)
    assert len(runs) < batches * model[0].halting.max_segments


def test_without_a_puzzle_table(batch):
    golden = Golden("hrm_tiny", "var_learned/")
    hyper = Golden("hrm_tiny").json("meta/train_hyper")
    config = train_config(golden.json("config"), hyper)
    state = golden.state(config)
    assert state.puzzle_table is None
    few = Batch(*(rows[:4] for rows in golden.batch()[:3]))
    found = until_halted((config, state.variables, None), few, 2)
    assert found.tokens.shape == few.inputs.shape
    assert ((found.segments >= 1) & (found.segments <= 4)).all()


@pytest.fixture(scope="module")
def drawn_outputs(model, batch):
    """As `outputs`, of the same model from random states; and each segment's change."""
    config, variables, table = model
    sizes = dataclasses.replace(config.model, initial_states="random")
    run = jax.jit(partial(reasoner.run_segment, sizes))
    rows = reasoner.puzzle_vectors(table, batch.puzzle_ids)
    keys = states.example_keys(sizes, jax.random.key(3), batch)
    latents = states.initial_latents(sizes, variables, EXAMPLES, keys)
    said, changes = [], []
    for _ in range(config.halting.max_segments):
        before = latents
        latents, output = run(variables, latents, batch.inputs, rows)
        said.append(output)
        changes.append(np.asarray(halting.residual(before, latents)))
    return dataclasses.replace(config, model=sizes), said, np.stack(changes)


def test_every_way_of_answering_starts_from_the_examples_own_state(
    model, batch, drawn_outputs
):
    config, said, changes = drawn_outputs
    _, variables, table = model
    key = jax.random.key(3)
    answer = jax.jit(inference.answer, static_argnums=(0, 4))
    found = answer(config.model, variables, table, batch, 3, key)
    np.testing.assert_array_equal(found.tokens, said[2].logits.argmax(-1))
    assert_close(found.residual, changes[2])
    think = jax.jit(inference.think, static_argnums=(0, 1, 5))
    loss = config.loss.token_loss
    thought = think(config.model, loss, variables, table, batch, len(said), key)
    for number, output in enumerate(said):
        np.testing.assert_array_equal(
            thought.answers.tokens[number], output.logits.argmax(-1)
        )
    assert_close(thought.answers.residual, changes)
    other = answer(config.model, variables, table, batch, 3, jax.random.key(4))
    assert not np.array_equal(other.halt_probability, found.halt_probability)


@pytest.mark.parametrize("slots", [SLOTS, EXAMPLES])
def test_a_settled_example_halts_in_whatever_row_it_stands(
    model, batch, drawn_outputs, slots
):
    """By the change of its state alone, from a random state that is its own."""
    config, said, changes = drawn_outputs
    _, variables, table = model
    # Between two of the changes, none of which rounding may move across it.
    threshold = float(np.sort(changes[1])[EXAMPLES // 2 :][:2].mean())
    rule = dataclasses.replace(config.halting, residual=threshold)
    run = partial(inference.answer_until_halted, config.model, rule)
    found = jax.jit(run, static_argnums=3)(
        variables, table, batch, slots, jax.random.key(3)
    )
    settled = changes < threshold
    settled[-1] = True
    segments = settled.argmax(0) + 1
    assert len(set(segments)) > 1
    np.testing.assert_array_equal(found.segments, segments)
    for example, last in enumerate(segments - 1):
        tokens = said[last].logits[example].argmax(-1)
        np.testing.assert_array_equal(found.tokens[example], tokens)
        assert_close(found.residual[example], changes[last, example])
