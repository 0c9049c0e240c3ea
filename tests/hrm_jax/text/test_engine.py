"""Answers are the model's own, whoever else is being answered."""

import collections
import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import UserError
from data_pipeline.text.special import Special
from hrm_jax.models import cache, reading
from hrm_jax.text import decoder, speculation
from hrm_jax.text.answers import answers as whole_answers
from hrm_jax.text.engine import Engine, Request
from hrm_jax.text.rules import Anything
from hrm_jax.types import Variables
from tests.hrm_jax.models.small import init_variables
from tests.hrm_jax.models.test_text import logits_of, spread
from tests.hrm_jax.models.text import rows, text

CONFIG = text(vocab_size=40, seq_len=32, h_cycles=1, gradient_window=1)
PROMPTS = [[5, 17, 18, 2], [6, 20, 21, 22, 23, 24, 2], [7, 2], [8, 30, 31, 2]]


@functools.cache
def variables():
    return spread(init_variables(CONFIG, jax.random.key(3)))


def answers(requests, slots=2, steps=3, segments=1):
    engine = Engine(CONFIG, variables(), slots, segments, steps)
    found = {number: [] for number in range(len(requests))}
    reasons = {}
    for news in engine.run(requests):
        found[news.number] += news.tokens
        if news.reason:
            reasons[news.number] = news.reason
    return list(found.values()), [reasons[n] for n in found], engine


def by_hand(prompt, count, segments=1):
    """The most probable token, again and again, each from a whole forward pass."""
    said = []
    while len(said) < count and len(prompt) + len(said) < CONFIG.seq_len:
        batch = rows((prompt, [*said, 0]), length=CONFIG.seq_len)
        logits = np.array(logits_of(CONFIG, variables(), batch, segments))
        logits[..., Special.PAD] = -np.inf
        token = int(logits[0, len(prompt) + len(said) - 1].argmax())
        if token == Special.END:
            return said, "stop"
        said.append(token)
    return said, "length"


@pytest.mark.parametrize("segments", [1, 2])
def test_greedy_answers_are_those_of_whole_forward_passes(segments):
    """Four prompts through two slots, three tokens at a time."""
    requests = [Request(prompt, 7) for prompt in PROMPTS]
    found, reasons, engine = answers(requests, segments=segments)
    expected = [by_hand(prompt, 7, segments) for prompt in PROMPTS]
    assert list(zip(found, reasons, strict=True)) == expected
    assert engine.speed.prompt_tokens == sum(map(len, PROMPTS))
    assert len(engine.speed.first_seconds) == 4
    assert engine.speed.tokens >= sum(map(len, found))


def test_an_answer_is_as_likely_as_to_who_reads_it_along():
    """Drawn warmly, and from a nucleus: what counts is the model as it is."""
    requests = [Request(prompt, 30, 1.5, 0.9, seed=7) for prompt in PROMPTS]
    engine = Engine(CONFIG, variables(), 2, steps=3)
    for place, answer in whole_answers(engine, requests):
        prompt, said = PROMPTS[place], answer.tokens
        whole = logits_of(
            CONFIG, variables(), rows((prompt, said), length=CONFIG.seq_len)
        )
        likely = jax.nn.log_softmax(whole[0].at[:, Special.PAD].set(-jnp.inf))
        places = np.arange(len(said)) + len(prompt) - 1
        # The last token of a full context is never read.
        kept = places < CONFIG.seq_len
        expected = likely[places[kept], np.array(said)[kept]]
        np.testing.assert_allclose(
            np.array(answer.log_probs)[kept], expected, atol=1e-5
        )
        assert answer.ended == (Special.END in said)


def test_answers_take_the_segments_that_the_model_asks_for():
    """Of four prompts the halting head wants two to stop after one segment."""
    empty = cache.empty(CONFIG, 4, 8, 2)
    lengths = jnp.array([len(prompt) for prompt in PROMPTS])
    prompts = jnp.array([prompt + [0] * (8 - len(prompt)) for prompt in PROMPTS])
    _, q_halt_logits, _ = reading.prefill(
        CONFIG, variables(), prompts, empty._replace(lengths=lengths), 2
    )
    middle = np.sort(q_halt_logits[0])[1:3].mean()
    needed = [1 if q > middle else 2 for q in q_halt_logits[0]]
    assert sorted(needed) == [1, 1, 2, 2]
    params, constants = variables()
    head = params["halt_head"]
    shifted = Variables(
        {**params, "halt_head": head | {"bias": head["bias"] - middle}}, constants
    )
    engine = Engine(CONFIG, shifted, 2, 2, 3, min_confidence=0.0)
    found = {number: [] for number in range(4)}
    for news in engine.run([Request(one, 7) for one in PROMPTS]):
        found[news.number] += news.tokens
        assert news.segments == needed[news.number]
    for number, prompt in enumerate(PROMPTS):
        assert found[number] == by_hand(prompt, 7, needed[number])[0]
    assert 1 < engine.speed.segments_per_token < 2
    # However sure the others are, it is not enough.
    engine = Engine(CONFIG, shifted, 2, 2, 3, min_confidence=0.999)
    list(engine.run([Request(prompt, 2) for prompt in PROMPTS]))
    assert engine.speed.segments_per_token == 2


@pytest.mark.parametrize(
    "slots, halts",
    [
        (2, {}),
        pytest.param(8, {}, marks=pytest.mark.slow),
        pytest.param(2, {"segments": 3, "min_confidence": 0.5}, marks=pytest.mark.slow),
    ],
)
def test_what_is_compiled_before_is_what_prompts_need(slots, halts):
    decoder.admit.clear_cache()  # of other engines
    engine = Engine(CONFIG, variables(), slots, steps=3, **halts)
    engine.prepare(ruled=True)
    programs = decoder.admit, decoder.copy, decoder.speak
    compiled = [program._cache_size() for program in programs]
    requests = [Request(prompt, 5) for prompt in PROMPTS for _ in range(3)]
    requests.append(
        Request(PROMPTS[0] * 6, 5, rule=lambda: Anything(CONFIG.vocab_size))
    )
    list(engine.run(requests))
    for segments in range(1, halts.get("segments", 1)):  # whatever they ask for
        engine._needed[:] = segments
        engine.submit(requests[0])
        engine.advance()
    assert [program._cache_size() for program in programs] == compiled
    assert engine.speed.tokens


def test_a_draw_depends_on_its_seed_and_not_on_its_company():
    requests = [
        Request(PROMPTS[0], 10, temperature=1.0, seed=seed) for seed in range(8)
    ]
    together, _, _ = answers(requests)
    alone = [answers([request], slots=1, steps=2)[0][0] for request in requests]
    assert together == alone
    assert len({tuple(answer) for answer in together}) > 4


@pytest.mark.parametrize(
    "changes, sure",
    [
        ({}, None),
        ({}, 0.0),
        pytest.param({"feedback": "insight"}, None, marks=pytest.mark.slow),
        ({"feedback": "insight"}, 0.0),
        pytest.param({"shared_cache": True}, None, marks=pytest.mark.slow),
    ],
)
def test_a_prompt_is_read_once_for_all_of_its_answers(changes, sure):
    """Also while others answer it, and after that; of two segments, or of as many as
    the model asks for."""
    config = dataclasses.replace(CONFIG, **changes)
    weights = spread(init_variables(config, jax.random.key(3)))
    order = [0, 0, 1, 0, 1, 1, 2, 0, 3, 0, 0, 2, 1]
    requests = [
        Request(PROMPTS[which], 3 + number, 1.0, seed=number)
        for number, which in enumerate(order)
    ]

    def said(some, slots):
        engine = Engine(config, weights, slots, 2, 3, min_confidence=sure)
        return dict(whole_answers(engine, some)), engine.speed.prompt_tokens

    together, read = said(requests, 3)
    for place, request in enumerate(requests):
        (alone,) = said([request], 1)[0].values()
        assert together[place].tokens == alone.tokens
        np.testing.assert_allclose(
            together[place].log_probs, alone.log_probs, atol=1e-5
        )
    assert read < sum(len(request.prompt) for request in requests)
    in_turn = sorted(requests, key=lambda request: request.prompt)
    assert said(in_turn, 3)[1] == sum(map(len, PROMPTS))


def test_a_small_nucleus_is_greedy():
    drawn = Request(PROMPTS[0], 6, temperature=2.0, top_p=1e-6, seed=5)
    (one, other), _, _ = answers([drawn, Request(PROMPTS[0], 6)])
    assert one == other


def test_an_answer_ends_where_the_context_does():
    found, reasons, _ = answers([Request(PROMPTS[1], 1000)])
    said, reason = by_hand(PROMPTS[1], 1000)
    # The last token that is drawn needs no place of its own.
    assert found[0][: len(said)] == said and reasons == [reason]
    assert len(PROMPTS[1]) + len(found[0]) <= CONFIG.seq_len + 1


def test_a_prompt_that_leaves_no_room_is_named():
    engine = Engine(CONFIG, variables(), 1)
    with pytest.raises(UserError, match=r"prompt has 32 tokens.* context of 32"):
        engine.submit(Request([5] * 32, 1))


def test_tokens_that_the_tokenizer_lacks_are_not_said():
    """Among four tokens nearly each draw would be another one."""
    engine = Engine(CONFIG, variables(), 2, steps=3, known=len(Special) + 4)
    requests = [Request(p, 12, temperature=9.0, seed=n) for n, p in enumerate(PROMPTS)]
    said = [token for progress in engine.run(requests) for token in progress.tokens]
    assert len(set(said)) > 4 and max(said) < len(Special) + 4


def test_a_cancelled_answer_makes_room():
    engine = Engine(CONFIG, variables(), 1, steps=2)
    first = engine.submit(Request(PROMPTS[0], 20))
    second = engine.submit(Request(PROMPTS[3], 4))
    engine.advance()
    engine.cancel(first)
    said = []
    while engine.busy:
        for progress in engine.advance():
            assert progress.number == second
            said += progress.tokens
    assert said == by_hand(PROMPTS[3], 4)[0]


class Alternating:
    """Even tokens and odd ones in turn, from an even one; then the end."""

    def __init__(self):
        self._said = []

    def allowed(self, logits):
        mask = np.arange(CONFIG.vocab_size) % 2 == len(self._said) % 2
        mask[: len(Special)] = False
        if len(self._said) >= 5:
            mask[:] = False
            mask[Special.END] = True
        return mask

    def advance(self, token):
        self._said.append(token)


def test_a_rule_is_kept_by_its_own_answer_alone():
    ruled = Request(PROMPTS[0], 9, rule=Alternating)
    found, reasons, _ = answers([ruled, Request(PROMPTS[1], 6)])
    assert [token % 2 for token in found[0]] == [0, 1, 0, 1, 0]
    assert reasons[0] == "stop"
    assert found[1] == by_hand(PROMPTS[1], 6)[0]


def test_memory_is_that_of_weights_and_cache():
    engine = Engine(CONFIG, variables(), 3)
    weights = sum(leaf.nbytes for leaf in jax.tree.leaves(variables()))
    kept = 3 * CONFIG.seq_len * cache.bytes_per_token(CONFIG, 1)
    assert weights + kept < engine.memory_bytes() < 1.1 * (weights + kept) + 2000


DRAFTING = text(vocab_size=40, seq_len=32, h_cycles=2, l_cycles=1, gradient_window=4)


@functools.cache
def drafting():
    """One whose first cycle says at times what both say, and at times not."""
    return spread(init_variables(DRAFTING, jax.random.key(5)))


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_what_is_drafted_and_checked_is_what_is_said_one_by_one(temperature):
    """To the end, to the limit and to the end of the context, through two slots."""
    requests = [
        Request(prompt, limit, temperature, seed=number)
        for number, prompt in enumerate(PROMPTS)
        for limit in (5, 40)
    ]
    plain, drafted = (
        Engine(DRAFTING, drafting(), 2, steps=6, drafts=drafts) for drafts in (0, 2)
    )
    expected = dict(whole_answers(plain, requests))
    found = dict(whole_answers(drafted, requests))
    for place, answer in expected.items():
        assert found[place].tokens == answer.tokens
        np.testing.assert_allclose(found[place].log_probs, answer.log_probs, atol=1e-5)
    ended = {answer.ended for answer in expected.values()}
    assert ended == ({True, False} if temperature else {False})
    assert 1 < drafted.speed.tokens_per_round < 3


def test_drafts_wait_for_answers_that_keep_to_a_rule():
    """All slots go on by one token as long as one is ruled; and are drafted again."""

    def rule():
        return Anything(DRAFTING.vocab_size)

    requests = [
        Request(prompt, 12, 1.0, seed=number, rule=rule if number == 1 else None)
        for number, prompt in enumerate(PROMPTS)
    ]
    plain, drafted = (
        Engine(DRAFTING, drafting(), 2, steps=6, drafts=drafts) for drafts in (0, 2)
    )
    expected = dict(whole_answers(plain, requests))
    found = dict(whole_answers(drafted, requests))
    for place, answer in expected.items():
        assert found[place].tokens == answer.tokens
    assert drafted.speed.tokens == plain.speed.tokens
    assert 1 < drafted.speed.tokens_per_round < 3


def test_drafts_that_always_hold_are_all_taken():
    """To a head of zeros every state says the same, and a draw is its seed's."""
    params, constants = drafting()
    head = {"kernel": jnp.zeros_like(params["answer_head"]["kernel"])}
    same = Variables({**params, "answer_head": head}, constants)
    engine = Engine(DRAFTING, same, 2, steps=8, drafts=3)
    requests = [Request(one, 16, 1.0, seed=n) for n, one in enumerate(PROMPTS)]
    lengths = [len(answer.tokens) for _, answer in whole_answers(engine, requests)]
    assert 16 in lengths
    assert engine.speed.rounds == sum(-(-length // 4) for length in lengths)


@pytest.mark.parametrize("drafts", [0, 2])
def test_who_is_in_a_hurry_hears_of_each_token_and_nothing_is_compiled_for_it(drafts):
    requests = [Request(prompt, 7, 1.0, seed=3) for prompt in PROMPTS]
    engine = Engine(DRAFTING, drafting(), 2, steps=6, drafts=drafts)
    speak = (speculation if drafts else decoder).speak
    heard, programs = [], []
    for bound in (6, 1):
        engine.bound = bound
        pieces = list(engine.run(requests))
        said = collections.defaultdict(list)
        for piece in pieces:
            said[piece.number % len(PROMPTS)] += piece.tokens
        heard.append((max(len(piece.tokens) for piece in pieces), said))
        programs.append(speak._cache_size())
    assert heard[1][1] == heard[0][1], "the same answers"
    assert heard[1][0] <= 1 + drafts < heard[0][0]
    assert programs[1] == programs[0]
