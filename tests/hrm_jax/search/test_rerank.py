"""Programs are scored by two models that read in opposite directions."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.batches import stack
from data_pipeline.schema import Layout
from data_pipeline.text import rows
from data_pipeline.text.example import Example
from data_pipeline.text.special import Special
from data_pipeline.text.tokenizer import LEAST_VOCABULARY, Tokenizer
from hrm_jax.models import reasoner
from hrm_jax.search import rerank
from hrm_jax.text import likelihood
from tests.hrm_jax.models.small import init_variables, run_segment
from tests.hrm_jax.models.text import plain

TOKENIZER = Tokenizer.train([], LEAST_VOCABULARY)  # a token is a byte
CONFIG = plain(vocab_size=LEAST_VOCABULARY)
PROMPT, SOURCES = "Say a.\n", ("a\n", "print(a)\n")


@functools.cache
def variables(seed):
    return init_variables(CONFIG, jax.random.key(seed))


def log_probs(seed, direction, examples):
    """As a run of that direction has it, by `likelihood.score`."""
    encoded = [rows.encode(example, TOKENIZER) for example in examples]
    if direction == "backward":
        encoded = [rows.turned(one) for one in encoded]
    records = (rows.to_record([one]) for one in encoded)
    read = [rows.from_record(one, CONFIG.seq_len) for one in records]
    batch = jax.tree.map(jnp.asarray, stack(read))
    nats, _ = score(CONFIG, "softmax", variables(seed), batch, 1)
    return -np.asarray(nats)


score = jax.jit(likelihood.score, static_argnums=(0, 1, 4))


def by_hand(seed, asked, said):
    """The sum of log p over the tokens that are said, read along in one row."""
    tokens = [Special.PYTHON, *asked, Special.ANSWER, *said, Special.END]
    at, places = len(asked) + 2, jnp.arange(CONFIG.seq_len)[None]
    inputs = jnp.zeros((1, CONFIG.seq_len), jnp.int32)
    inputs = inputs.at[0, : len(tokens) - 1].set(jnp.array(tokens[:-1]))
    segments = (places < len(tokens) - 1).astype(jnp.int32)
    own = variables(seed)
    _, output = run_segment(
        CONFIG,
        own,
        reasoner.initial_latents(CONFIG, own, 1),
        inputs,
        jnp.zeros((1, 0)),
        Layout(segments, places < at),
    )
    found = jax.nn.log_softmax(output.logits[0], axis=-1)
    return sum(float(found[at - 1 + i, token]) for i, token in enumerate(tokens[at:]))


def test_a_score_is_the_sum_of_both_likelihoods():
    forward, backward = (
        functools.partial(log_probs, seed, direction)
        for seed, direction in enumerate(("forward", "backward"))
    )
    first, second = (Example("python", PROMPT, source) for source in SOURCES)
    other, reading = rerank.read([[second], [first, second]], forward, backward)
    for told, again in zip(other, reading, strict=True):
        np.testing.assert_array_equal(told, again[1:])
    prompt = TOKENIZER.encode(PROMPT)
    for number, source in enumerate(SOURCES):
        said = TOKENIZER.encode(source)
        ahead = by_hand(0, prompt, said)
        back = by_hand(1, said[::-1], prompt[::-1])
        assert ahead != pytest.approx(back)
        for weight in (0.0, 0.5, 2.0):
            wanted = ahead + weight * back
            assert reading.scores(weight)[number] == pytest.approx(wanted, rel=1e-4)


def test_what_one_model_cannot_read_is_the_last_choice_where_it_counts():
    reading = rerank.Reading(np.array([-1.0, -2.0]), np.array([-np.inf, -5.0]))
    assert reading.scores(0.0).argmax() == 0
    assert reading.scores(0.1).argmax() == 1
