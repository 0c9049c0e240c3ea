"""The intermediate representation: small typed functions.

Types are texts: "int", "bool", "str", "char" (a character of a text), "index" (an int
that is a place in a list or text), "list[int]", "list[str]", "dict[str]", "dict[char]",
"dict[int]" (from keys of that type to int), "set[int]", "set[char]", "set[str]".
Parameters and results are never "char", "index" or sets.

Integers stay within 32 bits and are never divided when negative; the interpreter holds
every program to that, so the same tree means the same in all languages.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

OPERATORS = ("+", "-", "*", "//", "%", "==", "!=", "<", "<=", ">", ">=", "and", "or")
CALLS = {
    "abs": "the absolute value of an int",
    "min": "the smaller of two ints",
    "max": "the larger of two ints",
    "len": "how many elements or characters",
    "at": "the element of a list, or the character of a text, at a place",
    "digit": "the value of a character that is a digit",
    "place": "the place of a small letter in the alphabet, from 0",
    "letter": "the small letter at a place, from 0",
    "upper": "a character or text in capital letters",
    "is_digit": "whether a character is a digit",
    "is_letter": "whether a character is a small letter",
    "within": "whether a character stands in a literal text",
    "contains": "whether a literal text stands in a text",
    "starts": "whether a text starts with a literal text",
    "ends": "whether a text ends with a literal text",
    "text": "an int or a character as text",
    "join": "texts in one, with a literal text between",
    "has": "whether a set or dictionary has a key",
    "get": "the value of a key of a dictionary that has it",
    "values": "the values of a dictionary, in any order",
    "again": "the function itself",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Name:
    id: str
    type: str


@dataclasses.dataclass(frozen=True, slots=True)
class Literal:
    value: int | bool | str
    type: str


@dataclasses.dataclass(frozen=True, slots=True)
class Op:
    """One of `OPERATORS`; "//" rounds down, "+" also joins texts."""

    op: str
    left: Expr
    right: Expr
    type: str


@dataclasses.dataclass(frozen=True, slots=True)
class Not:
    test: Expr
    type: str = "bool"


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """`yes` if the test holds, else `no`; the other is not evaluated."""

    test: Expr
    yes: Expr
    no: Expr
    type: str


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """One of `CALLS`."""

    name: str
    args: tuple[Expr, ...]
    type: str


@dataclasses.dataclass(frozen=True, slots=True)
class Gather:
    """What a loop collects, for languages that can say it in one expression.

    Attributes:
      kind: "sum", "list", "sorted", "set", "text", "any" or "all".
      value: of each element; of "any" and "all" the test.
      iterable: as that of a `For`, or a `Range` without a body.
      test: of the elements that count; None for all.
    """

    kind: str
    value: Expr
    var: Name
    iterable: Expr | Range
    test: Expr | None
    type: str


Expr = Name | Literal | Op | Not | Choice | Call | Gather


@dataclasses.dataclass(frozen=True, slots=True)
class Let:
    """A new variable; without a value an empty text, list, dictionary or set."""

    name: Name
    value: Expr | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Assign:
    name: Name
    value: Expr


@dataclasses.dataclass(frozen=True, slots=True)
class Update:
    """`name = name op value`; "+" also adds a text or a character to a text."""

    name: Name
    op: str
    value: Expr


@dataclasses.dataclass(frozen=True, slots=True)
class Append:
    """Puts a value at the end of a list, or into a set."""

    name: Name
    value: Expr


@dataclasses.dataclass(frozen=True, slots=True)
class Count:
    """Adds to the value of a key, which is 0 if it was not there."""

    name: Name
    key: Expr
    amount: Expr


@dataclasses.dataclass(frozen=True, slots=True)
class Put:
    name: Name
    key: Expr
    value: Expr


@dataclasses.dataclass(frozen=True, slots=True)
class Sort:
    """Sorts a list that the function made."""

    name: Name


@dataclasses.dataclass(frozen=True, slots=True)
class For:
    """Over a list, the characters of a text, the keys of a dictionary, its values."""

    var: Name
    iterable: Expr
    body: tuple[Stmt, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Range:
    """From `start` to before `stop`, or to `stop` itself if it is `closed`."""

    var: Name
    start: Expr
    stop: Expr
    body: tuple[Stmt, ...]
    closed: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class While:
    test: Expr
    body: tuple[Stmt, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class If:
    test: Expr
    then: tuple[Stmt, ...]
    other: tuple[Stmt, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Return:
    value: Expr


Stmt = (
    Let | Assign | Update | Append | Count | Put | Sort | For | Range | While | If
) | Return
Node = Expr | Stmt


@dataclasses.dataclass(frozen=True, slots=True)
class Function:
    """Attributes:
    name: words of small letters with `_` between; languages write it their way.
    """

    name: str
    params: tuple[Name, ...]
    result: str
    body: tuple[Stmt, ...]


def number(value: int) -> Literal:
    return Literal(value, "int")


def text(value: str) -> Literal:
    return Literal(value, "str")


def char(value: str) -> Literal:
    return Literal(value, "char")


def arithmetic(op: str, left: Expr, right: Expr | int) -> Op:
    return Op(op, left, number(right) if isinstance(right, int) else right, "int")


def compare(op: str, left: Expr, right: Expr | int) -> Op:
    return Op(op, left, number(right) if isinstance(right, int) else right, "bool")


def both(left: Expr, right: Expr) -> Op:
    return Op("and", left, right, "bool")


_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def denied(test: Expr) -> Expr:
    """The opposite of a test, as people write it."""
    match test:
        case Op(op, left, right) if op in _OPPOSITE:
            return Op(_OPPOSITE[op], left, right, "bool")
        case Not(inner):
            return inner
    return Not(test)


@functools.cache
def _fields(kind: type) -> tuple[str, ...]:
    """Names of the fields of a node; none of what is no node."""
    if not dataclasses.is_dataclass(kind):
        return ()
    return tuple(field.name for field in dataclasses.fields(kind))


def walk(node: Any) -> Iterator[Any]:
    """A node, or a tuple of them, with all that is in it, from the top."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting += reversed(node)
        elif names := _fields(type(node)):
            yield node
            waiting += [getattr(node, name) for name in reversed(names)]


def rebuilt(node: Any, change: Callable[[Any], Any]) -> Any:
    """A copy in which every node, from the leaves up, is what `change` makes of it."""
    if isinstance(node, tuple):
        return tuple(rebuilt(one, change) for one in node)
    names = _fields(type(node))
    if not names:
        return node
    parts = [rebuilt(getattr(node, name), change) for name in names]
    return change(type(node)(*parts))


def last_place(items: Expr) -> Op:
    """The place of the last element or character."""
    return Op("-", Call("len", (items,), "index"), number(1), "index")


def element(type: str) -> str:
    """The type of what a `For` over this type gives."""
    return "char" if type == "str" else type[type.index("[") + 1 : -1]
