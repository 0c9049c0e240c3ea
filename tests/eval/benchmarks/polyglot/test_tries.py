"""Two tries, and the fields of the leaderboard."""

import pytest

from eval.benchmarks.edits.formats import FORMATS
from eval.benchmarks.polyglot import benchmark, tries
from eval.benchmarks.polyglot.tries import Result, leaderboard
from tests.eval.benchmarks.polyglot import exercises

LAZY = "def steps(number):\n    # as before ... \n    return 0\n"
SYNTAX = "def steps(number)\n"


class Scripted:
    """A model that answers from a list, and keeps what it was asked."""

    def __init__(self, *replies):
        self.replies, self.asked = list(replies), []

    def __call__(self, prompt):
        self.asked.append(prompt.text)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


@pytest.fixture
def suite(tmp_path):
    return benchmark.load(exercises.write(tmp_path, ["python"]))


@pytest.fixture
def run(suite, strongest):
    def run(model):
        result = tries.run(suite, suite.problems[0], model, strongest)
        if result.not_run:
            pytest.skip(result.not_run)
        return result

    return run


def listing(source):
    return FORMATS["whole"].write({}, {"halving_steps.py": source})


def test_second_try_sees_the_tests_output_and_may_pass(suite, run):
    model = Scripted(listing(LAZY), suite.gold(suite.problems[0]))
    result = run(model)
    assert result.outcomes == [False, True]
    assert (result.malformed, result.lazy_comments) == (0, 1)
    first, second = model.asked
    assert "AssertionError" not in first and "test_twelve" not in first
    assert "test_twelve_needs_nine" in second and LAZY in second
    assert "The tests are correct, don't try and change them." in second


def test_first_try_that_passes_is_the_last(suite, run):
    model = Scripted(suite.gold(suite.problems[0]))
    assert run(model).outcomes == [True]
    assert not model.replies and len(model.asked) == 1


def test_malformed_reply_is_told_why_and_asked_again(suite, run):
    gold = suite.gold(suite.problems[0])
    model = Scripted("halving_steps.py\n```\nno end", gold)
    result = run(model)
    assert result.outcomes == [True]
    assert (result.malformed, result.error_outputs) == (1, 1)
    assert "Listing 1: its fence ``` does not end" in model.asked[1]


def test_model_may_fail_in_every_way(run):
    bad = "halving_steps.py\n```\nno end"
    model = Scripted(*[bad] * 4, tries.ContextExhausted())
    result = run(model)
    assert result.outcomes == [False, False]
    assert (result.malformed, result.exhausted, result.error_outputs) == (4, 1, 5)


def test_reply_without_an_edit_leaves_the_files_and_is_not_malformed(run):
    result = run(Scripted("I cannot.", "Nor now."))
    assert result.outcomes == [False, False]
    assert result.malformed == result.error_outputs == 0


def test_leaderboard_counts_as_the_authors_do():
    results = [
        Result("a", [True]),
        Result("b", [False, True], malformed=2, error_outputs=2, lazy_comments=1),
        Result("c", [False, False], malformed=1, error_outputs=2, exhausted=1),
        Result("d", [False, False], timeouts=2, syntax_errors=1, indentation_errors=3),
        Result("e", not_run="no compiler", malformed=5),
    ]
    assert leaderboard(results) == {
        "test_cases": 4,
        "pass_rate_1": 25.0,
        "pass_rate_2": 50.0,
        "pass_num_1": 1,
        "pass_num_2": 2,
        "percent_cases_well_formed": 50.0,
        "error_outputs": 4,
        "num_malformed_responses": 3,
        "num_with_malformed_responses": 2,
        "lazy_comments": 1,
        "syntax_errors": 1,
        "indentation_errors": 3,
        "exhausted_context_windows": 1,
        "test_timeouts": 2,
        "total_tests": 5,
        "not_run": 1,
    }
    assert leaderboard([Result("e", not_run="x")])["pass_rate_1"] == 0.0


def test_what_cannot_be_run_counts_nowhere(tmp_path, strongest):
    exercises.write(tmp_path, ["rust"])
    (manifest,) = tmp_path.glob("rust/*/*/*/Cargo.toml")
    manifest.write_text(manifest.read_text() + 'rand = "0.8"\n')
    suite = benchmark.load(tmp_path)
    result = tries.run(suite, suite.problems[0], Scripted("src/lib.rs"), strongest)
    assert result.outcomes == []
    assert result.not_run
