"""Answers that keep to a grammar: which tokens may come next.

A token may come if its bytes lead to a state from which the grammar's end can still be
reached, and the answer may end where it is whole. So an answer that ends by itself
always parses; one that `max_tokens` or the context cuts short (`Progress.reason` is
"length") is only the beginning of one.

Which tokens a state allows is found when it is first asked for: all tokens go through
the automaton's table at once, as a tree of their common beginnings. With 16,384 tokens
that takes half a millisecond, and is kept for the next time: a table of all states
would have hundreds of megabytes for a long file. What it costs that the host is asked
after each token, `engine.Engine` says; `bench/grammar_cost.py` measures both.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from data_pipeline.text.special import Special
from data_pipeline.text.tokenizer import Tokenizer
from hrm_jax.text import automaton, grammars
from hrm_jax.text.automaton import DEAD, Machine, Pattern

_ROWS = 256
"""States whose tokens a grammar keeps: 64 KiB each, of 16,384 tokens."""


class _Level(NamedTuple):
    """Beginnings of tokens that are equally long.

    Attributes:
      parents: places of what comes before their last byte, int `[n]`, the level before.
      last: that byte, uint8 `[n]`.
      ends: those of them that are tokens, int `[m]`, and which ones, int `[m]`.
    """

    parents: np.ndarray
    last: np.ndarray
    ends: np.ndarray
    tokens: np.ndarray


class Vocabulary:
    """The bytes of tokens, to be read by an automaton."""

    def __init__(self, tokenizer: Tokenizer, size: int):
        """Args:
        size: tokens that the model has; it may have more than the tokenizer.
        """
        self.size = size
        self._levels = []
        texts = {
            token: tokenizer.decode([token])
            for token in range(len(Special), tokenizer.vocab_size)
        }
        places = {b"": 0}
        length = 1
        while texts:
            begun = sorted({text[:length] for text in texts.values()})
            parents = [places[text[:-1]] for text in begun]
            places = {text: place for place, text in enumerate(begun)}
            ended = [token for token, text in texts.items() if len(text) == length]
            self._levels.append(
                _Level(
                    np.array(parents),
                    np.array([text[-1] for text in begun], np.uint8),
                    np.array([places[texts.pop(token)] for token in ended], int),
                    np.array(ended, int),
                )
            )
            length += 1

    def follow(self, machine: Machine, state: int) -> np.ndarray:
        """The state after each token, int32 `[V]`; `DEAD` after special ones."""
        found = np.full(self.size, DEAD, np.int32)
        states = np.array([state])
        for level in self._levels:
            states = machine.table[states[level.parents], level.last]
            found[level.tokens] = states[level.ends]
        return found


class Grammar:
    """Makes rules; see `rules.Rule`."""

    def __init__(self, pattern: Pattern, vocabulary: Vocabulary):
        """Args:
        pattern: what an answer may be.
        """
        self._machine = automaton.machine(pattern)
        self._vocabulary = vocabulary
        self._row = functools.lru_cache(maxsize=_ROWS)(self._found)

    def rule(self) -> Keeping:
        """The rule of one answer."""
        return Keeping(self)

    def accepts(self, state: int) -> bool:
        """Is an answer whole here?"""
        return bool(self._machine.accepts[state])

    def follow(self, state: int) -> np.ndarray:
        """The state after each token, int32 `[V]`; `DEAD` where it may not come."""
        return self._row(state)

    def _found(self, state: int) -> np.ndarray:
        return self._vocabulary.follow(self._machine, state)


class Grammars:
    """Those that were asked for last: files rarely change between two questions."""

    def __init__(self, vocabulary: Vocabulary, count: int):
        """Args:
        count: that are kept: of those who ask, each has files of its own.
        """
        self._vocabulary = vocabulary
        self._made = functools.lru_cache(maxsize=count)(self._make)

    def of(self, name: str, files: Mapping[str, str]) -> Grammar:
        """See `grammars.pattern`, whose errors it raises."""
        return self._made(name, tuple(files.items()))

    def _make(self, name: str, files: tuple[tuple[str, str], ...]) -> Grammar:
        return Grammar(grammars.pattern(name, dict(files)), self._vocabulary)


@dataclasses.dataclass
class Keeping:
    """How far an answer has come; a `rules.Rule`."""

    grammar: Grammar
    state: int = automaton.START

    def allowed(self, logits: object = None) -> np.ndarray:
        del logits  # a grammar knows nothing of probabilities
        mask = self.grammar.follow(self.state) != DEAD
        mask[Special.END] = self.grammar.accepts(self.state)
        return mask

    def advance(self, token: int) -> None:
        if token != Special.END:
            self.state = int(self.grammar.follow(self.state)[token])
