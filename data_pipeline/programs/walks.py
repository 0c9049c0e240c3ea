"""Functions that keep a state while they go through a list or a text."""

from __future__ import annotations

from data_pipeline.programs import predicates, results, stores
from data_pipeline.programs.draft import Draft, Sketch
from data_pipeline.programs.phrases import Phrase, phrase
from data_pipeline.programs.tree import (
    Append,
    Assign,
    Call,
    Expr,
    For,
    If,
    Let,
    Literal,
    Name,
    Op,
    Range,
    Stmt,
    Update,
    While,
    arithmetic,
    compare,
    element,
    number,
)


def walk(draft: Draft, level: int) -> Sketch:
    """A walk with state; at level 3 perhaps something is made of its result."""
    draft.size += 2
    value, words, body = draft.choice(_WALKS)(draft)
    ended = None
    if level > 2 and draft.chance(0.6):
        ended = results.ending(draft, value, words)
    ended = ended or results.plain(value, words)
    return draft.sketch(ended.type, ended.words, (*body, *ended.body))


_Walk = tuple[Expr, Phrase, tuple[Stmt, ...]]
"""What it returns, the words for it, and the statements before the return."""


def _length(items: Expr) -> Call:
    return Call("len", (items,), "index")


def _at(items: Name, place: Expr) -> Call:
    return Call("at", (items, place), element(items.type))


def _items(draft: Draft) -> tuple[Name, Name, str]:
    """A list or a text, its element, and the word for many of them."""
    type, domain, var, word = draft.choice(
        (
            ("list[int]", "any", "x", "numbers"),
            ("str", "text", "c", "characters"),
            ("list[str]", "words", "w", "words"),
        )
    )
    return draft.param(type, domain), Name(var, element(type)), word


def _run(draft: Draft) -> _Walk:
    items, x, word = _items(draft)
    tested = predicates.predicate(draft, x)
    run, best = Name("run", "int"), Name("best", "int")
    step = If(
        tested.test,
        (Update(run, "+", number(1)), Assign(best, Call("max", (best, run), "int"))),
        (Assign(run, number(0)),),
    )
    draft.slugs += ["longest_run", tested.slug]
    words = phrase(
        f"the length of the longest run of {word} in `{items.id}` that all {{many}}",
        f"the largest number of {word} in a row in `{items.id}` that {{many}}",
        many=tested.many,
    )
    body = (Let(run, number(0)), Let(best, number(0)), For(x, items, (step,)))
    return best, words, body


def _running(draft: Draft) -> _Walk:
    xs, x = draft.param("list[int]", "any"), Name("x", "int")
    total, result = Name("total", "int"), Name("result", "list[int]")
    kind = draft.choice(("sums", "maxima", "clipped", "counts", "counts", "counts"))
    before: tuple[Stmt, ...] = (Let(result), Let(total, number(0)))
    if kind == "sums":
        step: tuple[Stmt, ...] = (Update(total, "+", x),)
        words = phrase(
            f"the list of running sums of `{xs.id}`",
            f"for each number in `{xs.id}`, the sum of all up to it",
        )
    elif kind == "maxima":
        step = (Assign(total, Call("max", (total, x), "int")),)
        words = phrase(
            f"for each number in `{xs.id}`, the largest so far (at least 0)",
            f"the list of running maxima of `{xs.id}`, starting at 0",
        )
    elif kind == "clipped":
        by = draft.whole(10, 40)
        grown = arithmetic("+", total, x)
        step = (Assign(total, Call("min", (grown, number(by)), "int")),)
        words = phrase(
            f"the list of running sums of `{xs.id}`, where the sum never exceeds {by}"
        )
    else:
        tested = predicates.predicate(draft, x)
        step = (If(tested.test, (Update(total, "+", number(1)),)),)
        words = phrase(
            f"for each number in `{xs.id}`, how many up to it {{many}}",
            many=tested.many,
        )
    draft.slugs.append(f"running_{kind}")
    return result, words, (*before, For(x, xs, (*step, Append(result, total))))


def _balance(draft: Draft) -> _Walk:
    """A balance that rises and falls, its end or its peak."""
    items, x, word = _items(draft)
    tested = predicates.predicate(draft, x)
    up, down = draft.whole(1, 4), draft.whole(1, 4)
    level, peak = Name("level", "int"), Name("peak", "int")
    floor = draft.chance(0.5)
    lower: tuple[Stmt, ...] = (Update(level, "-", number(down)),)
    if floor:
        lower = (If(compare(">=", level, down), lower),)
    step: tuple[Stmt, ...] = (
        If(tested.test, (Update(level, "+", number(up)),), lower),
    )
    rule = (
        f"each of the {word} of `{items.id}` adds {up} if it {{one}}, else takes {down}"
    )
    rule += " (unless that makes it negative)" if floor else ""
    draft.slugs += ["balance", tested.slug]
    if draft.chance(0.4):
        step = (*step, Assign(peak, Call("max", (peak, level), "int")))
        words = phrase(f"the highest level, from 0, when {rule}", one=tested.one)
        body = (Let(level, number(0)), Let(peak, number(0)), For(x, items, step))
        return peak, words, body
    words = phrase(f"the level in the end, from 0, when {rule}", one=tested.one)
    return level, words, (Let(level, number(0)), For(x, items, step))


def _neighbours(draft: Draft) -> _Walk:
    """How many neighbours are in some relation."""
    items, x, word = _items(draft)
    i, count = Name("i", "index"), Name("count", "int")
    here, before = _at(items, i), _at(items, Op("-", i, number(1), "index"))
    options = [("==", "equal the one before"), ("!=", "differ from the one before")]
    if x.type == "int":
        k = draft.whole(2, 9)
        options += [
            (">", "are greater than the one before"),
            ("<", "are less than the one before"),
            ("+", f"exceed the one before by more than {k}"),
            ("*", f"are more than {k} times the one before"),
        ]
    op, said = draft.choice(options)
    test = compare(op, here, before) if op not in "+*" else None
    if test is None:
        test = compare(">", here, arithmetic(op, before, k))
    step = If(test, (Update(count, "+", number(1)),))
    words = phrase(
        f"the number of {word} in `{items.id}` that {said}",
        f"the number of {word} of `{items.id}` that {said}",
    )
    draft.slugs.append("count_neighbours")
    return (
        count,
        words,
        (
            Let(count, number(0)),
            Range(i, number(1), _length(items), (step,)),
        ),
    )


def _couples(draft: Draft) -> _Walk:
    """Pairs of places whose elements pass a test."""
    xs = draft.param("list[int]", "any")
    i, j, count = Name("i", "index"), Name("j", "index"), Name("count", "int")
    op, said = draft.choice((("+", "sums"), ("*", "products"), ("-", "differences")))
    pair = Op(op, _at(xs, i), _at(xs, j), "int")
    tested = predicates.predicate(draft, pair)
    inner = If(tested.test, (Update(count, "+", number(1)),))
    after = Op("+", i, number(1), "index")
    loops = Range(i, number(0), _length(xs), (Range(j, after, _length(xs), (inner,)),))
    draft.slugs.append("count_pairs")
    words = phrase(
        f"the number of pairs i < j for which `{xs.id}[i] {op} {xs.id}[j]` {{one}}",
        f"the number of {said} `{xs.id}[i] {op} {xs.id}[j]` with i < j that {{many}}",
        many=tested.many,
        one=tested.one,
    )
    return count, words, (Let(count, number(0)), loops)


def _until(draft: Draft) -> _Walk:
    """How far one gets until a sum is reached."""
    xs = draft.param("list[int]", "natural")
    limit = draft.amount(3, 40)
    i, total = Name("i", "index"), Name("total", "int")
    test = Op(
        "and",
        compare("<", i, _length(xs)),
        compare("<", total, limit.value),
        "bool",
    )
    step = (Update(total, "+", _at(xs, i)), Update(i, "+", number(1)))
    body = (Let(i, Literal(0, "index")), Let(total, number(0)), While(test, step))
    draft.slugs.append("sum_until")
    words = phrase(
        f"the sum of the numbers in `{xs.id}` up to where it first is at least "
        f"{limit.word}",
        f"the sum of `{xs.id}` from the left, stopped once it is {limit.word} or more",
    )
    return total, words, body


def _mirrored(draft: Draft) -> _Walk:
    """How many places of a list or text hold the same from both ends."""
    items, _, word = _items(draft)
    i, j = Name("i", "index"), Name("j", "index")
    count, n = Name("count", "int"), _length(items)
    last = Op("-", Op("-", n, number(1), "index"), i, "index")
    op, said = draft.choice((("==", "equal"), ("!=", "differ from")))
    half = Op("//", n, number(2), "index")
    step = If(
        compare(op, _at(items, i), _at(items, j)), (Update(count, "+", number(1)),)
    )
    loop = Range(i, number(0), half, (Let(j, last), step))
    words = phrase(
        f"the number of {word} in the first half of `{items.id}` that {said} their "
        "mirror image",
    )
    draft.slugs.append("mirrored")
    return count, words, (Let(count, number(0)), loop)


_WALKS = (
    *(_run, _run, _run, _running, _running, _balance, _balance, _balance),
    *(_neighbours, _couples, _couples, _couples, _until, _mirrored, *stores.STORES),
)
