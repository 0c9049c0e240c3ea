"""Programs that are the same share a key, and others do not."""

import ast
import builtins
import keyword
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.programs import generator, render
from data_pipeline.text.special import LANGUAGES
from hrm_jax.search import identity
from hrm_jax.search.identity import key

BASE = "def f(x):\n    y = [a + 1 for a in x]\n    return len(y) - 2\n"


def same(one, other, language="python"):
    return key(language, one) == key(language, other)


@pytest.mark.parametrize(
    "other",
    [
        "def f(p):\n    q = [z + 1 for z in p]\n    return len(q) - 2\n",
        "def f(x):\n    'Says.'\n    y = [a+1 for a in x]  # so\n\n    return len(y)-2",
        "def f(a):\n    x = [y + 1 for y in a]\n    return (len(x) - 2)\n",
    ],
)
def test_names_of_locals_layout_and_words_do_not_count(other):
    assert same(BASE, other)


@pytest.mark.parametrize(
    "one, other",
    [
        (BASE, BASE.replace("-", "+")),
        (BASE, BASE.replace("def f", "def g")),
        (BASE, BASE.replace("len", "sum")),
        ("def f(a, b):\n    return a - b\n", "def f(a, b):\n    return b - a\n"),
        ("def f(x):\n    return y\n", "def f(x):\n    return z\n"),
        # The same name is a local here and none there.
        (
            "def f(l):\n    [x for x in l]\n    return x\n",
            "def f(l):\n    [y for y in l]\n    return y\n",
        ),
        # Parameters that are called by name.
        (
            "def g(a, b):\n    return a - b\ndef f(x):\n    return g(a=1, b=x)\n",
            "def g(b, a):\n    return b - a\ndef f(x):\n    return g(a=1, b=x)\n",
        ),
        ("def f(x):\n    return locals()", "def f(y):\n    return locals()"),
        ("def f(x):\n    'a'\n    return f.__doc__", "def f(x):\n    return f.__doc__"),
        (
            "def f(x):\n    global n\n    n = x\n",
            "def f(x):\n    global m\n    m = x\n",
        ),
        (
            "def f(x):\n    class A:\n        b = x\n    return A.b\n",
            "def f(x):\n    class A:\n        c = x\n    return A.b\n",
        ),
        # A default is computed outside, where the name is another one.
        (
            "y = z = 1\ndef f(x=y):\n    y = x\n    return y\n",
            "y = z = 1\ndef f(x=z):\n    z = x\n    return z\n",
        ),
        (
            "def f(x):\n    return f.__code__.co_varnames\n",
            "def f(y):\n    return f.__code__.co_varnames\n",
        ),
        ("def f(x):\n    return (", "def f(y):\n    return ("),
        (
            'def g(x):\n    return x\ndef f(y):\n    return g(**{"x": y})\n',
            'def g(z):\n    return z\ndef f(y):\n    return g(**{"x": y})\n',
        ),
    ],
)
def test_what_may_behave_otherwise_has_another_key(one, other):
    assert not same(one, other)


@pytest.mark.parametrize(
    "language, one, other, alike",
    [
        ("cpp", "int f(int a){return a;}", "int f(int a) {  return a; }", True),
        ("cpp", "return a - -1;", "return a--1;", False),
        ("cpp", "#define A 1\nint b;", "#define A 1 int b;", False),
        ("rust", "f(a) // so\n", "f( a )", True),
        ("rust", "return\nx", "return x", True),
        ("javascript", "return\nx", "return x", False),
        ("go", "x := 1\ny", "x := 1 y", False),
        ("java", "returnx", "return x", False),
        ("java", 'f("a b")', 'f("ab")', False),
        ("java", 'f("// a")', 'f("// b")', False),
        ("java", "a /* b\n */ + c", "a + c", True),
        ("javascript", r"x.match(/\//) + 1", r"x.match(/\//) + 2", False),
        ("javascript", "s.split(/, /)", "s.split(/,/)", False),
        ("javascript", "s.split(/  /)", "s.split(/ /)", False),
        ("javascript", "s.split(/[//]/).length", "s.split(/[//]/)[0]", False),
        ("javascript", "if (x) /  /.test(y)", "if (x) / /.test(y)", False),
        ("javascript", "return /a b/.test(y)", "return /a  b/.test(y)", False),
        ("javascript", "(a + b) / 2 // half", "(a + b)/2", False),  # not certain
        ("javascript", "return (a) / 2;", "return (a)  / 2 ;", True),
        ("javascript", "f(); // a\n/a  b/.test(s)", "f(); // a\n/a b/.test(s)", False),
        ("javascript", "if (x) break\n/a  b/", "if (x) break\n/a b/", False),
        ("javascript", "return\rx", "return x", False),
        ("javascript", "return\u2028x", "return x", False),
        ("cpp", "x = 1; // next \\\nx = 2;", "x = 1; // next \nx = 2;", False),
        ("cpp", "#define SQ (x) x", "#define SQ(x) x", False),
        ("rust", "f() /// one\n", "f() // one\n", False),
        ("rust", "/* /* */ // */ return 1;", "/* /* */ // */ return 3;", False),
        ("java", "// \\u000a x = 2;", "// two", False),
        ("go", "//go:build ignore\nx", "// so\nx", False),
        ("javascript", "x[0] / y / z // so", "x[0] / y  / z", True),
        ("javascript", r"`\` // a`", r"`\` // b`", False),
        ("rust", '"a //b\nc"', '"a //d\nc"', False),
        (
            "rust",
            "fn g<'a>(x: &'a u8) { y == '\"' || z == \"//x\" }",
            "fn g<'a>(x: &'a u8) { y == '\"' || z == \"//y\" }",
            False,
        ),
        ("rust", "fn g<'a>(x: &'a u8) {}", "fn g<'a>(x: &'a  u8) { }", True),
        ("rust", r"'\'' // a", r"'\'' // b", True),
        ("rust", r"'\u{41}' // a", r"'\u{41}'", True),
        ("rust", 'br"\\" // a"', 'br"\\" // b"', False),
        ("cpp", "1'000; auto s=\"a' //b\";", "1'000; auto s=\"a' //c\";", False),
        ("cpp", "int a = 1'000; // so", "int a =  1'000;", True),
        ("cpp", "a = b / c; /* so", "a = b / c; /* no", False),
        ("go", "`\\` // a", "`\\`", True),
        ("python", "def f(x): return x", "def f(x): return  x", True),
    ],
)
def test_layout_of_other_languages(language, one, other, alike):
    assert same(one, other, language) == alike


class _Renamed(ast.NodeTransformer):
    def __init__(self, names):
        self.names = names

    def visit_Name(self, node):
        return ast.Name(self.names.get(node.id, node.id), node.ctx)

    def visit_arg(self, node):
        return ast.arg(self.names.get(node.arg, node.arg), node.annotation)


class _Turned(ast.NodeTransformer):
    """Another operator, the first that there is."""

    turned = False

    def visit_BinOp(self, node):
        other = ast.Sub if not isinstance(node.op, ast.Sub) else ast.Add
        op = node.op if self.turned else other()
        self.turned = True
        return ast.BinOp(node.left, op, node.right)


# Names that mean something of their own are no names of locals.
TAKEN = {*keyword.kwlist, *dir(builtins), *identity._LOOKING}
WORDS = st.text(string.ascii_lowercase, min_size=6, max_size=8).filter(
    lambda word: word not in TAKEN
)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.lists(WORDS, min_size=12, max_size=12, unique=True))
def test_tasks_keep_their_key_under_other_names_alone(index, words):
    task = generator.task(0, "train", index, 2)
    source = render.source(task.function, "python")
    tree = ast.parse(source)
    stored = (ast.Store, ast.Param)
    nodes = list(ast.walk(tree))
    locals_ = {n.id for n in nodes if isinstance(n, ast.Name) and type(n.ctx) in stored}
    locals_ |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    locals_ -= {n.name for n in nodes if isinstance(n, ast.FunctionDef)}
    names = dict(zip(sorted(locals_), words, strict=False))
    renamed = ast.unparse(_Renamed(names).visit(ast.parse(source)))
    assert same(source, renamed)
    turn = _Turned()
    turned = ast.unparse(turn.visit(ast.parse(source)))
    assert turn.turned != same(source, turned)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([*LANGUAGES, "cobol"]), st.text())
def test_any_text_has_a_key(language, text):
    assert key(language, text) == key(language, text)


@pytest.mark.parametrize("text", ["(" * 100_000, "x" + ".a" * 50_000, "\0", "\udcff"])
def test_hostile_texts_have_a_key(text):
    assert key("python", text) and key("java", text)
