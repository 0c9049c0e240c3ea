"""Sampling without replacement, against sums over all that can be said."""

import functools
import itertools
import math

import jax
import numpy as np
import pytest

from data_pipeline.text.special import Special
from hrm_jax.text.answers import answers
from hrm_jax.text.distinct import Distinct
from hrm_jax.text.engine import Engine, Request
from tests.hrm_jax.models.small import init_variables
from tests.hrm_jax.models.text import text

SIZE, END, LONGEST, TEMPERATURE = 4, 0, 3, 0.5


def next_probabilities(before):
    """Any numbers, the same for the same beginning."""
    rng = np.random.default_rng([7, *before])
    return rng.dirichlet(np.full(SIZE, 0.7))


def logits(before):
    """Whose probabilities, at that temperature, are those."""
    scores = TEMPERATURE * np.log(next_probabilities(before)) + 3
    return lambda: scores.astype(np.float32)


@functools.cache
def everything():
    """All answers with their probabilities: ended, or cut after `LONGEST` tokens."""
    found = {}
    for length in range(1, LONGEST + 1):
        for said in itertools.product(range(SIZE), repeat=length):
            if END in said[:-1] or (said[-1] != END and length < LONGEST):
                continue
            found[said] = math.prod(p for _, p in steps(said))
    assert math.isclose(sum(found.values()), 1)
    return found


def steps(said):
    return [
        (token, next_probabilities(said[:at])[token]) for at, token in enumerate(said)
    ]


def path(said):
    return tuple((token, math.log(p)) for token, p in steps(said))


@pytest.mark.parametrize("count", [0, 1, 5, 20])
def test_a_draw_is_one_of_the_distribution_without_what_was_drawn(count):
    rng = np.random.default_rng(count)
    whole = everything()
    places = rng.choice(len(whole), count, replace=False, p=[*whole.values()])
    drawn = [list(whole)[place] for place in places]
    left = 1 - sum(whole[said] for said in drawn)
    for said, probability in whole.items():
        made, got = [], 1.0
        rule = Distinct([path(one) for one in drawn], TEMPERATURE, made)
        for at, token in enumerate(said):
            weights = next_probabilities(said[:at]) * rule.allowed(logits(said[:at]))
            if not weights[token]:
                got = 0.0
                break
            got *= weights[token] / weights.sum()
            rule.advance(token)
        else:
            np.testing.assert_allclose(made, path(said), atol=1e-5)
        expected = 0.0 if said in drawn else probability / left
        np.testing.assert_allclose(got, expected, rtol=2e-3, atol=1e-7)


def test_where_nothing_is_left_all_may_come_again():
    rule = Distinct([path(said) for said in everything()], TEMPERATURE, [])
    for at, token in enumerate((1, 2, END)):
        assert (rule.allowed(logits((1, 2, END)[:at])) == 1).all()
        rule.advance(token)


def test_an_answer_may_be_long():
    said = tuple((1, -1e-5) for _ in range(5_000))
    rule = Distinct([said], TEMPERATURE, [])
    left = rule.allowed(logits(()))[1]
    np.testing.assert_allclose(left, -math.expm1(-1e-5 * 4_999), rtol=1e-3)


def test_what_is_nearly_certain_does_not_come_again():
    """Nor is what little is left lost."""
    certain, rare = ((1, -1e-9), (END, 0.0)), 1e-9
    rule = Distinct([certain], 1.0, [])
    scores = np.log(np.array([rare / 2, 1 - rare, rare / 2], np.float64))
    weights = np.exp(scores) * rule.allowed(lambda: scores)
    np.testing.assert_allclose(weights / weights.sum(), [0.5, 0, 0.5], atol=1e-6)


MODEL = text(vocab_size=20, seq_len=16, h_cycles=1, gradient_window=1)


@pytest.mark.slow
def test_answers_of_a_model_do_not_come_again():
    """In slots beside others, with the probabilities that the engine tells."""
    variables = init_variables(MODEL, jax.random.key(0))
    variables = jax.tree.map(lambda leaf: leaf * 3, variables)  # some are likely
    drawn = {17: [], 18: []}
    for number in range(16):
        paths = [], []
        rules = [
            functools.partial(Distinct, tuple(found), 0.7, path)
            for found, path in zip(drawn.values(), paths, strict=True)
        ]
        asked = [
            Request([5, *[one] * 3, 2], 2, 0.7, seed=number, rule=rule)
            for one, rule in zip(drawn, rules, strict=True)
        ]
        asked.append(Request([6, 2], 2, 1.0, seed=number))
        found = dict(answers(Engine(MODEL, variables, 3), asked))
        for place, (before, made) in enumerate(zip(drawn.values(), paths, strict=True)):
            assert [token for token, _ in made] == found[place].tokens
            before.append(made)
    for found in drawn.values():
        said = [tuple(token for token, _ in one) for one in found]
        assert len(set(said)) == 16
        assert all(Special.PAD not in one for one in said)
    # Chance alone repeats itself here.
    engine = Engine(MODEL, variables, 4)
    plain = [Request([5, *[17] * 3, 2], 2, 0.7, seed=seed) for seed in range(16)]
    said = {tuple(answer.tokens) for _, answer in answers(engine, plain)}
    assert len(said) < 16
