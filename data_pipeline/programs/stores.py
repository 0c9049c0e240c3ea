"""Functions that build texts, sets and dictionaries."""

from __future__ import annotations

from data_pipeline.programs import predicates
from data_pipeline.programs.draft import Draft
from data_pipeline.programs.phrases import Phrase, phrase
from data_pipeline.programs.tree import (
    Append,
    Assign,
    Call,
    Count,
    Expr,
    For,
    If,
    Let,
    Literal,
    Name,
    Not,
    Op,
    Put,
    Range,
    Stmt,
    Update,
    arithmetic,
    char,
    compare,
    element,
    number,
    text,
)

_Made = tuple[Expr, Phrase, tuple[Stmt, ...]]
"""What it returns, the words for it, and the statements before the return."""


def _squeezed(draft: Draft) -> _Made:
    """Without repetitions: neighbouring ones, or all."""
    xs, x = draft.choice(((("list[int]", "any"), "x"), (("list[str]", "words"), "w")))
    items = draft.param(*xs)
    var = Name(x, element(items.type))
    result, seen = Name("result", items.type), Name("seen", f"set[{var.type}]")
    fresh = Not(Call("has", (seen, var), "bool"))
    draft.slugs.append("distinct")
    if draft.chance(0.5):
        step: tuple[Stmt, ...] = (If(fresh, (Append(seen, var), Append(result, var))),)
        words = phrase(
            f"the elements of `{items.id}` without repetitions, in order of appearance",
            f"each different element of `{items.id}` once, in order",
        )
        return result, words, (Let(seen), Let(result), For(var, items, step))
    old = Call("has", (seen, var), "bool")
    step = (If(old, (Append(result, var),), (Append(seen, var),)),)
    words = phrase(
        f"the elements of `{items.id}` that came before already, in order",
        f"`{items.id}` without the first occurrence of each element",
    )
    return result, words, (Let(seen), Let(result), For(var, items, step))


def _cased(draft: Draft) -> _Made:
    """A text with capitals, or some characters alone, by place or what is before."""
    s = draft.param("str", "text")
    result, c = Name("result", "str"), Name("c", "char")
    upper = Call("upper", (c,), "char")
    draft.slugs.append("capitals")
    kind = draft.whole(0, 2)
    if kind == 0:
        start = Name("start", "bool")
        step: tuple[Stmt, ...] = (
            If(start, (Update(result, "+", upper),), (Update(result, "+", c),)),
            Assign(start, compare("==", c, char(" "))),
        )
        words = phrase(f"`{s.id}` with the first letter of each word capitalised")
        return (
            result,
            words,
            (
                Let(result),
                Let(start, Literal(True, "bool")),
                For(c, s, step),
            ),
        )
    every, i = draft.choice((2, 2, 3)), Name("i", "int")
    hit = compare("==", arithmetic("%", i, every), draft.whole(0, every - 1))
    assert isinstance(hit.right, Literal)
    where = f"whose place (from 0) leaves {hit.right.value} modulo {every}"
    if kind == 1:
        chosen: Stmt = If(hit, (Update(result, "+", upper),), (Update(result, "+", c),))
        words = phrase(f"`{s.id}`, where characters {where} are capitals")
    else:
        chosen = If(hit, (Update(result, "+", c),))
        words = phrase(f"the characters of `{s.id}` {where}, as a text")
    body = (
        Let(result),
        Let(i, number(0)),
        For(c, s, (chosen, Update(i, "+", number(1)))),
    )
    return result, words, body


def _packed(draft: Draft) -> _Made:
    """A text with each run of equal characters written once, or counted."""
    s = draft.param("str", "text")
    i, result = Name("i", "index"), Name("result", "str")
    here, before = _character(s, i), _character(s, Op("-", i, number(1), "index"))
    first = Op("==", i, number(0), "bool")
    fresh = Op("or", first, compare("!=", here, before), "bool")
    draft.slugs.append("squeeze")
    mark = draft.choice(("", "-", "."))
    if not mark:
        step: tuple[Stmt, ...] = (If(fresh, (Update(result, "+", here),)),)
        words = phrase(
            f"`{s.id}` with runs of equal characters reduced to one",
            f"`{s.id}` without characters that repeat the one before",
        )
    else:
        other = (Update(result, "+", text(mark)),)
        step = (If(fresh, (Update(result, "+", here),), other),)
        words = phrase(
            f"`{s.id}` with each character that repeats the one before as `{mark}`"
        )
    return (
        result,
        words,
        (Let(result), Range(i, number(0), Call("len", (s,), "index"), step)),
    )


def _common(draft: Draft) -> _Made:
    """What two lists share, or one has alone."""
    type, domain = draft.choice((("list[int]", "few"), ("list[str]", "words")))
    a, b = draft.pair(type, domain)
    y, x = Name("y", element(type)), Name("x", element(type))
    seen, alone = Name("seen", f"set[{x.type}]"), draft.chance(0.5)
    test: Expr = Call("has", (seen, x), "bool")
    test = Not(test) if alone else test
    before = (Let(seen), For(y, b, (Append(seen, y),)))
    where = "not in `b`" if alone else "in `b` too"
    draft.slugs.append("only_first" if alone else "common")
    if draft.chance(0.5):
        count = Name("count", "int")
        step = If(test, (Update(count, "+", number(1)),))
        words = phrase(f"the number of elements of `a` that are {where}")
        return count, words, (*before, Let(count, number(0)), For(x, a, (step,)))
    result = Name("result", type)
    words = phrase(
        f"the elements of `a` that are {where}",
        f"all elements of `a` {where}, in order",
    )
    step = If(test, (Append(result, x),))
    return result, words, (*before, Let(result), For(x, a, (step,)))


def _table(draft: Draft) -> _Made:
    """A dictionary from words to what is made of them, or counts by a key."""
    words, w = draft.param("list[str]", "words"), Name("w", "str")
    draft.slugs.append("table")
    kind = draft.whole(0, 2)
    if kind == 0:
        table = Name("table", "dict[int]")
        step: Stmt = Count(table, Call("len", (w,), "int"), number(1))
        said = phrase(
            f"a dictionary from lengths to how many words of `{words.id}` have them",
            f"how many words in `{words.id}` there are of each length, as a dictionary",
        )
    else:
        table = Name("table", "dict[str]")
        length = Call("len", (w,), "int")
        if kind == 1:
            step = Put(table, w, length)
            said = phrase(f"a dictionary from each word in `{words.id}` to its length")
        else:
            step = Count(table, w, length)
            said = phrase(
                f"a dictionary from each word in `{words.id}` to its length times how "
                "often it occurs"
            )
    tested = predicates.predicate(draft, w) if draft.chance(0.6) else None
    if tested:
        step = If(tested.test, (step,))
        said = phrase("{of}; only words count that {many}", of=said, many=tested.many)
    return table, said, (Let(table), For(w, words, (step,)))


def _kept(draft: Draft) -> _Made:
    """Of a dictionary what passes a test of its value or its key."""
    table, key = draft.param("dict[str]", "table"), Name("key", "str")
    value = Call("get", (table, key), "int")
    by_key = draft.chance(0.5)
    tested = predicates.predicate(draft, key if by_key else value)
    which = "keys" if by_key else "values"
    draft.slugs += ["entries", tested.slug]
    if by_key and draft.chance(0.5):
        total = Name("total", "int")
        step = If(tested.test, (Update(total, "+", value),))
        words = phrase(
            f"the sum of the values in `{table.id}` whose keys {{many}}",
            many=tested.many,
        )
        return total, words, (Let(total, number(0)), For(key, table, (step,)))
    result = Name("result", "dict[str]")
    step = If(tested.test, (Put(result, key, value),))
    words = phrase(
        f"the entries of `{table.id}` whose {which} {{many}}, as a dictionary",
        many=tested.many,
    )
    return result, words, (Let(result), For(key, table, (step,)))


def _character(s: Name, place: Expr) -> Call:
    return Call("at", (s, place), "char")


STORES = (_squeezed, _cased, _packed, _common, _table, _table, _kept, _kept, _kept)
