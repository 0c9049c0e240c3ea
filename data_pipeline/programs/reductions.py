"""What is made of all elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from data_pipeline.programs import predicates
from data_pipeline.programs.draft import Draft
from data_pipeline.programs.phrases import Phrase
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
    Op,
    Return,
    Stmt,
    Update,
    arithmetic,
    char,
    compare,
    denied,
    number,
    rebuilt,
    text,
)


class Reduction(NamedTuple):
    """Attributes:
    before: statements before the loop.
    step: statements for one value.
    after: statements behind the loop, without the return.
    result: what is returned.
    ways: to say it; `{of}` stands for the elements.
    slug: for the function's name.
    ordered: it depends on the order of the elements.
    parts: of the words, beside `{of}`.
    early: the step may return; nothing can be made of the result then.
    """

    before: tuple[Stmt, ...]
    step: Callable[[Expr], tuple[Stmt, ...]]
    after: tuple[Stmt, ...]
    result: Expr
    ways: tuple[str, ...]
    slug: str
    ordered: bool = False
    parts: dict[str, Phrase] = {}
    early: bool = False

    def of(self, what: Phrase) -> Phrase:
        return Phrase(self.ways, {**self.parts, "of": what})


def reduction(
    draft: Draft, type: str, ordered: bool, countable: bool, plain: bool
) -> Reduction:
    """Something made of values of a type.

    Args:
      ordered: the values come in a known order.
      countable: to count them is a task, for not all elements count.
      plain: nothing that needs more than one simple variable.
    """
    draft.size += 1
    kinds = (_PLAIN if plain else _BY_TYPE)[type]
    while True:
        found = draft.choice(kinds)(draft, type)
        if (ordered or not found.ordered) and (countable or found.slug != "count"):
            return found


def _folded(
    name: str, type: str, start: Expr, op: str, ways: tuple[str, ...], slug: str
) -> Reduction:
    """An accumulator that takes in each value by an operator."""
    kept = Name(name, type)
    return Reduction(
        (Let(kept, start),),
        lambda value: (Update(kept, op, value),),
        (),
        kept,
        ways,
        slug,
    )


def _sum(draft: Draft, type: str) -> Reduction:
    ways = ("the sum of {of}", "the total of {of}")
    return _folded("total", "int", number(0), "+", ways, "sum")


def count(draft: Draft, type: str) -> Reduction:
    kept = Name("count", "int")
    return Reduction(
        (Let(kept, number(0)),),
        lambda value: (Update(kept, "+", number(1)),),
        (),
        kept,
        ("the number of {of}", "the count of {of}"),
        "count",
    )


def _product(draft: Draft, type: str) -> Reduction:
    by = draft.choice((100, 1000, 997, 101))
    kept = Name("product", "int")

    def step(value: Expr) -> tuple[Stmt, ...]:
        times = arithmetic("*", kept, value)
        return (Assign(kept, arithmetic("%", times, by)),)

    ways = (f"the product of {{of}}, modulo {by}", f"the product modulo {by} of {{of}}")
    return Reduction((Let(kept, number(1)),), step, (), kept, ways, "product")


def _extreme(draft: Draft, type: str) -> Reduction:
    largest = draft.chance(0.5)
    start = 0 if largest else draft.choice((100, 1000))
    kept = Name("best", "int")

    def step(value: Expr) -> tuple[Stmt, ...]:
        if isinstance(value, Name):
            better = compare(">" if largest else "<", value, kept)
            return (If(better, (Assign(kept, value),)),)
        name = "max" if largest else "min"
        return (Assign(kept, Call(name, (kept, value), "int")),)

    if largest:
        ways = ("the largest of {of}, but at least 0", "the maximum of 0 and {of}")
    else:
        ways = (
            f"the smallest of {{of}}, but at most {start}",
            f"the minimum of {start} and {{of}}",
        )
    slug = "largest" if largest else "smallest"
    return Reduction((Let(kept, number(start)),), step, (), kept, ways, slug)


def _last(draft: Draft, type: str) -> Reduction:
    default = draft.choice((-1, 0))
    kept = Name("last", "int")
    ways = (
        f"the last of {{of}}, or {default} if there is none",
        f"the last one of {{of}} ({default} if there are none)",
    )
    return Reduction(
        (Let(kept, number(default)),),
        lambda value: (Assign(kept, value),),
        (),
        kept,
        ways,
        "last",
        ordered=True,
    )


def _first(draft: Draft, type: str) -> Reduction:
    default: Expr = number(draft.choice((-1, 0))) if type == "int" else text("")
    said = default.value if type == "int" else "an empty text"
    ways = (f"the first of {{of}}, or {said} if there is none",)
    return Reduction(
        (),
        lambda value: (Return(value),),
        (),
        default,
        ways,
        "first",
        ordered=True,
        early=True,
    )


def _list(draft: Draft, type: str) -> Reduction:
    kept = Name("result", f"list[{type}]")
    ways = ("the list of {of}", "a list of {of}", "a list with {of}")
    return Reduction(
        (Let(kept),),
        lambda value: (Append(kept, value),),
        (),
        kept,
        ways,
        "list",
        ordered=True,
    )


def _quantified(draft: Draft, type: str) -> Reduction:
    every = draft.chance(0.5)
    slug = "all" if every else "any"

    # The words must be those of the test, so it is made of a stand-in for the value.
    stand_in = Name("?", type)
    tested = predicates.predicate(draft, stand_in)

    def step(value: Expr) -> tuple[Stmt, ...]:
        test = rebuilt(tested.test, lambda node: value if node == stand_in else node)
        return (If(denied(test) if every else test, (Return(_bool(not every)),)),)

    ways = (
        ("whether all of {of} {many}", "true if all of {of} {many}, else false")
        if every
        else ("whether any of {of} {many}", "true if some of {of} {many}, else false")
    )
    parts = {"many": tested.many}
    return Reduction((), step, (), _bool(every), ways, slug, parts=parts, early=True)


def _bool(value: bool) -> Literal:
    return Literal(value, "bool")


def _distinct(draft: Draft, type: str) -> Reduction:
    seen = Name("seen", f"set[{type}]")
    ways = (
        "the number of different values among {of}",
        "how many distinct values {of} have",
    )
    return Reduction(
        (Let(seen),),
        lambda value: (Append(seen, value),),
        (),
        Call("len", (seen,), "int"),
        ways,
        "distinct",
    )


def _alternating(draft: Draft, type: str) -> Reduction:
    total, sign = Name("total", "int"), Name("sign", "int")

    def step(value: Expr) -> tuple[Stmt, ...]:
        return (
            Update(total, "+", arithmetic("*", sign, value)),
            Assign(sign, Op("-", number(0), sign, "int")),
        )

    ways = (
        "the alternating sum (first plus, then minus, and so on) of {of}",
        "the sum of {of} with alternating signs, the first one plus",
    )
    before = (Let(total, number(0)), Let(sign, number(1)))
    return Reduction(before, step, (), total, ways, "alternating", ordered=True)


def _hash(draft: Draft, type: str) -> Reduction:
    by, base = draft.choice((97, 101, 1000)), draft.choice((2, 3, 7, 10, 31))
    kept = Name("code", "int")

    def step(value: Expr) -> tuple[Stmt, ...]:
        grown = arithmetic("+", arithmetic("*", kept, base), value)
        return (Assign(kept, arithmetic("%", grown, by)),)

    ways = (
        f"what remains when, from 0, each of {{of}} in turn makes r into "
        f"(r * {base} + it) % {by}",
    )
    return Reduction(
        (Let(kept, number(0)),), step, (), kept, ways, "code", ordered=True
    )


def _joined(draft: Draft, type: str) -> Reduction:
    """A text of characters."""
    kept = Name("result", "str")
    if draft.chance(0.25):
        ways = ("the text of {of}, in reverse order", "{of}, joined in reverse")
        return Reduction(
            (Let(kept),),
            lambda value: (
                Assign(kept, Op("+", Call("text", (value,), "str"), kept, "str")),
            ),
            (),
            kept,
            ways,
            "reversed",
            ordered=True,
        )
    ways = ("the text made of {of}", "a text of {of}", "{of}, joined into a text")
    return Reduction(
        (Let(kept),),
        lambda value: (Update(kept, "+", value),),
        (),
        kept,
        ways,
        "text",
        ordered=True,
    )


def _counts(draft: Draft, type: str) -> Reduction:
    """How often the most frequent value comes, or how many values come often."""
    counts, best, v = (
        Name("counts", f"dict[{type}]"),
        Name("best", "int"),
        Name("v", "int"),
    )
    values = Call("values", (counts,), "list[int]")
    before: tuple[Stmt, ...] = (Let(counts),)

    def step(value: Expr) -> tuple[Stmt, ...]:
        return (Count(counts, value, number(1)),)

    if draft.chance(0.5):
        larger = If(compare(">", v, best), (Assign(best, v),))
        after = (Let(best, number(0)), For(v, values, (larger,)))
        ways = ("how often the most frequent of {of} occurs (0 if there are none)",)
        return Reduction(before, step, after, best, ways, "most_frequent")
    op, word, least = draft.choice(
        (
            (">", "more than once", 1),
            ("==", "exactly once", 1),
            ("==", "exactly twice", 2),
        )
    )
    total = Name("count", "int")
    seldom = If(compare(op, v, least), (Update(total, "+", number(1)),))
    after = (Let(total, number(0)), For(v, values, (seldom,)))
    ways = (f"how many different values occur {word} among {{of}}",)
    return Reduction(before, step, after, total, ways, "repeated")


def _table(draft: Draft, type: str) -> Reduction:
    counts = Name("counts", f"dict[{type}]")
    ways = (
        "a dictionary of how often each of {of} occurs",
        "how often each of {of} occurs, as a dictionary",
    )
    return Reduction(
        (Let(counts),),
        lambda value: (Count(counts, value, number(1)),),
        (),
        counts,
        ways,
        "counts",
    )


def _glued(draft: Draft, type: str) -> Reduction:
    between, word = draft.choice(
        ((" ", "spaces"), (",", "commas"), ("-", "`-`"), ("+", "`+`"))
    )
    kept = Name("result", "list[str]")
    ways = (f"{{of}}, joined with {word}", f"a text of {{of}} with {word} between")
    return Reduction(
        (Let(kept),),
        lambda value: (Append(kept, value),),
        (),
        Call("join", (kept, text(between)), "str"),
        ways,
        "joined",
        ordered=True,
    )


def _longest(draft: Draft, type: str) -> Reduction:
    kept = Name("best", "str")

    def step(value: Expr) -> tuple[Stmt, ...]:
        lengths = [Call("len", (one,), "int") for one in (value, kept)]
        return (If(compare(">", lengths[0], lengths[1]), (Assign(kept, value),)),)

    ways = ("the first longest of {of} (empty if there are none)",)
    return Reduction(
        (Let(kept, text("")),), step, (), kept, ways, "longest", ordered=True
    )


def _letter_counts(draft: Draft, type: str) -> Reduction:
    """How often a letter stands in all of the words."""
    one = draft.choice("aeiostrn")
    kept, c = Name("count", "int"), Name("c", "char")

    def step(value: Expr) -> tuple[Stmt, ...]:
        found = If(compare("==", c, char(one)), (Update(kept, "+", number(1)),))
        return (For(c, value, (found,)),)

    ways = (f"how often `{one}` occurs in {{of}}", f"the number of `{one}`s in {{of}}")
    return Reduction((Let(kept, number(0)),), step, (), kept, ways, f"count_{one}")


_INT = (
    *(_sum, _sum, _sum, count, count, _product, _extreme, _extreme, _last, _first),
    *(_list, _list, _quantified, _distinct, _alternating, _hash, _counts, _table),
)
_CHAR = (count, count, _joined, _joined, _joined, _quantified, _distinct, _counts)
_STR = (
    *(count, count, _list, _list, _glued, _glued, _longest, _quantified, _first),
    *(_letter_counts, _distinct),
)
_BY_TYPE = {"int": _INT, "char": _CHAR, "str": _STR}
_PLAIN = {
    "int": (_sum, _sum, count, count, _product, _extreme, _list, _list, _quantified),
    "char": (count, _joined, _joined, _quantified),
    "str": (count, count, _list, _list, _glued, _quantified),
}
