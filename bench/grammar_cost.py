"""What grammars cost: `python bench/grammar_cost.py`.

A mask of tokens, new and kept, at several vocabularies that were learned from Python's
standard library; and a token of an answer, free and held to a rule, of eight at a time
from the model of `configs/text.py:tiny`, which has learned nothing.
"""

from __future__ import annotations

import pathlib
import statistics
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import jax
import numpy as np

from configs import text
from data_pipeline.text.special import Special
from data_pipeline.text.tokenizer import Tokenizer
from hrm_jax import experiment
from hrm_jax.models import reasoner
from hrm_jax.text import automaton, grammars
from hrm_jax.text.engine import Engine, Request
from hrm_jax.text.grammar import Grammar, Vocabulary
from hrm_jax.text.rules import Rule
from hrm_jax.text.speed import Speed

_FILE = "def add(a, b):\n    return a - b\n\n\n" * 8
_GRAMMARS = {"actions": {}, "edits": {"add.py": _FILE}}
_SLOTS, _TOKENS, _ROUNDS = 8, 96, 7


class Endless:
    """A rule that allows all but the end, so that as much is said as without."""

    def __init__(self, vocabulary: int):
        self._mask = np.ones(vocabulary, bool)
        self._mask[Special.END] = False

    def allowed(self, logits: object) -> np.ndarray:
        del logits
        return self._mask

    def advance(self, token: int) -> None:
        pass


def masks() -> Iterator[str]:
    """A line for each vocabulary and grammar."""
    library = sorted(pathlib.Path(sysconfig.get_path("stdlib")).glob("*.py"))
    texts = [path.read_bytes() for path in library]
    for size in (1_024, 16_384):
        tokenizer = Tokenizer.train(texts, size)
        vocabulary = Vocabulary(tokenizer, tokenizer.vocab_size)
        for name, files in _GRAMMARS.items():
            pattern = grammars.pattern(name, files)
            compiled = _milliseconds(automaton.machine, pattern)
            grammar = Grammar(pattern, vocabulary)
            states = range(1, len(automaton.machine(pattern).accepts))
            new = [_milliseconds(grammar.follow, state) for state in states]
            rule = grammar.rule()
            kept = [_milliseconds(rule.allowed) for _ in states]
            yield (
                f"{tokenizer.vocab_size:6,} tokens  {name:8} {len(states):5,} states "
                f"made in {compiled:.0f} ms; a mask: new {statistics.median(new):.3f} "
                f"ms, kept {statistics.median(kept):.4f} ms"
            )


def answers() -> Iterator[str]:
    """A line for each share of ruled answers."""
    config = text.get_config("tiny")
    model = experiment.model_config(config)
    variables = jax.jit(reasoner.init_variables, static_argnums=0)(
        model, jax.random.key(0)
    )
    engine = Engine(model, variables, _SLOTS)
    cases = {"free": 0, "one of them ruled": 1, "all of them ruled": _SLOTS}
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(1 + _ROUNDS):  # the first one compiles
        for name, ruled in cases.items():
            engine.speed = Speed()
            for _ in engine.run([_request(n, n < ruled) for n in range(_SLOTS)]):
                pass
            found[name].append(engine.speed.tokens_per_second)
    for name, speeds in found.items():
        middle, best = statistics.median(speeds[1:]), max(speeds[1:])
        yield f"{_SLOTS} answers, {name:18} {middle:6,.0f} a second ({best:,.0f})"


def _request(number: int, ruled: bool) -> Request:
    def rule() -> Rule:
        return Endless(text.get_config("tiny").data.vocab_size)

    prompt = [Special.PYTHON, *range(20, 30), Special.ANSWER]
    return Request(prompt, _TOKENS, 1.0, 1.0, number, rule if ruled else None)


def _milliseconds(function: Callable[..., object], *arguments: object) -> float:
    began = time.perf_counter()
    function(*arguments)
    return 1e3 * (time.perf_counter() - began)


if __name__ == "__main__":
    for told in (*masks(), *answers()):
        print(told, flush=True)
