"""Functions that filter, change and reduce the elements of a source."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from data_pipeline.programs import maps, predicates, reductions, results, sources
from data_pipeline.programs.draft import Draft, Sketch
from data_pipeline.programs.phrases import Phrase, phrase
from data_pipeline.programs.sources import Source
from data_pipeline.programs.tree import (
    Call,
    Expr,
    If,
    Let,
    Name,
    Op,
    Stmt,
    Update,
    arithmetic,
    compare,
    number,
)


class Elements(NamedTuple):
    """Attributes:
    value: what became of one element.
    around: puts the tests around the statements that use it.
    words: for all of them.
    countable: some do not count, and nothing else becomes of those that do.
    """

    value: Expr
    around: Callable[[tuple[Stmt, ...]], tuple[Stmt, ...]]
    words: Phrase
    countable: bool


def pipeline(draft: Draft, level: int) -> Sketch:
    """Filters and changes, a reduction, and perhaps something made of its result.

    Args:
      level: from 1, how much is put together.
    """
    plain = level == 1
    source = sources.source(draft, plain)
    if level > 1 and draft.chance(0.2):
        return _two(draft, source)
    found = _elements(draft, source, level)
    made = reductions.reduction(
        draft, found.value.type, source.ordered, found.countable, plain
    )
    draft.slugs.insert(0, made.slug)
    words, ended = made.of(found.words), None
    if level > 1 and not made.early and draft.chance(0.3 + 0.2 * (level - 1)):
        ended = results.ending(draft, made.result, words)
    ended = ended or results.plain(made.result, words)
    loop = source.loop(found.around(made.step(found.value)))
    body = (*made.before, *loop, *made.after, *ended.body)
    return draft.sketch(ended.type, ended.words, body)


def _elements(draft: Draft, source: Source, budget: int) -> Elements:
    """Elements of a source, filtered and changed, as far as the budget goes."""
    chosen = changed = None
    if draft.chance(0.7):
        depth = 2 if budget > 2 and draft.chance(0.35) else 1
        chosen = predicates.predicate(draft, source.value, depth)
    if draft.chance(0.6 if chosen and budget > 1 else 0.0 if chosen else 0.7):
        changed = maps.mapped(draft, source.value)
        # What only letters or digits can become is asked of those alone.
        chosen = changed.needs or chosen
    value, words, around = source.value, source.all(), _as_it_is
    if chosen:
        words, around = source.that(chosen), _if(chosen.test)
        draft.slugs.append(chosen.slug)
    if changed:
        words, value = changed.of(words), changed.value
        draft.slugs.append(changed.slug)
    if changed and budget > 2 and value.type == "int" and draft.chance(0.4):
        named = Name("y", "int")
        second = predicates.predicate(draft, named)
        parts = {"of": words, "many": second.many}
        words = Phrase(("{of}, but only those that then {many}",), parts)
        outer, inner, let = around, _if(second.test), Let(named, value)
        return Elements(
            named, lambda step: outer((let, *inner(step))), words, countable=True
        )
    return Elements(value, around, words, chosen is not None and changed is None)


def _as_it_is(step: tuple[Stmt, ...]) -> tuple[Stmt, ...]:
    return step


def _if(test: Expr) -> Callable[[tuple[Stmt, ...]], tuple[Stmt, ...]]:
    return lambda step: (If(test, step),)


_COMBINED = (
    ("-", ("{one} minus {two}", "the difference between {one} and {two}")),
    ("+", ("{one} plus {two}",)),
    ("*", ("{times} times {one} plus {two}",)),
    ("max", ("the larger of {one} and {two}",)),
    ("min", ("the smaller of {one} and {two}",)),
    (">", ("whether {one} is greater than {two}",)),
    ("==", ("whether {one} equals {two}",)),
)


def _two(draft: Draft, source: Source) -> Sketch:
    """Two sums or counts in one loop."""
    names = Name("first", "int"), Name("second", "int")
    lets, steps, words = [], [], []
    for name in names:
        chosen = predicates.predicate(draft, source.value)
        said = source.that(chosen)
        value: Expr | None = None
        if source.value.type == "int" and draft.chance(0.6):
            value = source.value
            if draft.chance(0.3):
                changed = maps.mapped(draft, value)
                said, value = changed.of(said), changed.value
        kind = "sum" if value else "number"
        lets.append(Let(name, number(0)))
        steps.append(If(chosen.test, (Update(name, "+", value or number(1)),)))
        words.append(phrase(f"the {kind} of {{of}}", of=said))
        draft.slugs.append(chosen.slug)
    op, ways = draft.choice(_COMBINED)
    combined: Expr
    if op == "*":
        times = draft.whole(2, 9)
        ways = tuple(way.replace("{times}", str(times)) for way in ways)
        combined = arithmetic("+", arithmetic("*", names[0], times), names[1])
    elif op in ("max", "min"):
        combined = Call(op, names, "int")
    elif op in ("+", "-"):
        combined = Op(op, *names, "int")
    else:
        combined = compare(op, *names)
    said = Phrase(ways, dict(zip(("one", "two"), words, strict=True)))
    ended = results.plain(combined, said)
    body = (*lets, *source.loop(tuple(steps)), *ended.body)
    return draft.sketch(ended.type, ended.words, body)
