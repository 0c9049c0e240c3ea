"""Python's parser, for programs of others that several threads look at.

Before 3.11.8 the depths of trees that threads build at the same time are mixed up, so
that one of them gets a SystemError for a program that is in order (CPython's issue
106905). Whatever reads sources goes through here, one at a time.
"""

from __future__ import annotations

import ast
import contextlib
import threading
import warnings
from collections.abc import Iterator

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What a parser raises of a text that is no program, or one that it cannot take."""
_LOCK = threading.Lock()


def module(source: str) -> ast.Module:
    """The tree of a program; raises what is `UNREADABLE`."""
    with _alone():
        return ast.parse(source)


def expression(source: str) -> ast.expr:
    """The tree of an expression; raises what `module` does."""
    with _alone():
        return ast.parse(source, mode="eval").body


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """No other thread parses; doubtful escapes and the like are somebody else's."""
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
