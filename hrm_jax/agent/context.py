"""What a model is shown: the goal, and as much as its budget of tokens allows of the
rest, from the whole repository down to the lines that matter.

Where they have them, in the words that models are trained with (`scenarios.act`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from hrm_jax.agent import environment, spans
from hrm_jax.agent.environment import Observation
from hrm_jax.agent.retrieval import Index
from hrm_jax.agent.settings import Settings
from hrm_jax.agent.spans import Span

Count = Callable[[str], int]
"""Tokens of a text."""


_LONGEST_OF_MAP = 200
"""Characters of a file's line."""
_LONGEST_TOKEN = 16
"""Characters, on the average: longer texts are not counted, which would take long."""


class View(NamedTuple):
    """What is known at a moment of an attempt.

    Attributes:
      goal: of the session.
      files: that the subgoal offers, the likeliest first.
      shown: path and lines in view, or None.
      edited: what the last edit came to, until tests that fail were run; or None.
      tests: what they said since the last edit, or "".
      told: the last list, search or mistake, or "".
      memory: of attempts, the newest first.
      ranked: files of the repository, the likeliest to matter first, for the map.
    """

    goal: str
    files: tuple[str, ...]
    shown: tuple[str, Span | None] | None
    edited: Observation | None
    tests: str
    told: str
    memory: Sequence[str]
    ranked: Sequence[str] = ()


def build(
    view: View,
    texts: Mapping[str, str],
    budget: int,
    count: Count,
    settings: Settings,
    instructions: str = "",
) -> str:
    """The prompt, of `budget` tokens at most.

    Of what does not fit, memory and map go first, then a file is cut to the lines that
    retrieval ranks first, then what the tests said is cut.

    Args:
      texts: of the repository, as it is now.
      instructions: that go before all, for models that have not learned the actions.
    """
    head = f"{instructions}Goal: {view.goal}\n"
    passed = view.tests == "tests: all passed\n"
    if view.edited and (passed or not view.tests):
        core = [view.edited.text, view.told, view.tests]
        return _fit(["", *core], head, budget, count)
    known = view.shown is not None and bool(view.tests)
    listed = "" if known else environment.listing(sorted(view.files))
    room = budget - count(head + listed + view.told + view.tests)
    extra, body = "", ""
    if view.shown is not None:
        body = _body(view, texts, room, count, settings)
    spare = room - count(body)
    if settings.map_share and not known:
        most = min(int(budget * settings.map_share), spare)
        extra = _taken("map:\n", _map(view.ranked, texts), most, count)
        spare -= count(extra)
    if settings.memory_share and view.memory:
        most = min(int(budget * settings.memory_share), spare)
        extra += _taken("memory:\n", view.memory, most, count)
    return _fit([extra, listed, body, view.told, view.tests], head, budget, count)


def _body(
    view: View, texts: Mapping[str, str], room: int, count: Count, settings: Settings
) -> str:
    """The file in view, or those of its lines that fit."""
    assert view.shown is not None
    path, span = view.shown
    text = texts.get(path, "")
    whole = environment.shown(path, text, span)
    if len(whole) <= _LONGEST_TOKEN * room and count(whole) <= room:
        return whole
    parts = spans.spans(text)
    if span is not None:
        inside = [s for s in parts if s.first <= span.last and s.last >= span.first]
        parts = [Span(max(s.first, span.first), min(s.last, span.last)) for s in inside]
    lines = spans.lines_of(text)
    cut = {str(place): spans.cut(lines, part) for place, part in enumerate(parts)}
    index = Index(cut, settings.bm25_k1, settings.bm25_b)
    kept: dict[Span, str] = {}
    # Each is counted once, by itself: what is counted again with each other one takes
    # minutes for a large file.
    for place in index.rank(f"{view.goal}\n{view.tests}"):
        part = parts[int(place)]
        said = environment.said(path, cut[place], part)
        if len(said) > _LONGEST_TOKEN * room:
            continue
        if (cost := count(said)) <= room:
            kept[part], room = said, room - cost
    return "".join(kept[part] for part in sorted(kept))


def _map(files: Sequence[str], texts: Mapping[str, str]) -> Iterator[str]:
    """What files define, a line each, of which none takes the room of all others."""
    for path in files:
        line = f"{path}: {'; '.join(spans.signatures(texts.get(path, '')))}"
        yield f"{line[:_LONGEST_OF_MAP]}\n"


def _taken(head: str, parts: Iterable[str], room: int, count: Count) -> str:
    """As many parts, from the first on, as there is room for; "" for none."""
    taken = head
    for part in parts:
        if count(taken + part) > room:
            break
        taken += part
    return "" if taken == head else taken


def _fit(parts: Sequence[str], head: str, budget: int, count: Count) -> str:
    """Head and parts; what is too long loses parts from the first on, then the middle
    of the last part, then the end of the head."""
    parts = list(parts)
    while len(parts) > 1 and count(head + "".join(parts)) > budget:
        parts.pop(0)
    whole = head + "".join(parts)
    last = parts[-1]
    while last and count(whole) > budget:
        keep = len(last) // 4
        # Shorter each time, since three characters stand for a half.
        last = f"{last[:keep]}...{last[-keep:]}" if keep > 2 else ""
        whole = head + last
    while whole and count(whole) > budget:
        whole = whole[: len(whole) // 2]
    return whole
