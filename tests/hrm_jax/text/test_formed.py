"""Well-formed answers: what may come next, against programs and Python's tokenizer."""

import functools
import io
import itertools
import tokenize

import numpy as np
import pytest

from data_pipeline.text.special import LANGUAGES, Special
from data_pipeline.text.tokenizer import Tokenizer
from eval.benchmarks.synthetic import rows
from hrm_jax.text import formed
from hrm_jax.text.distinct import Distinct
from hrm_jax.text.formed import Forms, State


def whole(language, text, begins=""):
    end = formed.after(language, State(begins.encode()), text.encode())
    return end is not None and end.whole(language)


@functools.cache
def written():
    """Programs of all languages, with their prompts."""
    return list(rows.generate("train", 0, 12, ("write", "infer"), LANGUAGES))


def test_programs_are_well_formed_and_begin_as_the_prompt_tells():
    for row in written():
        signature = row["prompt"].split("\n")[1]
        assert whole(row["language"], row["response"], signature), row["response"]
        assert not whole(row["language"], row["response"], "x" + signature)
        # Up to its last bracket or line nothing may end.
        assert not whole(row["language"], signature[:-1], signature)


@pytest.mark.parametrize(
    ("language", "text", "is_whole"),
    [
        ("python", "f(x[{1: 2}])\n", True),
        ("python", "f(x]\n", False),
        ("python", "f(x\n", False),
        ("python", "f((x)\n", False),
        ("python", "x = ')'\n", True),
        ("python", "x = 'it\n", False),
        ("python", "x = 'it\\'s'\n", True),
        ("python", "x = 'it\\\\'s'\n", False),
        ("python", "x = ''\n", True),
        ("python", "x = '' + ('')\n", True),
        ("python", '"""It\'s (\n"""\n', True),
        ("python", '"""It ""is"" \\"""\n', False),
        ("python", "# It's (\nx\n", True),
        ("python", "x // (2\n", False),
        ("java", "x / 2 // (it's\n", True),
        ("cpp", "/* it's ( */ f('(');\n", True),
        ("cpp", "/* it's ( * / f();\n", False),
        ("go", "s := `it's (\n`\n", True),
        ("rust", "fn f<'a>(x: &'a str) {}\n", True),
        ("javascript", "s = `${x}\n`\n", True),
    ],
)
def test_by_hand(language, text, is_whole):
    assert whole(language, text) == is_whole


def test_it_agrees_with_pythons_tokenizer():
    """On all texts of five signs."""
    for text in map("".join, itertools.product("()'\"#a\n", repeat=5)):
        assert whole("python", text) == _matches(text), repr(text)


def _matches(text):
    """Its tokens are all known, and each bracket has another one."""
    depth = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            depth += {"(": 1, ")": -1}.get(token.string, 0)
            if token.type == tokenize.ERRORTOKEN or depth < 0:
                return False
    except tokenize.TokenError:
        return False
    return not depth


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train([row["response"] for row in written()], 400)


def test_whoever_keeps_to_the_rule_ends_whole(tokenizer):
    """Drawn at random among the tokens that are allowed; the end as soon as it may."""
    forms, rng = Forms(tokenizer, 410), np.random.default_rng(0)
    for row in written()[:24]:
        language, signature = row["language"], row["prompt"].split("\n")[1]
        rule, said = forms.rule(language, signature), []
        for _ in range(200):
            mask = rule.allowed()
            assert mask.any() and not mask[tokenizer.vocab_size :].any()
            assert not mask[: len(Special)][
                np.arange(len(Special)) != Special.END
            ].any()
            if mask[Special.END]:
                break
            said.append(int(rng.choice(np.flatnonzero(mask))))
            rule.advance(said[-1])
        text = tokenizer.decode(said)
        assert text.startswith(signature.encode()[: len(text)])
        state = formed.after(language, State(signature.encode()), text)
        assert state is not None and state.whole(language) == mask[Special.END]


def test_the_programs_themselves_may_be_said(tokenizer):
    forms = Forms(tokenizer, tokenizer.vocab_size)
    for row in written():
        rule = forms.rule(row["language"], row["prompt"].split("\n")[1])
        for token in tokenizer.encode(row["response"]):
            assert rule.allowed()[token]
            rule.advance(token)
        assert rule.allowed()[Special.END]


def test_distinct_answers_within_a_rule_share_what_it_leaves(tokenizer):
    """A token that may not come has no probability, and what was drawn is taken out of
    what is left."""
    forms = Forms(tokenizer, tokenizer.vocab_size)
    scores = np.random.default_rng(1).standard_normal(tokenizer.vocab_size)
    path = []
    rule = Distinct((), 0.5, path, forms.rule("python", "de"))
    shares = rule.allowed(lambda: scores.astype(np.float32))
    inner = forms.rule("python", "de").allowed()
    assert (shares == inner).all() and 1 < inner.sum() < 40
    token = int(np.flatnonzero(inner)[0])
    rule.advance(token)
    weights = np.exp(scores / 0.5) * inner
    chance = weights[token] / weights.sum()
    np.testing.assert_allclose(path, [(token, np.log(chance))], rtol=1e-5)
    again = Distinct(
        (((token, float(np.log(chance))),),), 0.5, [], forms.rule("python", "de")
    )
    assert again.allowed(lambda: scores.astype(np.float32))[token] == 0
