"""Reductions that keep texts, lists or dictionaries."""

from __future__ import annotations

from data_pipeline.programs.draft import Draft
from data_pipeline.programs.reduction import Reduction
from data_pipeline.programs.tree import (
    Append,
    Assign,
    Call,
    Count,
    Expr,
    For,
    If,
    Let,
    Name,
    Op,
    Stmt,
    Update,
    char,
    compare,
    number,
    text,
)


def joined(draft: Draft, type: str) -> Reduction:
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


def counts(draft: Draft, type: str) -> Reduction:
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
        ways = ("the highest frequency among {of} (0 if there are none)",)
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
    ways = (f"the number of different values that occur {word} among {{of}}",)
    return Reduction(before, step, after, total, ways, "repeated")


def table(draft: Draft, type: str) -> Reduction:
    counts = Name("counts", f"dict[{type}]")
    ways = (
        "a dictionary of the frequencies of {of}",
        "a dictionary that counts {of}",
    )
    return Reduction(
        (Let(counts),),
        lambda value: (Count(counts, value, number(1)),),
        (),
        counts,
        ways,
        "counts",
    )


def glued(draft: Draft, type: str) -> Reduction:
    between, word = draft.choice(
        ((" ", "spaces"), (",", "commas"), ("-", "`-`"), ("+", "`+`"))
    )
    kept = Name("result", "list[str]")
    ways = (f"{{of}}, joined with {word}", f"{{of}} in one text, separated by {word}")
    return Reduction(
        (Let(kept),),
        lambda value: (Append(kept, value),),
        (),
        Call("join", (kept, text(between)), "str"),
        ways,
        "joined",
        ordered=True,
    )


def longest(draft: Draft, type: str) -> Reduction:
    kept = Name("best", "str")

    def step(value: Expr) -> tuple[Stmt, ...]:
        lengths = [Call("len", (one,), "int") for one in (value, kept)]
        return (If(compare(">", lengths[0], lengths[1]), (Assign(kept, value),)),)

    ways = ("the first longest of {of} (empty if there are none)",)
    return Reduction(
        (Let(kept, text("")),), step, (), kept, ways, "longest", ordered=True
    )


def letter_counts(draft: Draft, type: str) -> Reduction:
    """How often a letter stands in all of the words."""
    one = draft.choice("aeiostrn")
    kept, c = Name("count", "int"), Name("c", "char")

    def step(value: Expr) -> tuple[Stmt, ...]:
        found = If(compare("==", c, char(one)), (Update(kept, "+", number(1)),))
        return (For(c, value, (found,)),)

    ways = (f"how often `{one}` occurs in {{of}}", f"the number of `{one}`s in {{of}}")
    return Reduction((Let(kept, number(0)),), step, (), kept, ways, f"count_{one}")
