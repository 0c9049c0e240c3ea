"""What training on rows of text learns, and what it must leave alone."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import default
from configs import text as text_preset
from data_pipeline import datasets
from data_pipeline.schema import IGNORE_LABEL, UserError
from data_pipeline.task import Dimensions
from hrm_jax import experiment, train_step
from hrm_jax.losses import cross_entropy
from hrm_jax.models import reasoner
from hrm_jax.train_state import TrainConfig, init_state
from tests.hrm_jax.models.text import VOCABULARY, rows, stacked, text

SLOTS = 8
HALTS = {"halting.max_segments": 4, "loss.halt_weight": 0.5, "data.pack": False}

# Of equal configs one program, whatever test asks for it.
init = jax.jit(init_state, static_argnums=0)
take_step = jax.jit(train_step.train_step, static_argnums=0)
push = jax.jit(train_step.push)
initial_latents = jax.jit(reasoner.initial_latents, static_argnums=(0, 2))
run_segment = jax.jit(reasoner.run_segment, static_argnums=0)


def training(**model) -> TrainConfig:
    config = default.get_config().copy_and_resolve_references()
    config.slots = SLOTS
    config.halting.max_segments = 1
    config.loss.average = "token"
    config.loss.halt_weight = 0.0
    config.optim.learning_rate = 3e-3
    config.optim.warmup_steps = 1
    config.optim.final_fraction = 1.0
    dimensions = datasets.task(config.data).dimensions
    made = experiment.train_config(config, dimensions)
    return dataclasses.replace(made, model=text(**model))


def learn(config: TrainConfig, draw, steps: int):
    """Trains on a new batch each step; gives the state and the loss of each step."""
    # The parts of a step do not change how a run begins.
    state = init(dataclasses.replace(config, microbatches=1), jax.random.key(0))
    losses = []
    for _ in range(steps):
        state, metrics = take_step(config, push(state, draw()))
        losses.append(float(metrics.answer_loss / metrics.slots))
    return state, losses


def batches(answer):
    """Prompts of four random tokens, and what `answer` makes of them."""
    rng = np.random.default_rng(0)

    def draw():
        prompts = rng.integers(4, VOCABULARY, (SLOTS, 4))
        made = (rows((list(p), [*answer(rng, p), 3])) for p in prompts)
        return stacked(*made)

    return draw


def test_answers_that_do_not_depend_on_the_prompt_cannot_be_learned():
    """Four random tokens and an end: no better than guessing, on average over them.

    A model that saw its labels, by a shift or a mask gone wrong, would copy them; and
    one that does not can learn to reverse the prompt in the same time.
    """

    def random(rng, prompt):
        return [int(token) for token in rng.integers(4, VOCABULARY, 4)]

    def reversed_prompt(rng, prompt):
        return [int(token) for token in prompt[::-1]]

    config = training(width=32)
    guessing = 4 / 5 * np.log(VOCABULARY - 4)  # the end is always in its place
    _, losses = learn(config, batches(random), 150)
    assert np.mean(losses[-50:]) > guessing - 0.05
    _, losses = learn(config, batches(reversed_prompt), 400)
    assert np.mean(losses[-20:]) < guessing / 2


def test_a_second_segment_goes_on_with_what_the_first_one_left():
    """By the weights that the first one has moved; and then new rows are taken."""
    config = training()
    halting = dataclasses.replace(config.halting, max_segments=2)
    config = dataclasses.replace(config, halting=halting)
    draw = batches(lambda rng, prompt: [int(token) for token in prompt[::-1]])
    first, second = draw(), draw()
    state = push(push(init(config, jax.random.key(0)), first), second)
    nowhere = jnp.zeros((SLOTS, 0), jnp.float32)
    for batch, segment in ((first, 1), (first, 2), (second, 1), (second, 2)):
        weights = state.variables
        state, metrics = take_step(config, state)
        if segment == 1:
            latents = initial_latents(config.model, weights, SLOTS)
        asked = latents, batch.inputs, nowhere, batch.layout
        latents, output = run_segment(config.model, weights, *asked)
        nats = cross_entropy(output.logits, batch.labels, "softmax")
        labelled = int((batch.labels != IGNORE_LABEL).sum())
        loss = float(metrics.answer_loss) / float(metrics.slots)
        np.testing.assert_allclose(loss, float(nats.sum()) / labelled, rtol=1e-5)
        assert bool(state.carry.halted.all()) == (segment == 2)


@pytest.mark.slow
def test_parts_of_the_rows_learn_what_all_learn_at_once():
    """Of which some have more to say than others."""
    rng = np.random.default_rng(0)
    lengths = (1, 9, 2, 7, 1, 1, 8, 3)
    made = (
        rows((list(rng.integers(4, VOCABULARY, 4)), [*rng.integers(4, 20, n), 3]))
        for n in lengths
    )
    batch = stacked(*made)
    config = training()
    assert config.model.puzzle_width == 0
    found = []
    for parts in (1, 4):
        config = dataclasses.replace(config, microbatches=parts)
        found.append(learn(config, lambda: batch, 3))
    (whole, losses), (summed, same) = found
    np.testing.assert_allclose(losses, same, rtol=1e-5)
    for a, b in zip(*map(jax.tree.leaves, (whole, summed)), strict=True):
        if jnp.issubdtype(a.dtype, jnp.floating):
            np.testing.assert_allclose(a, b, atol=2e-5)


def test_gradients_of_rows_accumulate():
    """Of as many tokens each: two halves move the model as the whole does."""
    draw = batches(lambda rng, prompt: [int(token) for token in prompt[::-1]])
    batch = draw()
    halves = [jax.tree.map(lambda array, n=n: array[n::2], batch) for n in (0, 1)]
    config = training()
    whole, _ = learn(config, lambda: batch, 1)
    optim = dataclasses.replace(config.optim, accumulate=2)
    config = dataclasses.replace(config, slots=SLOTS // 2, optim=optim)
    parts, _ = learn(config, iter(halves).__next__, 2)
    for a, b in zip(
        *map(jax.tree.leaves, (whole.variables, parts.variables)), strict=True
    ):
        np.testing.assert_allclose(a, b, atol=2e-5)


@pytest.mark.parametrize("window", [2, 6])
def test_an_embedding_without_gradient_is_neither_decayed_nor_moved(window):
    config = training(gradient_window=window)
    before = init(config, jax.random.key(0))
    after, _ = learn(config, batches(lambda rng, prompt: [5, 6]), 3)

    def embeddings(tree):
        found = jax.tree_util.tree_leaves_with_path(tree)
        return [leaf for path, leaf in found if "token_embedding" in str(path)]

    left = [
        bool((old == new).all())
        for old, new in zip(
            embeddings((before.variables, before.opt_state)),
            embeddings((after.variables, after.opt_state)),
            strict=True,
        )
    ]
    assert len(left) == 3  # itself and two moments
    assert left == [window == 2] * 3
    moved = (
        before.variables.params["answer_head"],
        after.variables.params["answer_head"],
    )
    assert (moved[0]["kernel"] != moved[1]["kernel"]).any()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"model.visibility": "all"}, "each token would see what it is to predict"),
        ({"loss.token_loss": "stablemax"}, "train it with loss.token_loss=softmax"),
        ({"halting.q_learning": True}, "set halting.q_learning=False"),
        ({"evaluation.residual": 0.1}, "set evaluation.residual=0"),
        (HALTS | {"data.pack": True}, "a row has several examples"),
        (HALTS | {"model.visibility": "causal"}, "sees nothing of the prompt"),
        ({"data.dataset": "generated"}, "a puzzle has no order"),
    ],
)
def test_what_a_text_cannot_learn_from_is_refused(changes, told):
    config = text_preset.get_config().copy_and_resolve_references()
    config.update_from_flattened_dict(changes)
    with pytest.raises(UserError, match=told):
        experiment.train_config(config, Dimensions(512, 64, 1, 1, 1))


def test_examples_weigh_alike_where_each_has_a_row():
    """Who trains is refused otherwise; a run that has been trained is not."""
    config = text_preset.get_config().copy_and_resolve_references()
    config.loss.average = "example"
    assert experiment.train_config(config, Dimensions(512, 64, 1, 1, 1))
    with pytest.raises(UserError, match="set loss.average=token, or data.pack=False"):
        experiment.loop_config(config)
    config.data.pack = False
    experiment.loop_config(config)
