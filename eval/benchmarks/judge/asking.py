"""The judge's process: it runs tests, with stand-ins for what the submission defines.

The verdict is all that it writes to standard error: JSON with `kind`, one of the words
below, `detail` for people, and `codes`. Standard library alone.
"""

from __future__ import annotations

import builtins
import json
import os
import time
from typing import Any

from eval.benchmarks.judge import values
from eval.benchmarks.judge.line import Garbled, Gone, Line, Overdue, taken

TASK = "task.json"
PASSED, FAILED, RAISED, SYNTAX = "passed", "failed", "raised", "syntax"
GONE, LEFT, OVERDUE, GARBLED = "gone", "left", "overdue", "garbled"
MEMORY, UNUSABLE, ABSENT = "memory", "unusable", "absent"
_LONGEST = 300
_LONGEST_DETAIL = 10_000


class NoData(Exception):
    """A test looks into something that stayed in the submission's process."""


class NotSent(BaseException):
    """The tests hand over what cannot go to the submission's process."""


class Wrong(AssertionError):
    """A result is wrong; the text says all that there is to say."""


class Asker:
    """Asks the submission's process.

    Attributes:
      broken: the first of `GONE`, `LEFT`, `OVERDUE`, `GARBLED` that happened, else "".
        Tests cannot make up for it.
      call_seconds: that each answer may take.
      last: what was asked last, and the answer, for people.
    """

    def __init__(self, line: Line, seconds: float, call_seconds: float):
        self._line = line
        self._line.receive()  # that it has started, for which it has its own limit
        self._deadline = time.monotonic() + seconds
        self.call_seconds = call_seconds
        self.broken, self.last = "", ""

    def loaded(self) -> list[Any]:
        """What came of loading the submission."""
        return self._guarded(None)

    def ask(self, word: str, target: Any, *rest: Any) -> Any:
        """Raises:
        Exception: what the submission raised, as the nearest built-in exception; its
          trace is in `__notes__`.
        Gone, Overdue, Garbled: there is no answer, now or ever.
        """
        encoded = [values.encode(part, self._number) for part in rest]
        reply = self._guarded([word, target, *encoded])
        try:
            if reply[0] == "raised":
                self._raise(*reply[1:])
            told, result, changed = reply
            if told != "value":
                raise ValueError
            result = values.decode(result, self._held)
            for place, now in changed.items():
                _change(rest[0][int(place)], values.decode(now, self._held))
            return result
        except _MALFORMED as error:
            if _is_submissions(error):
                raise
            self.broken = GARBLED
            raise Garbled from error

    def _guarded(self, message: Any) -> list[Any]:
        """A reply, which is a list that begins with a word."""
        try:
            if self.broken:
                raise Gone
            deadline = min(self._deadline, time.monotonic() + self.call_seconds)
            if message is not None:
                self._line.send(message, deadline)
            reply = self._line.receive(deadline)
            if not (isinstance(reply, list) and reply and isinstance(reply[0], str)):
                raise Garbled
            if reply[0] == RAISED and reply[1][:1] == ["SystemExit"]:
                self.broken = LEFT
                raise Gone
            return reply
        except Gone:
            self.broken = self.broken or GONE
            raise
        except Overdue:
            self.broken = OVERDUE
            raise
        except (Garbled, IndexError, TypeError) as error:
            self.broken = GARBLED
            raise Garbled from error

    def _raise(self, names: list[str], text: str, trace: str) -> None:
        for name in names:
            kind = vars(builtins).get(name)
            if name in _ENDINGS or not isinstance(kind, type):
                continue
            if issubclass(kind, Exception):
                break
        else:
            kind = Exception
        try:
            error = kind(text)
        except TypeError:  # some want more than a text
            error = Exception(text)
        error.__notes__ = [_MARK, str(trace)]
        raise error

    def _number(self, value: Any) -> int:
        if isinstance(value, Held):
            return object.__getattribute__(value, "_target")
        raise NotSent(f"they hand over {value!r}, which is no data")

    def _held(self, content: Any) -> Held:
        number, title = content
        if not (isinstance(number, int) and isinstance(title, str)):
            raise ValueError
        return Held(self, number, title)


_MALFORMED = (
    *(ValueError, TypeError, ArithmeticError, RecursionError, LookupError),
    AttributeError,
)
_MARK = "raised by the submission"
_ENDINGS = ("StopIteration", "StopAsyncIteration")
"""Would end a loop of the tests over a `map`, without an error."""


class Held:
    """Stands for a function of the submission, or an object that is no data.

    It can be called, handed back, asked for attributes and gone through. What would
    make it pass for data (comparing, truth, text) raises `NoData`.
    """

    def __init__(self, asker: Asker, target: int | str, title: str):
        for name, value in (("_asker", asker), ("_target", target), ("_title", title)):
            object.__setattr__(self, name, value)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        asker, target, title = _parts(self)
        shown = [
            *map(_short, arguments),
            *(f"{k}={_short(v)}" for k, v in named.items()),
        ]
        asker.last = f"{title}({', '.join(shown)})"
        result = asker.ask("call", target, list(arguments), named)
        asker.last += f" gave {_short(result)}"
        return result

    def __getattr__(self, name: str) -> Any:
        asker, target, title = _parts(self)
        if name.startswith("__") or isinstance(target, str):
            raise AttributeError(name)
        return asker.ask("get", target, name)

    def __setattr__(self, name: str, value: Any) -> None:
        asker, target, _ = _parts(self)
        asker.ask("set", target, name, value)

    def __iter__(self) -> Any:
        asker, target, _ = _parts(self)
        return iter(asker.ask("iterate", target))


def _parts(held: Held) -> tuple[Asker, Any, str]:
    get = object.__getattribute__
    return get(held, "_asker"), get(held, "_target"), get(held, "_title")


def limit_calls(held: Held, seconds: float) -> None:
    """Gives each further call that much time."""
    _parts(held)[0].call_seconds = seconds


def _no_data(held: Held, *_: Any) -> Any:
    title = _parts(held)[2]
    raise NoData(
        f"The submission gave an object of its type {title!r} where data is due."
    )


for _name in (
    *("eq", "ne", "lt", "le", "gt", "ge", "hash", "bool", "str", "repr", "format"),
    *("getitem", "contains", "add", "radd", "sub", "rsub", "mul", "rmul"),
    *("int", "float", "index", "abs", "neg", "round", "truediv", "rtruediv", "mod"),
):
    setattr(Held, f"__{_name}__", _no_data)


def _short(value: Any) -> str:
    if isinstance(value, Held):
        return f"<{_parts(value)[2]}>"
    try:
        text = repr(value)
    except (NoData, ValueError, RecursionError):  # within; too long; too deep
        text = f"<{type(value).__name__}>"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _change(old: Any, new: Any) -> None:
    """Makes an argument what the submission has made of its copy."""
    if type(old) is not type(new):
        raise ValueError
    if isinstance(old, (list, bytearray)):
        old[:] = new
    else:
        old.clear()
        (old.extend if hasattr(old, "extend") else old.update)(new)


def _is_submissions(error: BaseException) -> bool:
    return getattr(error, "__notes__", [""])[0] == _MARK


def _verdict(task: dict[str, Any], codes: list[int]) -> tuple[str, str]:
    """Runs the tests; returns a word and a detail."""
    try:
        asker = Asker(taken(), task["seconds"], task["call_seconds"])
    except (Gone, Overdue, Garbled):
        return ABSENT, "The submission's process did not start."
    try:
        reply = asker.loaded()
        if reply[0] in (SYNTAX, RAISED):
            return str(reply[0]), str(reply[3])
        namespace: dict[str, Any] = {"__name__": "tests", "__codes__": codes}
        for place in ("context", "tests"):
            code = compile(task[place], f"<{place}>", "exec", dont_inherit=True)
            if place == "tests":
                for name in task["names"]:
                    namespace[name] = Held(asker, name, name)
            exec(code, namespace)
        kind, detail = PASSED, ""
    except (Gone, Overdue, Garbled):
        kind, detail = asker.broken, asker.last
    except NotSent as error:
        kind, detail = UNUSABLE, str(error)
    except ImportError as error:
        kind, detail = (RAISED if _is_submissions(error) else UNUSABLE), str(error)
    except BaseException as error:
        if _is_submissions(error):
            kind = MEMORY if isinstance(error, MemoryError) else RAISED
            detail = f"{asker.last}\n{error.__notes__[1]}"
        elif isinstance(error, Wrong):
            kind, detail = FAILED, str(error)
        else:
            kind, detail = FAILED, f"{_where(error, task['tests'])}\n{asker.last}"
    if asker.broken and kind != asker.broken:  # and the tests did not care
        kind, detail = asker.broken, asker.last
    return kind, detail


def _where(error: BaseException, tests: str) -> str:
    """The line of the tests that failed, and why."""
    import traceback  # slow to load, and often not needed

    lines = tests.splitlines()
    shown = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == "<tests>" and frame.lineno and frame.lineno <= len(lines):
            shown = lines[frame.lineno - 1].strip()
    text = str(error)
    if not isinstance(error, AssertionError):
        text = f"{type(error).__name__}: {text}"
    return f"{shown}\n{text}".strip()


def main() -> None:
    """Judges the task that lies beside it."""
    with open(TASK, encoding="utf-8") as file:
        task = json.load(file)
    told = os.dup(2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # whatever tests may have to say
    codes: list[int] = []
    kind, detail = _verdict(task, codes)
    verdict = {"kind": kind, "detail": detail[:_LONGEST_DETAIL], "codes": codes}
    os.write(told, json.dumps(verdict).encode())
    os._exit(0)
