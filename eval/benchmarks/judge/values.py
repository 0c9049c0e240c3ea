"""Python values as JSON, for the two processes of a judge; standard library alone.

What JSON has stands for itself; a dictionary is always a tag with its content:

    (1, {2: "a"})  ->  {"tuple": [1, {"dict": [[2, "a"]]}]}

Types are kept apart as Python's `==` and `isinstance` keep them apart: True from 1, 1
from 1.0, lists from tuples. What is derived from a built-in type, as `Counter`,
`IntEnum` or a named tuple, goes across as that type, without its methods: with those it
would be no data. Anything else stays where it is, and a number goes in its place.
"""

from __future__ import annotations

import builtins
import collections
from collections.abc import Callable
from typing import Any

_PLAIN = frozenset({type(None), bool, float, str})
_MOST = 2**63
_SEQUENCES = (list, tuple, set, frozenset, collections.deque)
_BASES = (int, float, str, bytes, bytearray, list, tuple, dict, set, frozenset)
HELD = "held"
"""The tag of what stays where it is."""


def encode(value: Any, hold: Callable[[Any], Any]) -> Any:
    """A value that `json.dumps` takes.

    Args:
      hold: gives the content of `HELD` for what is no data.

    Raises:
      RecursionError: it is nested too deep, or holds itself.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is int:
        return value if -_MOST < value < _MOST else {"int": hex(value)}
    if kind is list:
        kinds = set(map(type, value))
        if kinds <= _PLAIN:
            return value
        if kinds == {int} and -_MOST < min(value) and max(value) < _MOST:
            return value
        return [encode(item, hold) for item in value]
    if kind in _SEQUENCES:
        return {kind.__name__: [encode(item, hold) for item in value]}
    if kind is dict:
        pairs = [[encode(k, hold), encode(v, hold)] for k, v in value.items()]
        return {"dict": pairs}
    if kind in (bytes, bytearray):
        return {kind.__name__: value.hex()}
    if kind is complex:
        return {"complex": [value.real, value.imag]}
    if kind is range:
        parts = (value.start, value.stop, value.step)
        return {"range": [encode(part, hold) for part in parts]}
    if kind is type and vars(builtins).get(value.__name__) is value:
        return {"type": value.__name__}
    for base in _BASES:
        if isinstance(value, base):
            return encode(_bare(base, value), hold)
    number = _number(value)
    return {HELD: hold(value)} if number is None else number


def decode(value: Any, held: Callable[[Any], Any]) -> Any:
    """What `encode` made JSON of.

    Args:
      held: finds what stands for the content of `HELD`.

    Raises:
      ValueError, TypeError, ArithmeticError, RecursionError: `encode` never made it.
    """
    if type(value) is list:
        if set(map(type, value)) <= _PLAIN | {int}:
            return value.copy()  # for whoever changes it and compares
        return [decode(item, held) for item in value]
    if type(value) is not dict:
        return value
    if len(value) != 1:
        raise ValueError("A tag stands alone.")
    ((tag, content),) = value.items()
    if tag == HELD:
        return held(content)
    if tag not in _MAKE:
        raise ValueError("There is no such tag.")
    return _MAKE[tag](content, held)


def _items(kind: Callable) -> Callable:
    return lambda content, held: kind([decode(item, held) for item in content])


def _decimal(content: str, _: Callable) -> Any:
    from decimal import Decimal  # slow to load, and seldom needed

    return Decimal(content)


def _fraction(content: list, held: Callable) -> Any:
    from fractions import Fraction

    return Fraction(*(decode(part, held) for part in content))


def _type(content: str, _: Callable) -> type:
    found = vars(builtins)[content] if content in vars(builtins) else None
    if not isinstance(found, type):
        raise ValueError("There is no such type.")
    return found


_MAKE: dict[str, Callable[[Any, Callable], Any]] = {
    "int": lambda content, _: int(content, 16),
    "dict": lambda content, held: {
        decode(k, held): decode(v, held) for k, v in content
    },
    "bytes": lambda content, _: bytes.fromhex(content),
    "bytearray": lambda content, _: bytearray.fromhex(content),
    "complex": lambda content, _: complex(*content),
    "range": lambda content, held: range(*(decode(part, held) for part in content)),
    "type": _type,
    "decimal": _decimal,
    "fraction": _fraction,
    **{kind.__name__: _items(kind) for kind in _SEQUENCES},
}


def _bare(base: type, value: Any) -> Any:
    """The value as the built-in type that it is derived from, whatever it overrides."""
    if base in (int, float):
        return base.__pos__(value)  # pyright: ignore[reportAttributeAccessIssue]
    if base is str:
        return str.__str__(value)
    if base is dict:
        return dict(dict.items(value))
    return base(base.__iter__(value))  # pyright: ignore[reportAttributeAccessIssue]


def _number(value: Any) -> Any:
    """Numbers of the standard library that are equal to plain ones."""
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    if name == "decimal.Decimal":
        return {"decimal": str(value)}
    if name == "fractions.Fraction":
        return {"fraction": [encode(part, hex) for part in value.as_integer_ratio()]}
    return None
