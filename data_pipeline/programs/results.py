"""What is done with a result before it is returned."""

from __future__ import annotations

from typing import NamedTuple

from data_pipeline.programs.draft import Draft
from data_pipeline.programs.phrases import Phrase
from data_pipeline.programs.tree import (
    Call,
    Expr,
    If,
    Name,
    Op,
    Return,
    Sort,
    Stmt,
    arithmetic,
    compare,
    number,
    text,
)


class Ending(NamedTuple):
    """Attributes:
    body: statements, the last of which return.
    type: of what is returned.
    words: for it.
    """

    body: tuple[Stmt, ...]
    type: str
    words: Phrase


def plain(value: Expr, words: Phrase) -> Ending:
    """The result as it is."""
    return Ending((Return(value),), value.type, words)


def ending(draft: Draft, value: Expr, words: Phrase) -> Ending | None:
    """Something made of a result; None where nothing is known for its type."""
    kinds = _BY_TYPE.get(value.type)
    if kinds is None:
        return None
    made = draft.choice(kinds)(draft, value, words)
    draft.size += made is not None
    return made


def _changed(draft: Draft, value: Expr, words: Phrase) -> Ending:
    by = draft.amount(2, 20)
    op, ways = draft.choice(
        (
            ("+", ("{of}, plus {by}", "{by} more than {of}")),
            ("*", ("{by} times {of}", "{of}, multiplied by {by}")),
            ("%", ("{of}, modulo {by}", "the remainder modulo {by} of {of}")),
            ("//", ("{of}, divided by {by} and rounded down",)),
            ("-", ("{of}, minus {by}", "{by} less than {of}")),
        )
    )
    said = Phrase(ways, {"of": words, "by": Phrase((by.word,))})
    return plain(arithmetic(op, value, by.value), said)


def _tested(draft: Draft, value: Expr, words: Phrase) -> Ending:
    by = draft.amount(2, 20)
    op, way = draft.choice(
        (
            (">", "whether {of} is greater than {by}"),
            ("<", "whether {of} is less than {by}"),
            (">=", "whether {of} is at least {by}"),
            ("even", "whether {of} is even"),
            ("%", "whether {of} is divisible by {by}"),
        )
    )
    if op == "even":
        test = compare("==", arithmetic("%", value, 2), 0)
    elif op == "%":
        test = compare("==", arithmetic("%", value, by.value), 0)
    else:
        test = compare(op, value, by.value)
    ways = (way, way.replace("whether", "true if") + ", else false")
    return plain(test, Phrase(ways, {"of": words, "by": Phrase((by.word,))}))


def _chosen(draft: Draft, value: Expr, words: Phrase) -> Ending:
    by = draft.amount(2, 20)
    yes, no = draft.choice(
        (("yes", "no"), ("high", "low"), ("many", "few"), ("big", "small"))
    )
    way = f"`{yes}` if {{of}} is greater than {{by}}, otherwise `{no}`"
    test = compare(">", value, by.value)
    body = (If(test, (Return(text(yes)),)), Return(text(no)))
    return Ending(body, "str", Phrase((way,), {"of": words, "by": Phrase((by.word,))}))


def _bounded(draft: Draft, value: Expr, words: Phrase) -> Ending:
    name, way = draft.choice(
        (("min", "{of}, but at most {by}"), ("max", "{of}, but at least {by}"))
    )
    by = draft.amount(3, 30)
    said = Phrase((way,), {"of": words, "by": Phrase((by.word,))})
    return plain(Call(name, (value, by.value), "int"), said)


def _written(draft: Draft, value: Expr, words: Phrase) -> Ending:
    mark = draft.choice(("#", "no. ", "=", "x", "total "))
    said = Phrase((f"the text `{mark}` followed by {{of}}",), {"of": words})
    return plain(Op("+", text(mark), Call("text", (value,), "str"), "str"), said)


def _distance(draft: Draft, value: Expr, words: Phrase) -> Ending:
    by = draft.amount(5, 30)
    said = Phrase(
        (
            "the distance between {by} and {of}",
            "the absolute difference of {by} and {of}",
        ),
        {"of": words, "by": Phrase((by.word,))},
    )
    return plain(Call("abs", (arithmetic("-", value, by.value),), "int"), said)


def _complement(draft: Draft, value: Expr, words: Phrase) -> Ending:
    total = draft.choice((10, 20, 30, 50, 100))
    said = Phrase((f"{total} minus {{of}}",), {"of": words})
    return plain(Op("-", number(total), value, "int"), said)


def _sorted(draft: Draft, value: Expr, words: Phrase) -> Ending | None:
    if not isinstance(value, Name):
        return None
    ways = ("{of}, sorted", "{of}, in ascending order")
    body = (Sort(value), Return(value))
    return Ending(body, value.type, Phrase(ways, {"of": words}))


def _upper(draft: Draft, value: Expr, words: Phrase) -> Ending:
    said = Phrase(("{of}, in capital letters",), {"of": words})
    return plain(Call("upper", (value,), "str"), said)


def _framed(draft: Draft, value: Expr, words: Phrase) -> Ending:
    mark = draft.choice("*|_#")
    said = Phrase((f"{{of}}, with `{mark}` before and after",), {"of": words})
    inner = Op("+", text(mark), value, "str")
    return plain(Op("+", inner, text(mark), "str"), said)


_BY_TYPE = {
    "int": (
        _changed,
        _changed,
        _tested,
        _chosen,
        _bounded,
        _written,
        _distance,
        _complement,
    ),
    "list[int]": (_sorted,),
    "list[str]": (_sorted,),
    "str": (_upper, _framed),
}
