"""Tests of exercises run in the sandbox: what solves one passes, nothing else does."""

import dataclasses
import re
import time

import pytest

from eval.benchmarks.edits.formats import FORMATS
from eval.benchmarks.polyglot import (
    benchmark,
    compiled,
    exercise,
    interpreted,
    testing,
)
from eval.benchmarks.problem import Kind
from tests.eval.benchmarks.polyglot import exercises

QUICK = ("python", "javascript")
every_language = pytest.mark.parametrize(
    "language",
    [
        language
        if language in QUICK
        else pytest.param(language, marks=pytest.mark.slow)
        for language in exercises.EXERCISES
    ],
)

# Leaves before the tests have run, with what their runner says when all is well.
LEAVING = {
    "python": "import os\nprint('3 passed')\nos._exit(0)\n",
    "javascript": "console.log('ok 3');\nprocess.exit(0);\nexport const steps = 1;\n",
    "go": """\
package halvingsteps
import ("fmt"; "os")
func init() {
\tfmt.Println("--- PASS: TestSteps (0.00s)\\n--- PASS: TestStepsOfNegative (0.00s)")
\tos.Exit(0)
}
func Steps(n int) (int, error) { return 0, nil }
""",
    "rust": """\
pub fn steps(_n: u64) -> Option<u64> {
    println!("test one_needs_none ... ok\\ntest result: ok. 3 passed; 0 failed");
    std::process::exit(0)
}
""",
    "java": """\
class HalvingSteps {
    static int of(int number) {
        System.out.println("3 tests successful");
        System.exit(0);
        return 0;
    }
}
""",
    "cpp": """\
#include "halving_steps.h"
#include <cstdlib>
#include <iostream>
namespace halving_steps {
int steps(int) {
    std::cout << "All tests passed (3 assertions in 3 test cases)" << std::endl;
    std::exit(0);
}
}
""",
}
# Passes the one test that the exercise does not skip, and no other.
FIRST_ONLY = {
    "python": "def steps(number):\n    return 0\n",
    "javascript": "export const steps = () => 0;\n",
    "go": "package halvingsteps\n\nfunc Steps(n int) (int, error) { return 0, nil }\n",
    "rust": "pub fn steps(_n: u64) -> Option<u64> {\n    Some(0)\n}\n",
    "java": "class HalvingSteps {\n    static int of(int number) { return 0; }\n}\n",
    "cpp": '#include "halving_steps.h"\nint halving_steps::steps(int) { return 0; }\n',
}
BROKEN = {
    "go": "package halvingsteps\n\nfunc Steps(n int) (int, error) { return }\n",
    "rust": "pub fn steps(_n: u64) -> Option<u64> {\n    0\n}\n",
    "java": "class HalvingSteps {\n    static int of(int number) { return true; }\n}\n",
    "cpp": '#include "halving_steps.h"\nint halving_steps::steps(int) { return x; }\n',
}


@pytest.fixture
def graded(strongest, tmp_path):
    """The grade of a submission to the exercise in a language; None for the gold."""

    def graded(language, source=None):
        suite = benchmark.load(exercises.write(tmp_path, [language]))
        (problem,) = suite.problems
        reply = suite.gold(problem)
        if source is not None:
            path = next(
                p for p in suite.exercise(problem).stubs if not p.endswith(".h")
            )
            reply = FORMATS["whole"].write({}, {path: source})
        found = suite.grade(problem, reply, strongest)
        if found.kind == Kind.NOT_RUN:
            pytest.skip(found.detail)
        return found

    return graded


@every_language
def test_solution_of_the_authors_passes(graded, language):
    found = graded(language)
    assert (found.kind, found.detail) == (Kind.PASSED, "")
    assert 0 < found.seconds < testing.SECONDS


@every_language
def test_tests_that_the_exercise_skips_are_run(graded, language):
    found = graded(language, FIRST_ONLY[language])
    assert found.kind == Kind.WRONG_ANSWER
    assert found.detail


@every_language
def test_leaving_early_does_not_pass(graded, language):
    found = graded(language, LEAVING[language])
    # Java's runner and Go's own tell of an exit within a test by a code.
    assert found.kind in (Kind.EARLY_EXIT, Kind.RUNTIME_ERROR)


@pytest.mark.parametrize("code", [95, 96])
def test_a_submission_cannot_say_that_it_is_not_run(strongest, tmp_path, code):
    (one,) = exercise.load(exercises.write(tmp_path, ["python"]))
    if why := testing.obstacle(one, strongest):
        pytest.skip(why)
    leaving = {path: f"import os\nos._exit({code})\n" for path in one.stubs}
    assert testing.run(one, leaving, strongest).kind == Kind.RUNTIME_ERROR


@pytest.mark.parametrize("line", ["[1]", '{"passed": "3"}', "[" * 100_000, "3 passed"])
def test_a_submission_that_writes_the_last_line_ends_nothing_else(
    strongest, tmp_path, line
):
    """It finds the word, and writes what is no line of the runner."""
    (one,) = exercise.load(exercises.write(tmp_path, ["javascript"]))
    if why := testing.obstacle(one, strongest):
        pytest.skip(why)
    text = (
        "import { readFileSync, writeSync } from 'node:fs';\n"
        f"writeSync(1, `\\n${{readFileSync(0, 'utf8')}} {line}\\n`);\n"
        "process.exit(0);\nexport const steps = 1;\n"
    )
    found = testing.run(one, dict.fromkeys(one.stubs, text), strongest)
    assert found.kind == Kind.EARLY_EXIT


@every_language
def test_stub_does_not_pass(graded, language):
    path = next(p for p in exercises.EXERCISES[language] if not p.endswith(".json"))
    found = graded(language, exercises.EXERCISES[language][path])
    assert not found.passed and found.kind != Kind.MALFORMED


@pytest.mark.slow
@pytest.mark.parametrize("language", BROKEN)
def test_what_does_not_compile_is_told_with_the_compiler_s_words(graded, language):
    found = graded(language, BROKEN[language])
    assert found.kind == Kind.COMPILE_ERROR
    assert "halving" in found.detail.lower() or "lib.rs" in found.detail


def test_javascript_may_be_common_and_start_programs(strongest, tmp_path):
    exercises.write(tmp_path, ["javascript"])
    (place,) = tmp_path.glob("*/exercises/practice/*")
    (place / "halving-steps.spec.js").write_text(
        "const { describe, expect, test, xtest } = require('@jest/globals');\n"
        "const { spawnSync } = require('child_process');\n"
        "const path = require('path').join(__dirname, 'halving-steps.js');\n"
        "const run = () => spawnSync('node', [path]).stdout.toString();\n"
        "test('a', () => expect(Promise.resolve(run())).resolves.toBe('7\\n'));\n"
        "xtest('b', () => expect(run()).toBe('7\\n'));\n"
    )
    (one,) = exercise.load(tmp_path)
    for number, kind in ((7, Kind.PASSED), (8, Kind.WRONG_ANSWER)):
        source = {"halving-steps.js": f"console.log({number});\n"}
        found = testing.run(one, source, strongest)
        if found.kind == Kind.NOT_RUN:
            pytest.skip(found.output)
        assert found.kind == kind, found.output


def test_reply_that_changes_the_tests_is_malformed(strongest, tmp_path):
    suite = benchmark.load(exercises.write(tmp_path, ["python"]))
    (problem,) = suite.problems
    reply = FORMATS["whole"].write(
        {}, {"halving_steps.py": "x = 1\n", "halving_steps_test.py": ""}
    )
    found = suite.grade(problem, reply, strongest)
    assert found.kind == Kind.MALFORMED
    assert "changes 'halving_steps_test.py', but it may change only" in found.detail
    assert suite.grade(problem, "", strongest).kind == Kind.MALFORMED


def test_endless_tests_end_at_the_limit(strongest, tmp_path, monkeypatch):
    limits = dataclasses.replace(testing.LIMITS, wall_seconds=1)
    monkeypatch.setattr(testing, "LIMITS", limits)
    (one,) = exercise.load(exercises.write(tmp_path, ["python"]))
    endless = {"halving_steps.py": "def steps(number):\n    while True: pass\n"}
    found = testing.run(one, endless, strongest)
    if found.kind == Kind.NOT_RUN:
        pytest.skip(found.output)
    assert (found.kind, found.output) == (Kind.TIME_LIMIT, "Tests timed out!")


@pytest.mark.parametrize(
    "language, path, text, reason",
    [
        ("go", "go.mod", "module a\nrequire b v1\n", "go.mod requires packages"),
        ("rust", "Cargo.toml", '[dependencies]\nrand = "0.8"\n', "the crates rand"),
        ("rust", "Cargo.toml", "[", "no Cargo.toml that can be read"),
        (
            "javascript",
            "halving-steps.spec.js",
            "test('a', () => expect(f()).toMatchSnapshot());",
            "uses toMatchSnapshot of Jest",
        ),
        (
            "javascript",
            "halving-steps.spec.js",
            "jest.useFakeTimers();",
            "uses jest.useFakeTimers of Jest",
        ),
        (
            "java",
            "src/test/java/HalvingStepsTest.java",
            "import io.reactivex.Observable;\n",
            "needs io.reactivex.Observable|JUnit 5 is not installed",
        ),
        ("cpp", "test/tests-main.cpp", "int main() {}\n", "no test/tests-main.cpp"),
    ],
)
def test_what_needs_more_than_there_is_is_not_run(
    strongest, tmp_path, language, path, text, reason
):
    exercises.write(tmp_path, [language])
    (place,) = tmp_path.glob("*/exercises/practice/*")
    (place / path).write_text(text)
    (one,) = exercise.load(tmp_path)
    found = testing.run(one, one.stubs, strongest)
    assert found.kind == Kind.NOT_RUN
    assert re.search(f"{reason}|is not installed", found.output)


def test_lines_of_rust_s_runner_are_read_in_time():
    said = "test a ... ok\ntest b::c - should panic ... ok\ntest d ... FAILED\n"
    assert compiled._PASSED.findall(said) == ["a", "c"]
    began = time.process_time()
    assert compiled._PASSED.findall(f"test {'a::' * 100_000}b") == []
    assert time.process_time() - began < 1


def test_tests_are_counted_as_they_stand():
    python = (
        "import unittest\n\ndef test_a(): pass\n\n@skip('b')\ndef test_b(): pass\n\n"
        "class T(unittest.TestCase):\n    def test_c(self): pass\n"
        "    @unittest.skip('d')\n    def test_d(self): pass\n"
        "    def helper(self): pass\n"
    )
    assert interpreted._python_tests(python) == 2
    javascript = (
        "test('a', () => {}); it('b', f);\n// test('c')\n/* it( */ await('d');\n"
        "const s = \"test('e')\"; x.test('f'); test.each([1])('g %s', f); xit('h', f);"
    )
    assert interpreted._javascript_tests(javascript) == 3
