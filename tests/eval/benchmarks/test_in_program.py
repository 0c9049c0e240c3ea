"""Tests compiled together with the submission: what passes, and what must not."""

import dataclasses
import time

import pytest

from eval.benchmarks import in_program
from eval.benchmarks.humaneval_x import HumanEvalX
from eval.benchmarks.humanevalpack import HumanEvalPack, Task
from eval.benchmarks.mbxp import MBXP
from eval.benchmarks.problem import Kind
from eval.sandbox.outcome import Outcome
from eval.sandbox.toolchains import NoToolchain
from tests.eval.benchmarks import rows

HERE = ("cpp", "go", "java", "javascript", "rust")
# Interpreted, so that the quick tests take no compiler's time.
QUICK = ("javascript", "rust")


def quick(languages, *quick_ones):
    """Languages as parameters; but for the quick ones they are slow."""
    return [
        pytest.param(language, marks=[] if language in quick_ones else pytest.mark.slow)
        for language in languages
    ]


@pytest.fixture
def grade(strongest):
    """Grades a completion; a language that is not here is skipped."""

    def grade(benchmark, row, language, completion):
        try:
            strongest.toolchain(language)
        except NoToolchain as error:
            pytest.skip(str(error))
        problem = rows.problem(row, language)
        if completion == "gold":
            completion = benchmark.gold(problem)
        submission = benchmark.extract(problem, completion)
        return benchmark.grade(problem, submission, strongest)

    return grade


X = HumanEvalX([])
ALL = ("python", *HERE)


@pytest.mark.parametrize("language", quick(ALL, *QUICK, "python", "cpp"))
def test_gold_passes_in_every_language(grade, language):
    found = grade(X, rows.row(language), language, "gold")
    assert found.passed, found
    assert found.seconds > 0 and found.detail == ""


@pytest.mark.parametrize("language", quick(ALL, *QUICK, "python"))
def test_a_wrong_function_fails_as_such(grade, language):
    found = grade(X, rows.row(language), language, rows.BUGGY[language])
    assert found.kind == Kind.WRONG_ANSWER, found
    assert found.detail


@pytest.mark.parametrize("language", quick(ALL, "javascript", "python"))
@pytest.mark.parametrize("text", ["    // TODO\n", "    # TODO\n    pass\n", "?!"])
def test_stubs_and_nonsense_fail(grade, language, text):
    found = grade(X, rows.row(language), language, text)
    assert found.kind not in (Kind.PASSED, Kind.NOT_RUN), found


@pytest.mark.parametrize("language", ALL)
@pytest.mark.parametrize("text", ["", "\n \n", "```\n```"])
def test_nothing_is_malformed(grade, language, text):
    found = grade(X, rows.row(language), language, text)
    assert found.kind == Kind.MALFORMED


@pytest.mark.parametrize("language", quick(rows.MBXP, "javascript"))
def test_mbxp_passes_gold_and_nothing_else(grade, language):
    row, bench = rows.mbxp_row(language), MBXP([])
    assert grade(bench, row, language, "gold").passed
    wrong = grade(bench, row, language, rows.BUGGY[language])
    assert wrong.kind == Kind.WRONG_ANSWER, wrong
    assert grade(bench, row, language, "").kind == Kind.MALFORMED


@pytest.mark.parametrize("task", Task)
@pytest.mark.parametrize("language", quick(ALL, "javascript"))
def test_pack_passes_gold_and_fails_its_bugs(grade, language, task):
    row, bench = rows.pack_row(language), HumanEvalPack([], task=task)
    assert grade(bench, row, language, "gold").passed
    bug = f"\n{row['buggy_solution']}"
    assert grade(bench, row, language, bug).kind == Kind.WRONG_ANSWER


# What leaves, with code 0, before the tests have ended.
LEAVES = {
    "cpp": (
        "    return 3*n;\n}\n",
        "#include<cstdlib>\nstruct L{L(){std::exit(0);}};\nL leave;\n",
    ),
    "go": ("    return 3 * n\n}\n", 'import "os"\nfunc init() { os.Exit(0) }\n'),
    "java": (
        "        return 3 * n;\n    }\n}",
        "    static { System.exit(0); }\n",
    ),
    "javascript": ("  return 3 * n\n}\n", "process.exit(0)\n"),
    "rust": ("\n    std::process::exit(0);\n}\n", ""),
}
SAYS = {
    "cpp": '    puts("PASSED"); exit(0);\n}\n',
    "go": '    fmt.Println("PASS"); os.Exit(0)\n    return 0\n}\n',
    "java": '        System.out.println("PASSED"); System.exit(0); return 0;\n    }\n}',
    "javascript": '  console.log("PASSED"); process.exit(0)\n}\n',
    "rust": '\n    println!("test result: ok."); std::process::exit(0);\n}\n',
}


def fenced(language, body, before):
    """A whole solution in a block, with something before the function."""
    declaration = rows.X[language]["declaration"]
    if language == "java":
        place = declaration.index("    public")
        declaration = declaration[:place] + before + declaration[place:]
        before = ""
    return f"```\n{before}{declaration}{body}\n```"


@pytest.mark.parametrize("language", quick(HERE, *QUICK))
def test_leaving_while_the_program_loads_is_no_way_out(grade, language):
    answer = fenced(language, *LEAVES[language])
    found = grade(X, rows.row(language), language, answer)
    assert found.kind == Kind.EARLY_EXIT, found


@pytest.mark.parametrize("language", quick(HERE, *QUICK))
def test_saying_that_tests_passed_is_no_way_out(grade, language):
    body = SAYS[language]
    if language == "go":
        found = grade(
            X,
            rows.row(language),
            language,
            f'```\nimport "os"\n{rows.X["go"]["declaration"]}{body}```',
        )
    else:
        found = grade(X, rows.row(language), language, body)
    assert found.kind == Kind.EARLY_EXIT, found
    assert "PASS" in found.detail or "ok" in found.detail


LOOPS = {
    "cpp": "    for (volatile int i = 0;; i = i + 1) {}\n}\n",
    "go": "    for {\n    }\n}\n",
    "java": "        while (true) {}\n    }\n}",
    "javascript": "  for (;;) {}\n}\n",
    "rust": "\n    loop {}\n}\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("language", HERE)
def test_endless_loops_meet_the_time_limit(grade, language):
    found = grade(X, rows.row(language), language, LOOPS[language])
    assert found.kind == Kind.TIME_LIMIT, found


def test_javascript_cannot_replace_the_assertions(grade):
    answer = "```\nconsole.assert = () => {}\nconst thrice = (n) => 0\n```"
    found = grade(X, rows.row("javascript"), "javascript", answer)
    assert found.kind == Kind.WRONG_ANSWER, found


def test_javascript_may_print_nothing_as_the_authors_have_it(grade):
    answer = '  console.log("n is", n)\n  return 3 * n\n}\n'
    found = grade(X, rows.row("javascript"), "javascript", answer)
    assert found.kind == Kind.WRONG_ANSWER and "n is 2" in found.detail
    row = rows.mbxp_row("javascript")
    assert grade(MBXP([]), row, "javascript", answer).passed


def test_a_failing_promise_behind_the_tests_fails(grade):
    answer = "  Promise.reject(new Error('late'))\n  return 3 * n\n}\n"
    found = grade(X, rows.row("javascript"), "javascript", answer)
    assert found.kind == Kind.RUNTIME_ERROR, found


def test_what_needs_a_missing_crate_is_not_run(grade):
    row = rows.row("rust")
    row["test"] = row["test"].replace("assert!(", 'assert!(Regex::new("").is_ok() && ')
    assert grade(X, row, "rust", "gold").kind == Kind.NOT_RUN


def test_an_answer_cannot_say_that_it_is_not_run(grade):
    answer = '\n    Regex::new("").unwrap();\n    return 3 * n;\n}\n'
    assert grade(X, rows.row("rust"), "rust", answer).kind == Kind.COMPILE_ERROR


def test_a_language_that_is_not_here_is_not_run():
    class Without:
        def run(self, program, stdin):
            raise NoToolchain("Rust is not installed: apt-get install rustc.")

    problem = rows.problem(rows.row("rust"), "rust")
    submission = X.extract(problem, X.gold(problem))
    found = X.grade(problem, submission, Without())
    assert found.kind == Kind.NOT_RUN and "apt-get" in found.detail


def test_long_output_is_graded_in_time():
    """An answer may print as much as the sandbox takes, and the reason comes last."""
    said = b"Assertion " * 400_000
    outcome = Outcome("run", said, b"", False, False, 1, None, None, 1.0, 1.0, 1)
    began = time.process_time()
    assert in_program._kind(outcome, b"word", False) == Kind.RUNTIME_ERROR
    assert time.process_time() - began < 2
    outcome = dataclasses.replace(outcome, stderr=said + b"\nAssertion failed")
    assert in_program._kind(outcome, b"word", False) == Kind.WRONG_ANSWER
