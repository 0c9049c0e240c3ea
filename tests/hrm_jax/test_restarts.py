"""Several attempts at an example, and the choice among them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrm_jax import restarts
from hrm_jax.inference import Answers


def attempts(tokens, confidence, residual) -> Answers:
    """Of R attempts at B examples; the segments tell which attempt it was."""
    tokens = jnp.asarray(tokens, jnp.int32)
    number = jnp.arange(tokens.shape[0], dtype=jnp.int32)
    return Answers(
        tokens,
        jnp.broadcast_to(number[:, None], tokens.shape[:2]),
        jnp.asarray(confidence, jnp.float32),
        jnp.asarray(residual, jnp.float32),
    )


@pytest.mark.parametrize(
    ("selection", "chosen"),
    [("confidence", [0, 2]), ("agreement", [3, 1]), ("residual", [1, 0])],
)
def test_each_rule_on_two_examples(selection, chosen):
    """The first example's answers are A B B B, the second's A B C B, say."""
    tokens = [[[1, 1], [1, 1]], [[2, 2], [2, 2]], [[2, 2], [3, 3]], [[2, 2], [2, 2]]]
    confidence = [[0.9, 0.1], [0.2, 0.5], [0.3, 0.9], [0.4, 0.5]]
    residual = [[0.4, 0.1], [0.1, 0.2], [0.3, 0.2], [0.2, 0.3]]
    made = attempts(tokens, confidence, residual)
    found = restarts.select(made, selection)
    np.testing.assert_array_equal(found.segments, chosen)
    for leaf, all_of_it in zip(found, made, strict=True):
        for example, attempt in enumerate(chosen):
            np.testing.assert_array_equal(leaf[example], all_of_it[attempt, example])


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 6), st.data())
def test_agreement_is_the_majority_by_counting(count, data):
    tokens = data.draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    sure = data.draw(
        st.lists(st.sampled_from([0.1, 0.5, 1.0]), min_size=count, max_size=count)
    )
    made = attempts([[[t]] for t in tokens], [[s] for s in sure], [[0.0]] * count)
    best = max(range(count), key=lambda i: (tokens.count(tokens[i]), sure[i], -i))
    assert int(restarts.select(made, "agreement").segments[0]) == best


def test_attempts_differ_by_their_number_alone():
    def attempt(key):
        drawn = jax.random.randint(key, (3, 5), 0, 1000)
        zeros = jnp.zeros(3, jnp.float32)
        return Answers(drawn, jnp.zeros(3, jnp.int32), zeros, zeros)

    key = jax.random.key(4)
    made = jax.jit(lambda key: restarts.attempt_all(attempt, key, 4))(key)
    assert made.tokens.shape == (4, 3, 5)
    for number in range(4):
        expected = attempt(jax.random.fold_in(key, number)).tokens
        np.testing.assert_array_equal(made.tokens[number], expected)
