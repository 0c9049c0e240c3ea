"""The submission's process: it calls what it is asked to call, and says what came.

It knows nothing of the tests. Whatever a submission does to it, it can only say
something else, which the judge takes for data as well. Standard library alone.
"""

from __future__ import annotations

import itertools
import os
import sys
import types
from typing import Any

from eval.benchmarks.judge import values
from eval.benchmarks.judge.line import Gone, taken

SUBMISSION = "submission.py"
_MUTABLE = ("dict", "set", "bytearray", "deque")
_MOST_ITEMS = 1_000_000
_MOST_WORDS = 1_000


class Answerer:
    """The submission's functions, and those of its objects that are no data."""

    def __init__(self) -> None:
        self._module = types.ModuleType("submission")
        sys.modules["submission"] = self._module  # dataclasses look there
        self._held: list[Any] = []

    def load(self) -> list[Any]:
        with open(SUBMISSION, "rb") as file:
            source = file.read()
        try:
            code = compile(source, SUBMISSION, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return ["syntax", *_told(error)[1:]]
        try:
            exec(code, vars(self._module))
        except BaseException as error:
            return _told(error)
        return ["loaded"]

    def answer(self, message: list[Any]) -> list[Any]:
        """What comes of a message: a value, or an exception.

        The messages: `call` a function, or something held, with arguments; `get` or
        `set` an attribute of something held; `iterate` over it.
        """
        word, target, *rest = message
        try:
            if word == "call":
                return self._call(target, *rest)
            one = self._found(target)
            if word == "get":
                return ["value", self._encode(getattr(one, rest[0])), {}]
            if word == "set":
                setattr(one, rest[0], self._decode(rest[1]))
                return ["value", None, {}]
            items = list(itertools.islice(one, _MOST_ITEMS))
            return ["value", self._encode(items), {}]
        except BaseException as error:
            return _told(error)

    def _call(self, target: Any, arguments: list[Any], named: Any) -> list[Any]:
        function = self._found(target)
        given = [self._decode(argument) for argument in arguments]
        result = function(*given, **self._decode(named))
        changed = {}
        for place, (before, argument) in enumerate(zip(arguments, given, strict=True)):
            if _mutable(before) and (after := self._encode(argument)) != before:
                changed[str(place)] = after
        return ["value", self._encode(result), changed]

    def _found(self, target: Any) -> Any:
        if isinstance(target, int):
            return self._held[target]
        try:
            return vars(self._module)[target]
        except KeyError:
            raise NameError(f"name {target!r} is not defined") from None

    def _hold(self, value: Any) -> list[Any]:
        self._held.append(value)
        return [len(self._held) - 1, type(value).__name__]

    def _encode(self, value: Any) -> Any:
        return values.encode(value, self._hold)

    def _decode(self, value: Any) -> Any:
        return values.decode(value, self._found)


def _mutable(encoded: Any) -> bool:
    if isinstance(encoded, dict):
        return next(iter(encoded)) in _MUTABLE
    return isinstance(encoded, list)


def _told(error: BaseException) -> list[Any]:
    """An exception: names of its classes, the nearest first, its text and its trace."""
    names = [kind.__name__ for kind in type(error).__mro__]
    try:
        text = str(error)
    except Exception:
        text = ""
    import traceback  # slow to load, and often not needed

    frames = traceback.walk_tb(error.__traceback__)
    own = [
        n for n, (frame, _) in enumerate(frames) if frame.f_code.co_filename == __file__
    ]
    trace = error.__traceback__
    for _ in range(own[-1] + 1 if own else 0):
        trace = trace and trace.tb_next
    lines = traceback.format_exception(type(error), error, trace, limit=-5, chain=False)
    return ["raised", names, text[:_MOST_WORDS], "".join(lines)[-_MOST_WORDS:]]


def main() -> None:
    """Answers until nobody asks any more."""
    line = taken()
    line.send("started")
    answerer = Answerer()
    try:
        line.send(answerer.load())
        while True:
            line.send(answerer.answer(line.receive()))
    except Gone:
        os._exit(0)
