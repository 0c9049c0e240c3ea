"""A run as a network of searches."""

import json
import math

import pytest

from commands import flags, writers
from commands.text_run import TextRun
from data_pipeline.schema import UserError
from eval.benchmarks.endpoint import Endpoint, Sampling
from hrm_jax.search.candidate import Ask
from tests.eval.benchmarks.server import serving


def test_answers_of_a_run_differ_where_they_are_to(untrained_text):
    """Drawn from all tokens, whatever --top_p says; cut ones, too."""
    line = flags.parse(["main.py", "search", f"--workdir={untrained_text}"])
    write = writers.of_run(TextRun.of(line), Sampling(0.0, 1e-6, 1), 2)
    drawn = []
    for seed in range(6):
        asks = [
            Ask("python", "Return x.\n", 0.5, seed, tuple(drawn)),
            Ask("python", "Return x.\n", 0.5, seed),
        ]
        (_, one), (_, plain) = sorted(write(asks))
        assert len(one.path) == one.tokens == 1 and plain.path == ()
        drawn.append(one.path)
    tokens = [token for ((token, _),) in drawn]
    assert len(set(tokens)) == 6
    assert sum(math.exp(likely) for ((_, likely),) in drawn) < 1


def test_answers_of_a_run_begin_as_they_are_told(untrained_text):
    """Whether they are to differ or not, and each in its own way."""
    line = flags.parse(["main.py", "search", f"--workdir={untrained_text}"])
    write = writers.of_run(TextRun.of(line), Sampling(0.0, 1.0, 30), 4)
    signatures = ("def f(x: int) -> int:", "def g(text: str):", "")
    asks = [
        Ask("python", "Return x.\n", 1.0, 1, apart, begins)
        for begins in signatures
        for apart in (None, ())
    ]
    texts = [sample.text for _, sample in sorted(write(asks), key=lambda one: one[0])]
    assert [text[: len(ask.begins)] for text, ask in zip(texts, asks, strict=True)] == [
        ask.begins for ask in asks
    ]
    assert not texts[-1].startswith("def")


def test_a_run_is_asked_nothing_where_it_has_not_learned_a_language(taught):
    line = flags.parse(["main.py", "search", f"--workdir={taught(languages=['go'])}"])
    write = writers.of_run(TextRun.of(line), Sampling(0.0, 1.0, 1), 2)
    asks = [Ask(language, "Return x.\n", 0.5, 0) for language in ("go", "rust", "cpp")]
    told = "There are problems in cpp, rust, but the run in .* has learned only go: "
    with pytest.raises(UserError, match=told):
        next(write(asks))
    assert len(list(write(asks[:1]))) == 1


def test_a_server_that_tells_no_probabilities_is_asked_without_them():
    """Whether it is silent about them, or refuses to hear of them; once is enough."""

    def refusing(question):
        return (400, "Logprobs are not here") if "logprobs" in question else "x = 1\n"

    for answer, questions in (("x = 1\n", 3), (refusing, 4)):
        with serving(answer) as (url, asked):
            endpoint = Endpoint(url, "small", Sampling(0.0, 1.0, 9), at_once=1)
            asks = [Ask("python", "p", 0.5, seed) for seed in range(3)]
            found = dict(writers.of_endpoint(endpoint)(asks))
        assert len(asked) == questions
        assert all(one.text == "x = 1\n" for one in found.values())
        assert all(
            math.isnan(one.log_prob) and not one.tokens for one in found.values()
        )


@pytest.mark.parametrize(
    "log_probs, tokens, expected",
    [
        (None, {"completion_tokens": 7}, (None, 7)),
        ([-0.5, -0.25], {"completion_tokens": 7}, (-0.75, 2)),  # five were hidden
        ([-0.5, -0.25], None, (-0.75, 2)),
        (None, {}, (None, 0)),
    ],
)
def test_tokens_are_counted_where_a_server_tells_them(log_probs, tokens, expected):
    choice = {"text": "x = 1\n", "logprobs": {"token_logprobs": log_probs}}
    answer = json.dumps({"choices": [choice], "usage": tokens}).encode()
    with serving(answer) as (url, _):
        endpoint = Endpoint(url, "small", Sampling(0.0, 1.0, 9), at_once=1)
        ((_, one),) = writers.of_endpoint(endpoint)([Ask("python", "p", 0.5, 1)])
    likely = None if math.isnan(one.log_prob) else one.log_prob
    assert (likely, one.tokens) == expected
