"""Threads that parse at once get what each gets alone."""

import ast
import gc
import threading
import time

import pytest

from data_pipeline import syntax

SOURCE = "def f(x):\n    return " + "(" * 30 + "[x, {2: (3, [4, 5])}]" + ")" * 30 + "\n"


class Noisy:
    """Lets other threads go on when it is collected, be it in the midst of parsing."""

    def __init__(self):
        self.me = self

    def __del__(self):
        time.sleep(0)


def test_threads_do_not_disturb_each_other():
    """Without turns, one of them fails within a second (Python 3.11.7)."""
    wrong, end = [], time.monotonic() + 2

    def work():
        while time.monotonic() < end and not wrong:
            for _ in range(3):
                Noisy()
            try:
                syntax.module(SOURCE * 5)
                syntax.expression(SOURCE.partition("return ")[2].strip())
            except SystemError as error:
                wrong.append(error)

    before = gc.get_threshold()
    gc.set_threshold(5)
    try:
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        gc.set_threshold(*before)
    assert not wrong


def test_trees_are_those_of_the_parser():
    assert ast.dump(syntax.module(SOURCE)) == ast.dump(ast.parse(SOURCE))
    (only,) = ast.parse("a + 1").body
    assert ast.dump(syntax.expression("a + 1")) == ast.dump(only.value)
    for source in ("a +", "a\0b", "(" * 10_000):
        with pytest.raises((SyntaxError, ValueError, MemoryError, RecursionError)):
            syntax.module(source)
