"""Answers that begin as they are told."""

import functools

import numpy as np
import pytest

from data_pipeline.text.special import LANGUAGES
from data_pipeline.text.tokenizer import Tokenizer
from eval.benchmarks.synthetic import rows
from eval.benchmarks.synthetic.benchmark import Programs
from eval.benchmarks.synthetic.challenge import ProgramChallenge
from hrm_jax.text.beginning import Beginnings
from hrm_jax.text.distinct import Distinct


@functools.cache
def written():
    """Tasks of all languages, with programs that are right."""
    return list(rows.generate("train", 0, 24, ("write", "infer", "repair"), LANGUAGES))


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train([row["response"] for row in written()], 400)


def challenges(tmp_path):
    benchmark = Programs(written(), tmp_path)
    return [ProgramChallenge(benchmark, problem) for problem in benchmark.problems]


def test_right_programs_begin_with_the_signature_that_the_prompt_tells(
    tmp_path, tokenizer
):
    made = Beginnings(tokenizer, tokenizer.vocab_size)
    told = 0
    for challenge in challenges(tmp_path):
        row = challenge.problem.row
        if row["scenario"] == "repair":
            assert challenge.begins == ""
            continue
        told += 1
        assert f"{row['name']}(" in challenge.begins
        assert row["response"].startswith(challenge.begins)
        rule = made.rule(challenge.begins)
        for token in tokenizer.encode(row["response"]):
            assert rule.allowed()[token]
            rule.advance(token)
    assert told == 2 * 8 * len(LANGUAGES)


def test_whatever_is_drawn_begins_so_and_goes_on_freely(tokenizer):
    made, rng = Beginnings(tokenizer, 410), np.random.default_rng(0)
    texts = {token: tokenizer.decode([token]) for token in range(tokenizer.vocab_size)}
    for _ in range(20):
        rule, said = made.rule("def f(x):"), b""
        while len(said) < len(b"def f(x):"):
            mask, left = rule.allowed(), b"def f(x):"[len(said) :]
            fits = {
                n for n, t in texts.items() if t.startswith(left) or left.startswith(t)
            }
            assert set(np.flatnonzero(mask)) == fits
            token = int(rng.choice(np.flatnonzero(mask)))
            said += texts[token]
            rule.advance(token)
        assert said.startswith(b"def f(x):") and rule.allowed().all()


def test_distinct_answers_share_what_a_beginning_leaves(tokenizer):
    """A token that may not come has no probability; the others have it among them."""
    made = Beginnings(tokenizer, tokenizer.vocab_size)
    scores = np.random.default_rng(1).standard_normal(tokenizer.vocab_size)
    path = []
    rule = Distinct((), 0.5, path, made.rule("de"))
    inner = made.rule("de").allowed()
    assert (rule.allowed(lambda: scores.astype(np.float32)) == inner).all()
    assert 1 < inner.sum() < 40
    token = int(np.flatnonzero(inner)[0])
    rule.advance(token)
    weights = np.exp(scores / 0.5) * inner
    chance = np.log(weights[token] / weights.sum())
    np.testing.assert_allclose(path, [(token, chance)], rtol=1e-5)
    again = Distinct([path], 0.5, [], made.rule("de"))
    shares = again.allowed(lambda: scores.astype(np.float32))
    assert shares[token] == 0 and (shares[inner] > 0).sum() == inner.sum() - 1
