"""Python's parser, for programs that several threads look at.

Before 3.11.8 the depths of trees that threads build at the same time are mixed up, so
that one of them gets a SystemError for a program that is in order (CPython's issue
106905). Whatever reads sources goes through here, one at a time.
"""

from __future__ import annotations

import ast
import threading

_LOCK = threading.Lock()


def module(source: str) -> ast.Module:
    """The tree of a program.

    Raises:
      SyntaxError, ValueError, RecursionError, MemoryError: it is none, or one that no
        parser takes.
    """
    with _LOCK:
        return ast.parse(source)


def expression(source: str) -> ast.expr:
    """The tree of an expression; raises what `module` does."""
    with _LOCK:
        return ast.parse(source, mode="eval").body
