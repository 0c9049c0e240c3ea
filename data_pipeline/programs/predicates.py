"""Tests of elements: which of them count."""

from __future__ import annotations

from typing import NamedTuple

from data_pipeline.programs.draft import Draft
from data_pipeline.programs.phrases import Phrase, phrase, singular
from data_pipeline.programs.tree import (
    Call,
    Expr,
    Not,
    Op,
    arithmetic,
    both,
    char,
    compare,
    last_place,
    number,
    text,
)


class Predicate(NamedTuple):
    """Attributes:
    test: of the element that it was made for.
    plural: ways to say it of many: "are even".
    slug: for the function's name.
    """

    test: Expr
    plural: tuple[str, ...]
    slug: str

    @property
    def many(self) -> Phrase:
        return phrase(*self.plural)

    @property
    def one(self) -> Phrase:
        """As said of one: "is even"."""
        return phrase(*map(singular, self.plural))


def predicate(draft: Draft, value: Expr, depth: int = 1) -> Predicate:
    """A test of a value of type int, char or str; of two parts if the depth is 2."""
    draft.size += 1
    first = draft.choice(_BY_TYPE[value.type])(draft, value)
    if depth < 2:
        return first
    draft.size += 1
    second = draft.choice(_BY_TYPE[value.type])(draft, value)
    word = draft.choice(("and", "or"))
    joined = tuple(f"{a} {word} {b}" for a in first.plural for b in second.plural)
    slug = f"{first.slug}_{word}_{second.slug}"
    return Predicate(Op(word, first.test, second.test, "bool"), joined, slug)


def _rest(value: Expr, by: Expr | int) -> Expr:
    return arithmetic("%", value, by)


def _even(draft: Draft, value: Expr) -> Predicate:
    return Predicate(compare("==", _rest(value, 2), 0), ("are even",), "even")


def _odd(draft: Draft, value: Expr) -> Predicate:
    test = compare(
        *draft.choice((("==", _rest(value, 2), 1), ("!=", _rest(value, 2), 0)))
    )
    return Predicate(test, ("are odd",), "odd")


def _divisible(draft: Draft, value: Expr) -> Predicate:
    by = draft.amount(3, 12)
    ways = (f"are divisible by {by.word}", f"are multiples of {by.word}")
    return Predicate(compare("==", _rest(value, by.value), 0), ways, "multiples")


def _indivisible(draft: Draft, value: Expr) -> Predicate:
    by = draft.amount(3, 12)
    ways = (f"are not divisible by {by.word}", f"are no multiples of {by.word}")
    return Predicate(compare("!=", _rest(value, by.value), 0), ways, "others")


def _remainder(draft: Draft, value: Expr) -> Predicate:
    by = draft.whole(3, 12)
    left = draft.whole(1, by - 1)
    ways = (
        f"leave remainder {left} when divided by {by}",
        f"give {left} modulo {by}",
    )
    return Predicate(compare("==", _rest(value, by), left), ways, "remainder")


def _last_digit(draft: Draft, value: Expr) -> Predicate:
    digit = draft.whole(0, 9)
    ways = (f"end in the digit {digit}", f"have the last digit {digit}")
    return Predicate(compare("==", _rest(value, 10), digit), ways, f"ending_{digit}")


_ORDER = (
    (">", ("are greater than {}", "are above {}", "exceed {}"), "above"),
    ("<", ("are less than {}", "are below {}", "are smaller than {}"), "below"),
    (">=", ("are at least {}", "are not below {}"), "at_least"),
    ("<=", ("are at most {}", "are not above {}"), "at_most"),
    ("!=", ("are not equal to {}", "differ from {}"), "not_equal"),
)


def _ordered(draft: Draft, value: Expr) -> Predicate:
    op, ways, slug = draft.choice(_ORDER)
    than = draft.amount(2, draft.most)
    said = tuple(way.format(than.word) for way in ways)
    return Predicate(compare(op, value, than.value), said, slug)


def _between(draft: Draft, value: Expr) -> Predicate:
    low = draft.whole(1, draft.most // 2)
    high = low + draft.whole(2, draft.most // 2)
    test = both(compare(">=", value, low), compare("<=", value, high))
    ways = (f"are from {low} to {high}", f"are at least {low} and at most {high}")
    return Predicate(test, ways, "between")


def _outside(draft: Draft, value: Expr) -> Predicate:
    low = draft.whole(2, draft.most // 2)
    high = low + draft.whole(2, draft.most // 2)
    test = Op("or", compare("<", value, low), compare(">", value, high), "bool")
    ways = (f"are less than {low} or greater than {high}",)
    return Predicate(test, ways, "outside")


def _positive(draft: Draft, value: Expr) -> Predicate:
    return Predicate(compare(">", value, 0), ("are positive",), "positive")


def _within(draft: Draft, value: Expr) -> Predicate:
    letters, ways, slug = _class(draft)
    return Predicate(Call("within", (text(letters), value), "bool"), ways, slug)


_CLASSES = (
    ("aeiou", ("are vowels",), "vowels"),
    ("02468", ("are even digits",), "even_digits"),
    ("13579", ("are odd digits",), "odd_digits"),
)


def _class(draft: Draft) -> tuple[str, tuple[str, ...], str]:
    """Characters, ways to say them, and a slug: a known class, or a few letters."""
    if draft.chance(0.5):
        return _CLASSES[0] if draft.chance(0.6) else draft.choice(_CLASSES)
    letters = draft.rng.sample("abcdeghilmnoprstu", draft.whole(2, 4))
    joined = "".join(sorted(letters))
    return joined, (f"are one of `{joined}`", f"stand in `{joined}`"), joined


def _without(draft: Draft, value: Expr) -> Predicate:
    letters, ways, slug = _class(draft)
    test = Not(Call("within", (text(letters), value), "bool"))
    return Predicate(test, tuple(map(_denied, ways)), f"no_{slug}")


def _denied(way: str) -> str:
    verb, rest = way.split(" ", 1)
    return f"are not {rest}" if verb == "are" else f"do not {way}"


def _consonant(draft: Draft, value: Expr) -> Predicate:
    vowel = Call("within", (text("aeiou"), value), "bool")
    test = both(Call("is_letter", (value,), "bool"), Not(vowel))
    return Predicate(test, ("are consonants",), "consonants")


def _digit(draft: Draft, value: Expr) -> Predicate:
    return Predicate(Call("is_digit", (value,), "bool"), ("are digits",), "digits")


def letters(value: Expr) -> Predicate:
    return Predicate(Call("is_letter", (value,), "bool"), ("are letters",), "letters")


def digits(value: Expr) -> Predicate:
    return Predicate(Call("is_digit", (value,), "bool"), ("are digits",), "digits")


def _letter(draft: Draft, value: Expr) -> Predicate:
    return letters(value)


def _space(draft: Draft, value: Expr) -> Predicate:
    return Predicate(compare("!=", value, char(" ")), ("are not spaces",), "no_spaces")


def _same(draft: Draft, value: Expr) -> Predicate:
    one = draft.choice("abcdefghiklmnoprstu")
    op, way = draft.choice((("==", "are `{}`"), ("!=", "are not `{}`")))
    slug = one if op == "==" else f"not_{one}"
    return Predicate(compare(op, value, char(one)), (way.format(one),), slug)


def _alphabet(draft: Draft, value: Expr) -> Predicate:
    one = draft.choice("fghjklmnpqr")
    op, way = draft.choice(
        (("<", "are letters before `{}`"), (">", "are letters after `{}`"))
    )
    test = both(Call("is_letter", (value,), "bool"), compare(op, value, char(one)))
    slug = "before" if op == "<" else "after"
    return Predicate(test, (way.format(one),), f"{slug}_{one}")


def _length(draft: Draft, value: Expr) -> Predicate:
    op, ways, slug = draft.choice(_LENGTHS)
    than = draft.amount(2, 6)
    length = Call("len", (value,), "int")
    said = tuple(way.format(than.word) for way in ways)
    return Predicate(compare(op, length, than.value), said, slug)


_LENGTHS = (
    (">", ("have more than {} letters", "are longer than {}"), "long"),
    ("<", ("have fewer than {} letters", "are shorter than {}"), "short"),
    ("==", ("have exactly {} letters", "are of length {}"), "exact"),
    (">=", ("have at least {} letters",), "long"),
    ("!=", ("do not have {} letters", "are not of length {}"), "other_length"),
)


def _even_length(draft: Draft, value: Expr) -> Predicate:
    op, way = draft.choice((("==", "even"), ("!=", "odd")))
    test = compare(op, _rest(Call("len", (value,), "int"), 2), 0)
    ways = (f"have an {way} number of letters", f"are of {way} length")
    return Predicate(test, ways, f"{way}_length")


def _start(draft: Draft, value: Expr) -> Predicate:
    name, ways, slug = draft.choice(
        (
            ("starts", ("start with `{}`", "begin with `{}`"), "starting"),
            ("ends", ("end with `{}`",), "ending"),
        )
    )
    one = draft.choice("abcdeilnorst")
    said = tuple(way.format(one) for way in ways)
    return Predicate(Call(name, (value, text(one)), "bool"), said, f"{slug}_{one}")


def _containing(draft: Draft, value: Expr) -> Predicate:
    one = draft.choice("aeiounrtlgk")
    found: Expr = Call("contains", (value, text(one)), "bool")
    if draft.chance(0.3):
        return Predicate(Not(found), (f"do not contain `{one}`",), f"without_{one}")
    ways = (f"contain `{one}`", f"contain the letter `{one}`")
    return Predicate(found, ways, f"with_{one}")


def _ends_alike(draft: Draft, value: Expr) -> Predicate:
    places = number(0), last_place(value)
    ends = [Call("at", (value, place), "char") for place in places]
    ways = ("start and end with the same letter", "have the same first and last letter")
    return Predicate(compare("==", ends[0], ends[1]), ways, "ends_alike")


_INT = (
    *(_even, _odd, _divisible, _indivisible, _remainder, _last_digit, _ordered),
    *(_ordered, _ordered, _between, _outside, _positive),
)
_CHAR = (
    *(_within, _within, _without, _consonant, _digit, _letter, _space, _same),
    _alphabet,
)
_STR = (_length, _length, _even_length, _start, _start, _containing, _ends_alike)
_BY_TYPE = {"int": _INT, "char": _CHAR, "str": _STR}
