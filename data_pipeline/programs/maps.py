"""What becomes of an element."""

from __future__ import annotations

from typing import NamedTuple

from data_pipeline.programs import predicates
from data_pipeline.programs.draft import Draft
from data_pipeline.programs.phrases import Phrase
from data_pipeline.programs.predicates import Predicate
from data_pipeline.programs.tree import (
    Call,
    Choice,
    Expr,
    Op,
    arithmetic,
    char,
    last_place,
    number,
    text,
)


class Map(NamedTuple):
    """Attributes:
    value: made of the element.
    ways: to say it of many; `{of}` stands for what they are made from.
    slug: for the function's name.
    needs: a test that an element must pass first, or None.
    """

    value: Expr
    ways: tuple[str, ...]
    slug: str
    needs: Predicate | None = None
    when: Phrase | None = None

    def of(self, what: Phrase) -> Phrase:
        """The words for the values made from `what`."""
        parts = {"of": what} | ({"when": self.when} if self.when else {})
        return Phrase(self.ways, parts)


def mapped(draft: Draft, value: Expr) -> Map:
    """Something made of a value of type int, char or str."""
    draft.size += 1
    return draft.choice(_BY_TYPE[value.type])(draft, value)


def _times(draft: Draft, value: Expr) -> Map:
    by = draft.amount(2, 12)
    ways = (f"{{of}}, each multiplied by {by.word}", f"{by.word} times each of {{of}}")
    return Map(arithmetic("*", value, by.value), ways, "scaled")


def _plus(draft: Draft, value: Expr) -> Map:
    op, word = draft.choice((("+", "increased"), ("-", "decreased")))
    by = draft.amount(1, 20)
    ways = (f"{{of}}, each {word} by {by.word}",)
    return Map(arithmetic(op, value, by.value), ways, "shifted")


def _square(draft: Draft, value: Expr) -> Map:
    ways = ("the squares of {of}", "{of}, each squared")
    return Map(arithmetic("*", value, value), ways, "squares")


def _from(draft: Draft, value: Expr) -> Map:
    total = draft.whole(5, 40)
    ways = (f"{{of}}, each subtracted from {total}",)
    return Map(Op("-", number(total), value, "int"), ways, "complements")


def _absolute(draft: Draft, value: Expr) -> Map:
    than = draft.amount(3, 20)
    ways = (f"{{of}}, each replaced by its distance from {than.word}",)
    apart = arithmetic("-", value, than.value)
    return Map(Call("abs", (apart,), "int"), ways, "distances")


def _remainder(draft: Draft, value: Expr) -> Map:
    by = draft.amount(3, 10)
    ways = (
        f"{{of}}, each replaced by its remainder modulo {by.word}",
        f"{{of}}, each taken modulo {by.word}",
    )
    return Map(arithmetic("%", value, by.value), ways, "remainders")


def _divided(draft: Draft, value: Expr) -> Map:
    by = draft.amount(2, 5)
    ways = (
        f"{{of}}, each divided by {by.word} and rounded down",
        "{of}, each halved and rounded down"
        if by.word == "2"
        else f"{{of}}, each divided by {by.word} without remainder",
    )
    return Map(arithmetic("//", value, by.value), ways, "quotients")


def _digit_of(draft: Draft, value: Expr) -> Map:
    ways = ("the last digits of {of}",)
    return Map(arithmetic("%", value, 10), ways, "last_digits")


def _clipped(draft: Draft, value: Expr) -> Map:
    name, way = draft.choice(
        (
            ("min", "{{of}}, each capped at {}"),
            ("max", "{{of}}, each raised to at least {}"),
        )
    )
    than = draft.amount(3, 25)
    bounded = Call(name, (value, than.value), "int")
    return Map(bounded, (way.format(than.word),), "clipped")


def _linear(draft: Draft, value: Expr) -> Map:
    times, plus = draft.whole(2, 9), draft.whole(1, 20)
    op, word = draft.choice((("+", "increased"), ("-", "decreased")))
    ways = (
        f"{{of}}, each multiplied by {times} and then {word} by {plus}",
        f"{{of}}, each as {times} * it {op} {plus}",
    )
    draft.size += 1
    grown = arithmetic("*", value, times)
    return Map(arithmetic(op, grown, plus), ways, "transformed")


def _change(draft: Draft, value: Expr) -> tuple[str, Expr]:
    """What becomes of a number, and the word for it."""
    k = draft.whole(2, 20)
    return draft.choice(
        (
            ("doubled", arithmetic("*", value, 2)),
            ("negated", Op("-", number(0), value, "int")),
            ("squared", arithmetic("*", value, value)),
            (f"replaced by {k - 2}", number(k - 2)),
            (f"increased by {k}", arithmetic("+", value, k)),
            (f"decreased by {k}", arithmetic("-", value, k)),
            (f"multiplied by {k}", arithmetic("*", value, k)),
        )
    )


def _some(draft: Draft, value: Expr) -> Map:
    """Only those that pass a test are changed."""
    which = predicates.predicate(draft, value)
    word, changed = _change(draft, value)
    ways = (
        f"{{of}}, with those that {{when}} {word}",
        f"{{of}}, where those that {{when}} are {word}",
    )
    chosen = Choice(which.test, changed, value, "int")
    return Map(chosen, ways, "adjusted", when=which.many)


def _upper(draft: Draft, value: Expr) -> Map:
    ways = ("{of}, in capital letters", "{of} as capital letters")
    return Map(Call("upper", (value,), value.type), ways, "upper")


def _place(draft: Draft, value: Expr) -> Map:
    ways = ("the places in the alphabet (`a` is 1) of {of}",)
    place = arithmetic("+", Call("place", (value,), "int"), 1)
    return Map(place, ways, "places", predicates.letters(value))


def _shift(draft: Draft, value: Expr) -> Map:
    by = draft.amount(1, 13)
    ways = (
        f"{{of}}, each moved {by.word} forward in the alphabet (`a` follows `z`)",
        f"{{of}}, each shifted by {by.word} letters (`z` goes on with `a`)",
    )
    place = arithmetic("+", Call("place", (value,), "int"), by.value)
    moved = Call("letter", (arithmetic("%", place, 26),), "char")
    return Map(moved, ways, "shifted", predicates.letters(value))


def _value(draft: Draft, value: Expr) -> Map:
    ways = ("the values of {of}",)
    return Map(Call("digit", (value,), "int"), ways, "values", predicates.digits(value))


def _masked(draft: Draft, value: Expr) -> Map:
    which = predicates.predicate(draft, value)
    mark = draft.choice("*-#_.x")
    ways = (
        f"{{of}}, with those that {{when}} replaced by `{mark}`",
        f"{{of}}, with `{mark}` in place of those that {{when}}",
    )
    chosen = Choice(which.test, char(mark), value, "char")
    return Map(chosen, ways, "masked", when=which.many)


def _length(draft: Draft, value: Expr) -> Map:
    return Map(Call("len", (value,), "int"), ("the lengths of {of}",), "lengths")


def _end(draft: Draft, value: Expr) -> Map:
    place, word = draft.choice(((number(0), "first"), (last_place(value), "last")))
    ways = (f"the {word} letters of {{of}}",)
    return Map(Call("at", (value, place), "char"), ways, f"{word}_letters")


def _followed(draft: Draft, value: Expr) -> Map:
    mark = draft.choice(("!", "?", "s", "ed", "-", ".txt"))
    if draft.chance(0.5):
        ways = (f"{{of}}, each followed by `{mark}`", f"{{of}} with `{mark}` appended")
        return Map(Op("+", value, text(mark), "str"), ways, "marked")
    ways = (f"{{of}}, each preceded by `{mark}`", f"{{of}} with `{mark}` put before")
    return Map(Op("+", text(mark), value, "str"), ways, "prefixed")


def _twice(draft: Draft, value: Expr) -> Map:
    ways = ("{of}, each repeated twice", "{of}, each written twice")
    return Map(Op("+", value, value, "str"), ways, "repeated")


_INT = (
    *(_times, _times, _plus, _plus, _square, _from, _absolute, _remainder, _divided),
    *(_digit_of, _clipped, _some, _some, _linear, _linear),
)
_CHAR = (_upper, _place, _shift, _value, _masked, _masked)
_STR = (_length, _length, _end, _followed, _upper, _twice)
_BY_TYPE = {"int": _INT, "char": _CHAR, "str": _STR}
