"""Two tries, and the fields of the leaderboard."""

import pytest

from eval.benchmarks.edits.formats import FORMATS
from eval.benchmarks.models import ContextExhausted
from eval.benchmarks.polyglot import benchmark, testing, tries
from eval.benchmarks.polyglot.tries import Result, leaderboard
from eval.benchmarks.problem import Grade, Kind
from tests.eval.benchmarks.polyglot import exercises

LAZY = "def steps(number):\n    # as before ... \n    return 0\n"
PASSED, WRONG = Grade(Kind.PASSED), Grade(Kind.WRONG_ANSWER)


class Scripted:
    """A model that answers from a list, and keeps what it was asked."""

    def __init__(self, *replies):
        self.replies, self.asked = list(replies), []

    def __call__(self, prompt):
        self.asked.append(prompt)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


@pytest.fixture
def suite(tmp_path):
    return benchmark.load(exercises.write(tmp_path, ["python"]))


@pytest.fixture
def run(suite, strongest):
    (problem,) = suite.problems
    if why := testing.obstacle(suite.exercise(problem), strongest):
        pytest.skip(why)

    def run(model, test=None, edit_format="whole"):
        other = benchmark.Polyglot([suite.exercise(problem)], edit_format)
        real = lambda files: testing.run(suite.exercise(problem), files, strongest)  # noqa: E731
        return tries.run(other, problem, model, test or real)

    return run


def failing(files):
    """Tests that say how many lines they saw, and fail."""
    count = files["halving_steps.py"].count("\n")
    return testing.Tested(Kind.WRONG_ANSWER, f"SyntaxError: {count} lines", 1.0)


def outcomes(result):
    return [grade.passed for grade in result.grades]


def listing(source):
    return FORMATS["whole"].write({}, {"halving_steps.py": source})


def test_second_try_sees_the_tests_output_and_may_pass(suite, run):
    model = Scripted(listing(LAZY), suite.gold(suite.problems[0]))
    result = run(model)
    assert outcomes(result) == [False, True]
    assert [grade.kind for grade in result.grades] == [Kind.WRONG_ANSWER, Kind.PASSED]
    assert (result.malformed, result.lazy_comments) == (0, 1)
    first, second = model.asked
    assert first == suite.prompt(suite.problems[0])
    assert "AssertionError" not in first.text and "test_twelve" not in first.text
    assert "test_twelve_needs_nine" in second.text
    assert "The tests are correct, don't try and change them." in second.text


def test_second_try_goes_on_with_the_conversation(suite, run):
    model = Scripted(listing(LAZY), "I give up.")
    run(model, failing)
    first, second = model.asked
    stub = suite.exercise(suite.problems[0]).stubs["halving_steps.py"]
    assert first.turns == () and stub in first.text
    (asked, replied), (told, answered) = second.turns
    assert replied == listing(LAZY)
    assert suite.format.instructions in asked and exercises.INSTRUCTIONS in asked
    assert stub not in asked and (told, answered) == ("I updated the files.", "Ok.")
    # The files are shown as they are now, and once.
    assert second.whole.count(LAZY) == 2 and second.text.count(LAZY) == 1
    assert second.text.index(LAZY) < second.text.index("SyntaxError: 3 lines")


def test_first_try_that_passes_is_the_last(suite, run):
    model = Scripted(suite.gold(suite.problems[0]))
    assert outcomes(run(model)) == [True]
    assert not model.replies and len(model.asked) == 1


def test_malformed_reply_is_told_why_and_asked_again(suite, run):
    gold = suite.gold(suite.problems[0])
    model = Scripted("halving_steps.py\n```\nno end", gold)
    result = run(model)
    assert outcomes(result) == [True]
    assert (result.malformed, result.error_outputs) == (1, 1)
    first, second = model.asked
    assert "Listing 1: its fence ``` does not end" in second.text
    assert second.turns == ((first.text, "halving_steps.py\n```\nno end"),)


def test_blocks_that_match_are_kept_and_the_others_are_asked_for_again(run):
    def block(search, replace):
        lines = ["<<<<<<< SEARCH", search, "=======", replace, ">>>>>>> REPLACE"]
        return "halving_steps.py\n```\n" + "\n".join(lines) + "\n```\n"

    seen = []

    def test(files):
        seen.append(files["halving_steps.py"])
        return testing.Tested(Kind.PASSED, "")

    head = block("def steps(number):", "def steps(number: int):")
    model = Scripted(
        head + block("    return", "    ..."), block("    pass", "    return 1")
    )
    result = run(model, test, "diff")
    assert seen == ["def steps(number: int):\n    return 1\n"]
    assert (result.malformed, outcomes(result)) == (1, [True])
    assert "Block 2 (halving_steps.py)" in model.asked[1].text
    assert "The other 1 were applied" in model.asked[1].text
    (asked, _) = model.asked[1].turns[0]
    assert "def steps(number: int):\n    pass" in asked  # as it is by now


def test_model_may_fail_in_every_way(run):
    bad = "halving_steps.py\n```\nno end"
    cut = "halving_steps.py\n```\n# ... as before ... \n"
    result = run(Scripted(*[bad] * 4, ContextExhausted(cut)), failing)
    assert [grade.kind for grade in result.grades] == [Kind.MALFORMED] * 2
    assert "does not end" in result.grades[0].detail
    assert "context" in result.grades[1].detail
    assert (result.malformed, result.exhausted, result.error_outputs) == (4, 1, 5)
    assert (result.syntax_errors, result.lazy_comments) == (2, 1)


def test_a_full_context_ends_its_try_alone(suite, run):
    gold = suite.gold(suite.problems[0])
    model = Scripted(ContextExhausted(), gold)
    result = run(model)
    assert outcomes(result) == [False, True] and result.exhausted == 1
    assert model.asked[1].turns[0][1]  # no empty answer goes back to a server


def test_reply_without_an_edit_leaves_the_files_and_is_not_malformed(run):
    result = run(Scripted("I cannot.", "Nor now."))
    assert outcomes(result) == [False, False]
    assert [grade.kind for grade in result.grades] == [Kind.MALFORMED] * 2
    assert result.malformed == result.error_outputs == 0


def test_leaderboard_counts_as_the_authors_do():
    results = [
        Result("a", [PASSED]),
        Result("b", [WRONG, PASSED], malformed=2, error_outputs=2, lazy_comments=1),
        Result("c", [WRONG, WRONG], malformed=1, error_outputs=2, exhausted=1),
        Result("d", [WRONG, WRONG], timeouts=2, syntax_errors=1, indentation_errors=3),
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
