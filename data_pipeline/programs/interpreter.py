"""What a function returns, by our own rules, on which all languages agree.

A tree becomes closures once and runs often. `Undefined` is raised where languages
would differ or fail: an int outside 32 bits, division of or by what is negative or by
0, a place that is negative or not there, a missing key, a character that is no digit
or small letter where one is needed, and too many steps.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from data_pipeline.programs.tree import (
    Append,
    Assign,
    Call,
    Choice,
    Count,
    Expr,
    For,
    Function,
    If,
    Let,
    Literal,
    Name,
    Not,
    Op,
    Put,
    Range,
    Return,
    Sort,
    Stmt,
    Update,
    While,
)

LIMIT = 2**31
"""Ints are from -LIMIT to LIMIT - 1."""
STEPS = 4_000
"""Of loops and calls, in one call from outside."""
DEPTH = 60
"""Of recursion."""
LONGEST = 200
"""Characters of a text."""

Frame = dict[str, Any]
_Value = Callable[[Frame], Any]
_Action = Callable[[Frame], Any]
_GO_ON = object()
"""What an action returns unless the function ends."""


class Undefined(Exception):
    """The languages would not agree on what this call returns."""


class Interpreter:
    """Runs a function; not to be shared between threads."""

    def __init__(self, function: Function):
        self._names = [param.id for param in function.params]
        self._steps = self._depth = 0
        self._decisions: list[set[bool]] = []
        self._body = self._block(function.body)

    @property
    def decided(self) -> bool:
        """Whether all tests, and all parts of them, have been true and false by now."""
        return all(len(outcomes) == 2 for outcomes in self._decisions)

    def forget(self) -> None:
        """Lets `decided` look at later calls alone."""
        for outcomes in self._decisions:
            outcomes.clear()

    def call(self, args: Sequence[Any]) -> Any:
        """What the function returns; the arguments stay as they are.

        Raises:
          Undefined: see above.
        """
        self._steps, self._depth = STEPS, DEPTH
        return self._enter(args)

    def _enter(self, args: Sequence[Any]) -> Any:
        result = self._body(dict(zip(self._names, args, strict=True)))
        if result is _GO_ON:
            raise Undefined("The function ends without a result.")
        return result

    def _again(self, args: Sequence[Any]) -> Any:
        self._tick()
        if not self._depth:
            raise Undefined("The recursion is too deep.")
        self._depth -= 1
        result = self._enter(args)
        self._depth += 1
        return result

    def _tick(self) -> None:
        self._steps -= 1
        if self._steps < 0:
            raise Undefined("It takes too many steps.")

    def _expr(self, node: Expr) -> _Value:
        match node:
            case Name(id):
                return operator.itemgetter(id)
            case Literal(value):
                return lambda frame: value
            case Op("and", left, right):
                one, two = self._test(left), self._test(right)
                return lambda frame: one(frame) and two(frame)
            case Op("or", left, right):
                one, two = self._test(left), self._test(right)
                return lambda frame: one(frame) or two(frame)
            case Op(op, left, right, type):
                rule = _rule(op, type)
                if isinstance(right, Literal):
                    return _with_literal(rule, self._expr(left), right.value)
                one, two = self._expr(left), self._expr(right)
                return lambda frame: rule(one(frame), two(frame))
            case Not(test):
                inner = self._expr(test)
                return lambda frame: not inner(frame)
            case Choice(test, yes, no):
                which, one, two = self._test(test), self._expr(yes), self._expr(no)
                return lambda frame: one(frame) if which(frame) else two(frame)
            case Call("again", args):
                inner_args = [self._expr(arg) for arg in args]
                return lambda frame: self._again([arg(frame) for arg in inner_args])
            case Call(name, (only,)):
                rule, one = _CALLS[name], self._expr(only)
                return lambda frame: rule(one(frame))
            case Call(name, (left, right)):
                rule, one, two = _CALLS[name], self._expr(left), self._expr(right)
                return lambda frame: rule(one(frame), two(frame))
        raise TypeError(f"{node} is no expression")

    def _test(self, node: Expr) -> _Value:
        """An expression whose outcomes are kept."""
        inner = self._expr(node)
        outcomes: set[bool] = set()
        self._decisions.append(outcomes)

        def decide(frame: Frame) -> bool:
            outcome = inner(frame)
            outcomes.add(outcome)
            return outcome

        return decide

    def _block(self, body: Sequence[Stmt]) -> _Action:
        actions = [self._stmt(one) for one in body]
        if len(actions) == 1:
            return actions[0]

        def run(frame: Frame) -> Any:
            for action in actions:
                if (result := action(frame)) is not _GO_ON:
                    return result
            return _GO_ON

        return run

    def _stmt(self, node: Stmt) -> _Action:
        match node:
            case Let(Name(id, type), None):
                empty = _EMPTY[type.partition("[")[0]]
                return _storing(id, lambda frame: empty())
            case Let(Name(id), value) | Assign(Name(id), value):
                assert value is not None
                return _storing(id, self._expr(value))
            case Update(Name(id, type), op, value):
                rule = _rule(op, type)
                inner = self._expr(value)
                return _storing(id, lambda frame: rule(frame[id], inner(frame)))
            case Append(Name(id, type), value):
                inner = self._expr(value)
                if type.startswith("set"):
                    return _doing(lambda frame: frame[id].add(inner(frame)))
                return _doing(lambda frame: frame[id].append(inner(frame)))
            case Count(Name(id), key, amount):
                return _doing(_counting(id, self._expr(key), self._expr(amount)))
            case Put(Name(id), key, value):
                where, inner = self._expr(key), self._expr(value)
                return _doing(
                    lambda frame: frame[id].__setitem__(where(frame), inner(frame))
                )
            case Sort(Name(id)):
                return _doing(lambda frame: frame[id].sort())
            case For(Name(id), iterable, body):
                return self._loop(id, self._expr(iterable), body)
            case Range(Name(id), start, stop, body, closed):
                first, last = self._expr(start), self._expr(stop)
                return self._loop(
                    id, lambda frame: range(first(frame), last(frame) + closed), body
                )
            case While(test, body):
                return self._while(self._expr(test), self._block(body))
            case If(test, then, other):
                which, one = self._test(test), self._block(then)
                two = self._block(other)
                return lambda frame: one(frame) if which(frame) else two(frame)
            case Return(value):
                return self._expr(value)
        raise TypeError(f"{node} is no statement")

    def _loop(self, id: str, items: _Value, body: Sequence[Stmt]) -> _Action:
        action = self._block(body)

        def run(frame: Frame) -> Any:
            all_items = items(frame)
            self._steps -= len(all_items)
            if self._steps < 0:
                raise Undefined("It takes too many steps.")
            for item in all_items:
                frame[id] = item
                if (result := action(frame)) is not _GO_ON:
                    return result
            return _GO_ON

        return run

    def _while(self, test: _Value, action: _Action) -> _Action:
        def run(frame: Frame) -> Any:
            while test(frame):
                self._tick()
                if (result := action(frame)) is not _GO_ON:
                    return result
            return _GO_ON

        return run


def _rule(op: str, type: str) -> Callable[[Any, Any], Any]:
    if type == "str":
        return _joined
    return _before if (op, type) == ("-", "index") else _BINARY[op]


def _with_literal(rule: Callable[[Any, Any], Any], one: _Value, value: Any) -> _Value:
    """The commonest expressions, with less to do for each."""
    if rule is _remainder and value > 0:

        def remainder(frame: Frame) -> int:
            if (number := one(frame)) < 0:
                raise Undefined(f"{number} is divided by {value}.")
            return number % value

        return remainder
    return lambda frame: rule(one(frame), value)


def _storing(id: str, value: _Value) -> _Action:
    def run(frame: Frame) -> Any:
        frame[id] = value(frame)
        return _GO_ON

    return run


def _doing(effect: Callable[[Frame], Any]) -> _Action:
    def run(frame: Frame) -> Any:
        effect(frame)
        return _GO_ON

    return run


def _counting(id: str, key: _Value, amount: _Value) -> Callable[[Frame], None]:
    def count(frame: Frame) -> None:
        counts, where = frame[id], key(frame)
        counts[where] = _bounded(counts.get(where, 0) + amount(frame))

    return count


def _bounded(value: int) -> int:
    if -LIMIT <= value < LIMIT:
        return value
    raise Undefined(f"{value} does not fit into 32 bits.")


def _sum(one: int, two: int) -> int:
    if -LIMIT <= (value := one + two) < LIMIT:
        return value
    raise Undefined(f"{value} does not fit into 32 bits.")


def _difference(one: int, two: int) -> int:
    return _sum(one, -two)


def _product(one: int, two: int) -> int:
    if -LIMIT <= (value := one * two) < LIMIT:
        return value
    raise Undefined(f"{value} does not fit into 32 bits.")


def _before(one: int, two: int) -> int:
    if one < two:
        raise Undefined(f"There is no place {one - two}.")
    return one - two


def _divided(one: int, two: int) -> int:
    if one < 0 or two <= 0:
        raise Undefined(f"{one} is divided by {two}.")
    return one // two


def _remainder(one: int, two: int) -> int:
    return one - _divided(one, two) * two


def _joined(one: str, two: str) -> str:
    if len(one) + len(two) > LONGEST:
        raise Undefined("The text is too long.")
    return one + two


def _at(items: Sequence[Any], place: int) -> Any:
    if not 0 <= place < len(items):
        raise Undefined(f"There is no place {place} among {len(items)}.")
    return items[place]


def _digit(char: str) -> int:
    if char not in "0123456789":
        raise Undefined(f"{char!r} is no digit.")
    return ord(char) - ord("0")


def _place(char: str) -> int:
    if not _is_letter(char):
        raise Undefined(f"{char!r} is no small letter.")
    return ord(char) - ord("a")


def _letter(place: int) -> str:
    if not 0 <= place < 26:
        raise Undefined(f"There is no letter {place}.")
    return chr(place + ord("a"))


def _is_letter(char: str) -> bool:
    if char.isupper():
        raise Undefined("Languages ask for letters, not for small ones.")
    return "a" <= char <= "z"


def _get(counts: dict[Any, int], key: Any) -> int:
    if key not in counts:
        raise Undefined(f"There is no key {key!r}.")
    return counts[key]


_EMPTY = {"str": str, "list": list, "dict": dict, "set": set}
_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": _sum,
    "-": _difference,
    "*": _product,
    "//": _divided,
    "%": _remainder,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CALLS: dict[str, Callable[..., Any]] = {
    "abs": lambda value: _bounded(abs(value)),
    "min": min,
    "max": max,
    "len": len,
    "at": _at,
    "digit": _digit,
    "place": _place,
    "letter": _letter,
    "upper": str.upper,
    "is_digit": lambda char: char in "0123456789",
    "is_letter": _is_letter,
    "within": lambda literal, char: char in literal,
    "contains": str.__contains__,
    "starts": str.startswith,
    "ends": str.endswith,
    "text": str,
    "join": lambda words, between: between.join(words),
    "has": lambda keys, key: key in keys,
    "get": _get,
    "values": dict.values,
}
