"""What is made of all elements."""

from __future__ import annotations

from data_pipeline.programs import predicates
from data_pipeline.programs.draft import Draft
from data_pipeline.programs.gatherings import (
    counts,
    glued,
    joined,
    letter_counts,
    longest,
    table,
)
from data_pipeline.programs.reduction import Reduction
from data_pipeline.programs.tree import (
    Append,
    Assign,
    Call,
    Expr,
    If,
    Let,
    Literal,
    Name,
    Op,
    Return,
    Stmt,
    Update,
    arithmetic,
    compare,
    denied,
    number,
    rebuilt,
    text,
)


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
        "the number of distinct values among {of}",
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
        f"the last value of r, which is 0 and then becomes (r * {base} + x) % {by} for "
        "each x of {of}",
    )
    return Reduction(
        (Let(kept, number(0)),), step, (), kept, ways, "code", ordered=True
    )


_INT = (
    *(_sum, _sum, _sum, count, count, _product, _extreme, _extreme, _last, _first),
    *(_list, _list, _quantified, _distinct, _alternating, _hash, counts, table),
)
_CHAR = (count, count, joined, joined, joined, _quantified, _distinct, counts)
_STR = (
    *(count, count, _list, _list, glued, glued, longest, _quantified, _first),
    *(letter_counts, _distinct),
)
_BY_TYPE = {"int": _INT, "char": _CHAR, "str": _STR}
_PLAIN = {
    "int": (_sum, _sum, count, count, _product, _extreme, _list, _list, _quantified),
    "char": (count, joined, joined, _quantified),
    "str": (count, count, _list, _list, glued, _quantified),
}
