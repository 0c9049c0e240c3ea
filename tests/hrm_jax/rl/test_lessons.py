"""What there is to learn from a round."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hrm_jax.rl.lessons import Lesson, bounded
from hrm_jax.rl.rounds import Exercise
from hrm_jax.text.answers import Answer


def lesson(exercise, word):
    return Lesson(exercise, Answer([word], [0.0]), 1.0)


@pytest.mark.slow
def test_one_answer_of_n_follows_the_gradient_of_pass_at_1_to_n():
    """All draws of three answers of a policy of four words, of which two pass, and
    which one is learned from by chance."""
    logits = jnp.array([0.3, -1.2, 0.8, -0.4])
    passing = np.array([True, True, False, False])
    policy = np.asarray(jax.nn.softmax(logits))
    scores = np.asarray(jax.jacobian(jax.nn.log_softmax)(logits))
    exercise, rng = Exercise({}, [], []), np.random.default_rng(0)

    def step(words, bound):
        passed = [lesson(exercise, word) for word in words if passing[word]]
        kept = bounded(passed, bound, rng)
        return sum((scores[one.answer.tokens[0]] for one in kept), np.zeros(4))

    def mean(bound, draws):
        return (
            sum(
                np.prod(policy[list(words)]) * step(words, bound)
                for words in itertools.product(range(4), repeat=3)
                for _ in range(draws)
            )
            / draws
        )

    def pass_at(logits, k):
        return 1 - (1 - jax.nn.softmax(logits)[:2].sum()) ** k

    gradient = jax.grad(pass_at)
    wanted = sum(gradient(logits, k) / k for k in (1.0, 2.0, 3.0))
    np.testing.assert_allclose(mean(1, 4000), wanted, atol=2e-3)
    np.testing.assert_allclose(mean(0, 1), 3 * gradient(logits, 1.0), atol=1e-6)


def test_tasks_are_bounded_each_by_itself():
    rng = np.random.default_rng(0)
    easy, hard = Exercise({"id": "0"}, [1], []), Exercise({"id": "1"}, [1], [])
    some = [lesson(easy, word) for word in range(5)] + [lesson(hard, 9)]
    kept = bounded(some, 2, rng)
    assert sum(one.exercise is easy for one in kept) == 2
    assert sum(one.exercise is hard for one in kept) == 1
    assert bounded(some, 0, rng) == some
