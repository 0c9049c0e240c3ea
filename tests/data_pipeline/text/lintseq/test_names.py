"""Unbound names, held against what Python itself says when the program runs."""

import ast
import textwrap

import pytest

from data_pipeline.text.lintseq.names import unbound

CASES = [
    ("x = 1\nprint(x)", []),
    ("print(x)", [(1, "x")]),
    ("print(x)\nx = 1", [(1, "x")]),
    ("x += 1", [(1, "x")]),
    ("import a.b as c, d.e\nc, d\na", [(3, "a")]),
    ("from a import *\nwhatever", []),
    ("def f(a, /, b=1, *c, d: int = 2, **e):\n  return a, b, c, d, e, g", [(2, "g")]),
    ("def f():\n  return g()\ndef g(): pass", []),
    ("def f():\n  x += 1\n  return x", [(2, "x"), (3, "x")]),
    ("x = 0\ndef f():\n  global x\n  x += 1", []),
    ("def f():\n  x = 0\n  def g():\n    nonlocal x\n    x += 1\n  return g", []),
    ("x = 0\ndef f():\n  print(x)\n  x = 1", [(3, "x")]),
    ("def f():\n  def g(): return x\n  x = 1\n  return g", []),
    ("class A:\n  x = 1\n  y = x\n  def f(self): return x", [(4, "x")]),
    ("class A:\n  x = [1]\n  z = [x for y in x]", [(3, "x")]),
    ("[a\n for a in range(3)\n if a]\na", [(4, "a")]),
    ("{k: v for k, v in q}", [(1, "q")]),
    ("[b := 1 for _ in ()]\nb", []),
    ("f = lambda x: x + y", [(1, "y")]),
    ("try:\n  pass\nexcept E as e:\n  e", [(3, "E")]),
    ("with open('a') as f, g as h:\n  f, h", [(1, "g")]),
    ("for i, (j, *k) in []:\n  i, j, k", []),
    (
        "match z:\n  case [a, *b]: a, b\n  case {'c': c, **d}: c, d\n  case e: e",
        [(1, "z")],
    ),
    ("@deco\ndef f(x: T = D) -> R: pass", [(1, "deco"), (2, "T"), (2, "D"), (2, "R")]),
    ("class A(B, metaclass=M): pass\nA", [(1, "B"), (1, "M")]),
    ("async def f():\n  async for i in a: await i", [(2, "a")]),
    ("print(__name__, __file__, ValueError)", []),
    ("x: int = 1\ny: str\nx", []),
    ("a = 1\ndel a, b", [(2, "b")]),
    ("x[y] += 1", [(1, "x"), (1, "y")]),
    ("x = max(x, 1)", [(1, "x")]),
    ("for x in x: pass", [(1, "x")]),
    ("x = 1; y = x", []),
]


@pytest.mark.parametrize(("source", "expected"), CASES)
def test_names_that_nobody_binds(source, expected):
    assert unbound(ast.parse(source)) == set(expected)


RUNS = """
def f():
    x = 1
    return [x for x in range(y)]
f()
|
def f():
    if z:
        w = 1
    return w
f()
|
def f():
    return total
f()
total = 1
|
def f():
    count += 1
f()
|
class A:
    size = 3
    def f(self):
        return size
A().f()
|
print(sum(v for v in values))
values = []
"""


@pytest.mark.parametrize("source", RUNS.split("|"))
def test_python_itself_misses_a_name(source):
    """These programs end with a NameError; but the one that is called before its global
    is bound, which only a run can tell."""
    source = textwrap.dedent(source)
    with pytest.raises(NameError) as told:
        exec(compile(source, "<program>", "exec"), {})
    found = {f"'{name}'" for _, name in unbound(ast.parse(source))}
    late = "total" in source
    assert any(name in str(told.value) for name in found) != late
