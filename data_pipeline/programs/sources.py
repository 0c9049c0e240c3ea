"""Where elements come from: a list, a text, a range, digits, neighbours, pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from data_pipeline.programs.draft import Draft
from data_pipeline.programs.phrases import Phrase, phrase
from data_pipeline.programs.predicates import Predicate
from data_pipeline.programs.tree import (
    Call,
    Expr,
    For,
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


class Source(NamedTuple):
    """Attributes:
    value: one element.
    loop: statements that run a body for each element.
    ways: to say all of them, in the plural; `{which}` is where a filter is said.
    ordered: the elements come in a known order.
    """

    value: Expr
    loop: Callable[[Sequence[Stmt]], tuple[Stmt, ...]]
    ways: tuple[str, ...]
    ordered: bool = True

    def all(self) -> Phrase:
        return Phrase(tuple(way.replace("{which}", "") for way in self.ways))

    def that(self, predicate: Predicate) -> Phrase:
        """The elements that pass a test."""
        which = phrase(" that {many}", many=predicate.many)
        return Phrase(self.ways, {"which": which})


def source(draft: Draft, plain: bool) -> Source:
    """A source with new parameters; a plain one is what loops go over as it is."""
    return draft.choice(_PLAIN if plain else _SOURCES)(draft)


def over(iterable: Name, var: str) -> Callable[[Sequence[Stmt]], tuple[Stmt, ...]]:
    name = Name(var, element(iterable.type))
    return lambda body: (For(name, iterable, tuple(body)),)


def _numbers(draft: Draft) -> Source:
    xs = draft.param("list[int]", "any")
    ways = (
        f"the numbers in `{xs.id}`{{which}}",
        f"the elements of `{xs.id}`{{which}}",
    )
    return Source(Name("x", "int"), over(xs, "x"), ways)


def _words(draft: Draft) -> Source:
    words = draft.param("list[str]", "words")
    ways = (
        f"the words in `{words.id}`{{which}}",
        f"the words of `{words.id}`{{which}}",
    )
    return Source(Name("w", "str"), over(words, "w"), ways)


def _characters(draft: Draft) -> Source:
    s = draft.param("str", "text")
    ways = (
        f"the characters of `{s.id}`{{which}}",
        f"the characters in `{s.id}`{{which}}",
    )
    return Source(Name("c", "char"), over(s, "c"), ways)


def _range(draft: Draft) -> Source:
    n = draft.param("int", "count")
    first = draft.choice((1, 1, 0))
    closed = bool(first) or draft.chance(0.5)
    i = Name("i", "int")

    def loop(body: Sequence[Stmt]) -> tuple[Stmt, ...]:
        return (Range(i, number(first), n, tuple(body), closed),)

    if closed:
        ways = (
            f"the numbers from {first} to `{n.id}`{{which}}",
            f"the numbers between {first} and `{n.id}` (inclusive){{which}}",
        )
    else:
        ways = (f"the numbers from {first} up to but without `{n.id}`{{which}}",)
    return Source(i, loop, ways)


def _digits(draft: Draft) -> Source:
    n = draft.param("int", "large")
    rest, digit = Name("rest", "int"), Name("d", "int")
    draft.most = 8

    def loop(body: Sequence[Stmt]) -> tuple[Stmt, ...]:
        return (
            Let(rest, n),
            While(
                compare(">", rest, 0),
                (
                    Let(digit, arithmetic("%", rest, 10)),
                    *body,
                    Update(rest, "//", number(10)),
                ),
            ),
        )

    ways = (
        f"the digits of `{n.id}` (0 has none){{which}}",
        f"the decimal digits of `{n.id}` (0 has none){{which}}",
    )
    return Source(digit, loop, ways, ordered=False)


def _neighbours(draft: Draft) -> Source:
    xs = draft.param("list[int]", "any")
    i, value = Name("i", "index"), Name("d", "int")
    before = Call("at", (xs, Op("-", i, number(1), "index")), "int")
    here = Call("at", (xs, i), "int")
    kind = draft.choice(("differences", "sums", "distances"))
    combined: Expr = Op("+" if kind == "sums" else "-", here, before, "int")
    if kind == "distances":
        combined = Call("abs", (combined,), "int")

    def loop(body: Sequence[Stmt]) -> tuple[Stmt, ...]:
        stop = Call("len", (xs,), "index")
        return (Range(i, number(1), stop, (Let(value, combined), *body)),)

    said = {
        "differences": "the differences between each number in `{}` and the one before",
        "sums": "the sums of neighbouring numbers in `{}`",
        "distances": "the absolute differences of neighbouring numbers in `{}`",
    }[kind].format(xs.id)
    draft.size += 1
    draft.slugs.append("steps")
    return Source(value, loop, (said + "{which}",))


def _pairs(draft: Draft) -> Source:
    a, b = draft.pair("list[int]", "any")
    i, value = Name("i", "index"), Name("v", "int")
    one, two = (Call("at", (xs, i), "int") for xs in (a, b))
    kind = draft.choice(("products", "sums", "differences", "larger", "smaller"))
    combined: Expr
    if kind in ("larger", "smaller"):
        combined = Call("max" if kind == "larger" else "min", (one, two), "int")
    else:
        combined = Op({"products": "*", "sums": "+"}.get(kind, "-"), one, two, "int")
    shorter = Name("n", "index")
    lengths = tuple(Call("len", (xs,), "index") for xs in (a, b))

    def loop(body: Sequence[Stmt]) -> tuple[Stmt, ...]:
        return (
            Let(shorter, Call("min", lengths, "index")),
            Range(i, number(0), shorter, (Let(value, combined), *body)),
        )

    said = {
        "products": "the products of the numbers at the same place in `a` and `b`",
        "sums": "the sums of the numbers at the same place in `a` and `b`",
        "differences": "the differences `a[i] - b[i]` at each common place",
        "larger": "the larger numbers at each common place of `a` and `b`",
        "smaller": "the smaller numbers at each common place of `a` and `b`",
    }[kind]
    draft.size += 1
    draft.slugs.append("pairs")
    return Source(value, loop, (said + "{which}",))


def _places(draft: Draft) -> Source:
    """The elements at even or odd places."""
    xs = draft.param(*draft.choice((("list[int]", "any"), ("list[str]", "words"))))
    i = Name("i", "index")
    value = Name("x" if xs.type == "list[int]" else "w", element(xs.type))
    odd = draft.chance(0.5)

    def loop(body: Sequence[Stmt]) -> tuple[Stmt, ...]:
        step = Update(i, "+", number(2))
        first = Let(value, Call("at", (xs, i), value.type))
        test = compare("<", i, Call("len", (xs,), "index"))
        return (Let(i, Literal(int(odd), "index")), While(test, (first, *body, step)))

    what = "numbers" if value.type == "int" else "words"
    word = "odd" if odd else "even"
    ways = (
        f"the {what} at {word} places of `{xs.id}` (from 0){{which}}",
        f"the {what} at {word} indices of `{xs.id}`{{which}}",
    )
    draft.size += 1
    draft.slugs.append(f"{word}_places")
    return Source(value, loop, ways)


def _weighted(draft: Draft) -> Source:
    """The numbers, each with its place."""
    xs = draft.param("list[int]", "any")
    i, value = Name("i", "index"), Name("v", "int")
    first = draft.choice((0, 1))
    place: Expr = Op("+", i, number(1), "index") if first else i
    op, word = draft.choice((("*", "multiplied by"), ("+", "plus"), ("-", "minus")))
    here = Call("at", (xs, i), "int")

    def loop(body: Sequence[Stmt]) -> tuple[Stmt, ...]:
        stop = Call("len", (xs,), "index")
        inner = (Let(value, Op(op, here, place, "int")), *body)
        return (Range(i, number(0), stop, inner),)

    said = f"the numbers in `{xs.id}`, each {word} its place (from {first})"
    draft.size += 1
    draft.slugs.append("weighted")
    return Source(value, loop, (said + "{which}",))


def _stored(draft: Draft) -> Source:
    table = draft.param("dict[str]", "table")
    ways = (
        f"the values of `{table.id}`{{which}}",
        f"the values in `{table.id}`{{which}}",
    )
    value = Name("v", "int")
    values = Call("values", (table,), "list[int]")

    def loop(body: Sequence[Stmt]) -> tuple[Stmt, ...]:
        return (For(value, values, tuple(body)),)

    return Source(value, loop, ways, ordered=False)


_PLAIN = (
    *(_numbers, _numbers, _numbers, _words, _words, _characters, _characters),
    *(_range, _digits, _stored),
)
_SOURCES = (
    *(_numbers, _numbers, _numbers, _words, _words, _characters, _characters),
    *(_range, _range, _digits, _neighbours, _pairs, _places, _weighted, _stored),
)
