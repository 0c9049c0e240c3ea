"""What hides failures is no progress: code that does not build, or does not end."""

import pytest

from hrm_jax.agent import journal, suite
from hrm_jax.agent.mistake import TaskMistake
from hrm_jax.agent.suite import Result
from tests.hrm_jax.agent import scripted
from tests.hrm_jax.agent.scripted import edit, pursue

_PYTHON = {
    "a.py": "def f(x):\n    return x\n\n\ndef g(x):\n    return x\n",
    "b.py": "def k(x):\n    return x\n",
    "test_a.py": "import unittest\nimport a\n\n\nclass T(unittest.TestCase):\n"
    "    def test_f(self):\n        self.assertEqual(a.f(1), 2)\n\n"
    "    def test_g(self):\n        self.assertEqual(a.g(1), 2)\n",
    "test_b.py": "import unittest\nimport b\n\n\nclass T(unittest.TestCase):\n"
    "    def test_k(self):\n        self.assertEqual(b.k(1), 2)\n",
}
_OF_PYTEST = {
    **_PYTHON,
    "test_a.py": "import a\n\n\ndef test_f():\n    assert a.f(1) == 2\n\n\n"
    "def test_g():\n    assert a.g(1) == 2\n",
    "test_b.py": "import b\n\n\ndef test_k():\n    assert b.k(1) == 2\n",
}
_GO_TEST = (
    "func Test{0}(t *testing.T) {{\n\tif {0}(1) != 2 {{\n\t\tt.Fail()\n\t}}\n}}\n"
)
_GO = {
    "go.mod": "module m\n\ngo 1.19\n",
    "a.go": "package m\n\nfunc F(x int) int { return x }\n\n"
    "func G(x int) int { return x }\n",
    "a_test.go": 'package m\n\nimport "testing"\n\n'
    + "".join(map(_GO_TEST.format, "FG")),
    "b/b.go": "package b\n\nfunc K(x int) int { return x }\n",
    "b/b_test.go": 'package b\n\nimport "testing"\n\n' + _GO_TEST.format("K"),
}
_NODE_TEST = (
    'const test = require("node:test");\nconst assert = require("node:assert");\n'
    'const m = require("./{}.js");\n'
)
_NODE = {
    "a.js": "exports.f = (x) => x;\nexports.g = (x) => x;\n",
    "b.js": "exports.k = (x) => x;\n",
    "a.test.js": _NODE_TEST.format("a")
    + 'test("f", () => assert.strictEqual(m.f(1), 2));\n'
    + 'test("g", () => assert.strictEqual(m.g(1), 2));\n',
    "b.test.js": _NODE_TEST.format("b")
    + 'test("k", () => assert.strictEqual(m.k(1), 2));\n',
}


@pytest.mark.parametrize(
    "files, command, path, old, broken, mended",
    [
        (_PYTHON, "python3 -m unittest", "a.py", "(x)", "(x:", ""),
        (_PYTHON, "python3 -m unittest", "a.py", "x\n", "exit(3)\n", "x + 1\n"),
        (_PYTHON, "python3 -m unittest", "b.py", "x\n", "x[0]\n", "x + 1\n"),
        (_OF_PYTEST, "python3 -m pytest -q", "a.py", "(x)", "(x:", ""),
        (_OF_PYTEST, "python3 -m pytest -q", "b.py", "x\n", "y\n", "x + 1\n"),
        (_NODE, "node --test", "a.js", "(x)", "(x", ""),
        (_NODE, "node --test", "b.js", "x;", "y;", "x + 1;"),
        *(
            pytest.param(_GO, "go test ./...", *change, marks=pytest.mark.slow)
            for change in [
                ("a.go", "int {", "in {", ""),
                ("a.go", "x }", "[]int{}[x] }", "x + 1 }"),
                ("b/b.go", "x }", "y }", "x + 1 }"),
            ]
        ),
    ],
)
def test_what_breaks_a_part_mends_nothing(
    strongest, files, command, path, old, broken, mended
):
    """The first of the functions of a file is broken, or mended."""

    def run(new):
        changed = {**files, path: files[path].replace(old, new, 1)}
        data = {name: text.encode() for name, text in changed.items()}
        tests = suite.given(command, changed)
        try:
            return suite.run(tests, data, strongest, scripted.settings())
        except TaskMistake as error:
            pytest.skip(str(error))

    first = run(old)
    if "No module named pytest" in first.output:
        pytest.skip("pytest is not where the sandbox sees it")
    assert first.failed == 3 and first.failed_of(first) == 3
    worse = run(broken)
    assert worse.failed_of(first) >= 3
    assert worse.unseen(first) == len(set(first.failing) - set(worse.failing))
    if mended:
        better = run(mended)
        assert better.failed_of(first) == 2 and not better.unseen(first)


def _failed(*names, **fields):
    return Result(False, names, ("no",) * len(names), "", 0.1, **fields)


@pytest.mark.parametrize(
    "first, now, failed, unseen",
    [
        # Of three one is mended.
        (_failed(*"abc", ran=5), _failed(*"ab", ran=5), 2, 0),
        (_failed(*"abc"), _failed(*"ab"), 2, 0),
        # Two are mended, and another one is broken.
        (_failed(*"abc", ran=5), _failed(*"ad", ran=5), 2, 0),
        (_failed(*"abc"), _failed(*"ad"), 3, 2),
        # Two do not run; one of these had been mended before.
        (_failed(*"abc", ran=5), _failed(*"ad", ran=3), 3, 2),
        (_failed(*"abcd", ran=5), _failed(*"ab", ran=4), 3, 1),
        # None tells of those known.
        (_failed(*"abc", ran=5), _failed("d", ran=5), 3, 3),
        (_failed(*"abc", ran=5), _failed(ran=5), 3, 3),
        # They did not end.
        (_failed(*"abc", ran=5), _failed("a"), 3, 2),
        (_failed(*"abc"), _failed("a", cut=True), 3, 2),
        (_failed(*"abc", ran=5), Result(True, (), (), "", 0.1), 0, 0),
        # More run than at first, when a file was not loaded.
        (_failed("a", ran=1), _failed("b", "c", ran=4), 2, 1),
        (_failed(), _failed("b", "c"), 2, 0),
    ],
)
def test_a_failure_that_is_missing_is_mended_if_its_test_ran(
    first, now, failed, unseen
):
    assert (now.failed_of(first), now.unseen(first)) == (failed, unseen)


@pytest.mark.parametrize("strategy", ["build_on", "restart", "tree"])
def test_what_breaks_a_module_is_no_patch(strategy, strongest, tmp_path):
    def clumsy(prompt):
        if "edited a.py" in prompt:
            return "finish\n"
        if "a.py:\n" not in prompt:
            return "view a.py\n"
        return edit("a.py", "def f(x):\n    return x", "def f(x:\n    return x")

    def run(files, seconds):
        tests = suite.Suite("python3 -m unittest", ("python",))
        return suite.run(tests, files, strongest, scripted.settings(), seconds)

    outcome = pursue(
        tmp_path / "it",
        strongest,
        clumsy,
        _PYTHON,
        run,
        attempts=1,
        strategy=strategy,
    )
    assert outcome.failed == 3 and not outcome.patch
    rows = journal.read(tmp_path / "it")
    (attempt,) = (row for row in rows if row["kind"] == "attempt")
    assert attempt["after"] == attempt["before"] == 3
