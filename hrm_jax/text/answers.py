"""Whole answers, for whoever has no use for parts of one."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from data_pipeline.text.special import Special
from hrm_jax.text.engine import Engine, Request


class Answer(NamedTuple):
    """One answer, drawn to its end or to its limit.

    Attributes:
      tokens: `Special.END` last where it ended by itself.
      log_probs: of each, by the model itself (`decoder.speak`).
    """

    tokens: list[int]
    log_probs: list[float]

    @property
    def ended(self) -> bool:
        """Did it end by itself, not for want of room?"""
        return self.tokens[-1:] == [Special.END]

    @property
    def said(self) -> list[int]:
        """Its tokens without the end."""
        return self.tokens[:-1] if self.ended else self.tokens


def answers(
    engine: Engine, requests: Sequence[Request]
) -> Iterator[tuple[int, Answer]]:
    """The answer to each request, with its place among them, as they end.

    Raises:
      UserError: a prompt leaves no room for an answer.
    """
    for place, answer, _ in with_segments(engine, requests):
        yield place, answer


def with_segments(
    engine: Engine, requests: Sequence[Request]
) -> Iterator[tuple[int, Answer, int]]:
    """As `answers`, and how many segments each token was thought about."""
    places = {engine.submit(request): place for place, request in enumerate(requests)}
    coming: dict[int, Answer] = collections.defaultdict(lambda: Answer([], []))
    while engine.busy:
        for news in engine.advance():
            answer = coming[news.number]
            answer.tokens.extend(news.tokens)
            answer.log_probs.extend(news.log_probs)
            if news.reason == "stop":
                answer.tokens.append(Special.END)
            if news.reason:
                yield places[news.number], coming.pop(news.number), news.segments
