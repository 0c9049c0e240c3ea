"""Where attempts begin, which is taken: what each strategy can reach, and cannot."""

import math
import shutil

import pytest

from hrm_jax.agent import journal, session, transcript
from hrm_jax.agent.mistake import TaskMistake
from hrm_jax.agent.suite import Result
from tests.hrm_jax.agent import scripted
from tests.hrm_jax.agent.scripted import WRONG, edit, pursue, untimed

STEPS = ("x + 2", "x + 3", "x + 4", "x * 2")
FILES = {"sums.py": WRONG.split("\n\n\n")[0] + "\n", "tests/test_sums.py": "\n"}


def run_tests(files, seconds):
    """Only the last step helps."""
    if "x * 2" in files["sums.py"].decode():
        return Result(True, (), (), "", 0.0)
    return Result(False, ("double",), ("double(5) returned 7",), "", 0.0)


def stepwise(prompt):
    """Goes a step towards the solution in each attempt, whatever it begins with."""
    if "edited sums.py" in prompt:
        return "finish\n"
    if "sums.py:\n" not in prompt:
        return "view sums.py\n"
    (here,) = (n for n, step in enumerate(STEPS) if f"return {step}\n" in prompt)
    return edit("sums.py", f"    return {STEPS[here]}", f"    return {STEPS[here + 1]}")


def goals(folder):
    return [row for row in journal.read(folder) if row["kind"] == "subgoal"]


def worked(folder, strategy, answer=stepwise, **changes):
    changes = {"attempts": 30, "strategy": strategy} | changes
    return pursue(folder, None, answer, FILES, run_tests, **changes)


@pytest.mark.parametrize(
    ("strategy", "solved"), [("tree", True), ("build_on", False), ("restart", False)]
)
def test_a_tree_goes_on_with_what_did_not_help_yet(strategy, solved, tmp_path):
    outcome = worked(tmp_path / "it", strategy)
    assert outcome.solved == solved
    assert ("x * 2" in outcome.texts["sums.py"]) == solved
    rows = goals(tmp_path / "it")
    if not solved:
        assert {row["begins_with"] for row in rows} == {0} and len(rows) == 30
        return
    # It began with what the attempt before had left, and that with what another had.
    by_number = {row["number"]: row["begins_with"] for row in rows}
    first = by_number[by_number[rows[-1]["number"]]]
    assert first > 0 and by_number[first] == 0


THREE = {"steps.py": "ONE = 0\nTWO = 0\nBUILT = 1\n", "tests/test_it.py": "\n"}


def three_tests(files, seconds):
    """Two of them want a line each, the third one both, and a fourth never fails."""
    text = files["steps.py"].decode()
    if "BUILT = 1" not in text:
        # As of what does not compile: one failure, which has no test's name.
        return Result(False, ("steps",), ("no syntax",), "", 0.0)
    one, two = "ONE = 1" in text, "TWO = 1" in text
    failing = [n for n, ok in (("a", one), ("b", two), ("c", one and two)) if not ok]
    return Result(not failing, tuple(failing), ("no",) * len(failing), "", 0.0)


@pytest.mark.parametrize("strategy", ["tree", "build_on", "restart"])
def test_what_does_not_build_is_no_progress_and_half_a_mend_is(strategy, tmp_path):
    """The first attempt breaks it, so that one test fails in place of three; the others
    mend what is not mended yet."""
    edits = ["BUILT", "ONE", "TWO", "ONE", "TWO", "ONE", "TWO"]

    def clumsy(prompt):
        if "edited steps.py" in prompt:
            return "finish\n"
        if "steps.py:\n" not in prompt:
            return "view steps.py\n"
        while edits[0] != "BUILT" and f"{edits[0]} = 1" in prompt:
            edits.pop(0)
        name = edits.pop(0)
        was = 1 if name == "BUILT" else 0
        return edit("steps.py", f"{name} = {was}", f"{name} = {1 - was}")

    folder = tmp_path / "it"
    outcome = pursue(
        folder, None, clumsy, THREE, three_tests, attempts=9, strategy=strategy
    )
    assert outcome.solved and outcome.failed == 0
    first, *rest = [r for r in journal.read(folder) if r["kind"] == "attempt"]
    assert (first["before"], first["after"]) == (3, 3)
    assert (rest[0]["before"], rest[0]["after"]) == (3, 2)
    begun = [row["begins_with"] for row in goals(folder)]
    assert begun[:2] == [0, 0] and begun[-1] > 1 and 1 not in begun


def drawn(texts):
    """Changes the line to each of these in turn, in an attempt of its own."""
    left = list(texts)

    def answer(prompt):
        if "edited sums.py" in prompt:
            return "finish\n"
        if "sums.py:\n" not in prompt:
            return "view sums.py\n"
        return edit("sums.py", "    return x + 2", f"    return {left.pop(0)}")

    return answer


LIKELY = {"x + 3": -3.0, "x * 2": -2.0, "x - 1": -1.0, "x - 2": -4.0}


def log_prob(text):
    return next((LIKELY[key] for key in LIKELY if f"return {key}" in text), 0.0)


@pytest.mark.parametrize("attempts", [1, 2, 3, 4])
def test_the_likeliest_is_taken_whatever_the_tests_say(attempts, tmp_path):
    folder, texts = tmp_path / "it", list(LIKELY)
    outcome = worked(
        folder, "likeliest", drawn(texts), attempts=attempts, log_prob=log_prob
    )
    taken = max(texts[:attempts], key=LIKELY.__getitem__)
    assert f"return {taken}\n" in outcome.texts["sums.py"]
    assert outcome.solved == (taken == "x * 2")
    assert outcome.failed == (not outcome.solved)
    assert f"+    return {taken}" in outcome.patch
    rows = goals(folder)
    assert [row["begins_with"] for row in rows] == [0] * attempts
    assert [row["temperature"] > 0 for row in rows] == [False] + [True] * (attempts - 1)
    made = f"{attempts} attempts were made"
    assert outcome.why == f"{made}; the likeliest of all attempts is taken"


def test_the_likeliest_of_what_a_budget_allowed_is_taken(tmp_path):
    folder, texts = tmp_path / "it", list(LIKELY)
    # The first state's tests, and those of three attempts.
    outcome = worked(folder, "likeliest", drawn(texts), log_prob=log_prob, runs=4)
    assert "return x - 1\n" in outcome.texts["sums.py"] and not outcome.solved
    assert "the budget of 4 runs is used up; the likeliest" in outcome.why


def test_tokens_count_alike_in_short_and_in_long_attempts(tmp_path):
    """The first attempt says its -3 in two answers, the second one in three."""
    long, short = (
        edit("sums.py", "    return x + 2", f"    return {text}")
        for text in ("x + 3", "x - 2")
    )
    said = iter([short, "finish\n", "view sums.py\n", long, "finish\n"])
    outcome = worked(
        tmp_path / "it",
        "likeliest",
        lambda prompt: next(said),
        attempts=2,
        log_prob=lambda text: -3.0 if "return" in text else 0.0,
    )
    assert "return x + 3\n" in outcome.texts["sums.py"]


def test_who_tells_no_log_probabilities_cannot_be_chosen_by_them(tmp_path):
    folder = tmp_path / "it"
    with pytest.raises(TaskMistake, match="strategy=likeliest, but no answer of the"):
        worked(folder, "likeliest", log_prob=lambda text: math.nan)
    # The journal of it can be read by whoever reads JSON.
    assert "NaN" not in (folder / journal.JOURNAL).read_text()
    assert worked(tmp_path / "other", "tree", log_prob=lambda text: math.nan).solved


@pytest.mark.parametrize("untold", ["finish", "return"])
def test_what_is_told_is_what_counts(untold, tmp_path):
    """Of an answer, or of a whole attempt behind the first, it may be unknown."""
    whole = {"x + 3": "finish", "x * 2": "", "x - 1": "edit"}
    left = [edit("sums.py", "    return x + 2", f"    return {text}") for text in whole]

    def answer(prompt):
        return "finish\n" if "edited sums.py" in prompt else left.pop(0)

    def unsure(text):
        if "finish" in text or "x - 1" in text:
            return -math.inf if untold == "finish" else math.nan
        return log_prob(text)

    outcome = worked(tmp_path / "it", "likeliest", answer, attempts=3, log_prob=unsure)
    assert "return x * 2\n" in outcome.texts["sums.py"]


def test_a_tree_weighs_by_what_its_settings_say(tmp_path):
    """Where the first state may have one child alone, all comes below that."""
    folder = tmp_path / "it"
    changes = {"fresh_widening": 0.1, "widening_power": 0.0, "attempts": 3}
    worked(folder, "tree", **changes)
    assert [row["begins_with"] for row in goals(folder)] == [0, 1, 2]


def test_the_likeliest_words_come_first_at_each_state(tmp_path):
    worked(tmp_path / "it", "tree")
    begun = set()
    for row in goals(tmp_path / "it"):
        assert (row["temperature"] == 0) == (row["begins_with"] not in begun)
        begun.add(row["begins_with"])
    assert len(begun) > 2


@pytest.mark.parametrize("strategy", ["tree", "build_on", "restart"])
def test_the_likeliest_words_are_not_said_of_each_test_of_one_bug(strategy, tmp_path):
    folder = tmp_path / "it"
    pursue(
        folder,
        None,
        lambda prompt: "finish\n",
        THREE,
        three_tests,
        **{"attempts": 3, "strategy": strategy},
    )
    rows = goals(folder)
    assert [row["temperature"] > 0 for row in rows] == [False, True, True]
    # Restarts know nothing of attempts before.
    about = "aaa" if strategy == "restart" else "abc"
    assert [row["test"] for row in rows] == list(about)


def test_what_another_session_said_of_one_test_is_not_said_of_another(tmp_path):
    """Of the repository as it was, which both begin with."""
    memory = tmp_path / "memory.jsonl"
    for name, about, drawn in ("first", "a", False), ("second", "b", True):
        folder = tmp_path / name
        pursue(
            folder,
            None,
            lambda prompt: "finish\n",
            THREE,
            three_tests,
            memory=memory,
            attempts=1,
        )
        (row,) = goals(folder)
        assert row["test"] == about and (row["temperature"] > 0) == drawn


@pytest.mark.parametrize("strategy", ["tree", "build_on", "restart"])
def test_the_likeliest_words_are_said_to_a_new_state(strategy, tmp_path):
    """Also where a draw has led to it, and its test was tried before."""
    idle = ["finish\n"]

    def at_last(prompt):
        if idle:
            return idle.pop()
        if "edited steps.py" in prompt:
            return "finish\n"
        if "steps.py:\n" not in prompt:
            return "view steps.py\n"
        return edit("steps.py", "ONE = 0", "ONE = 1")

    folder = tmp_path / "it"
    changes = {"attempts": 2, "strategy": strategy}
    pursue(folder, None, at_last, THREE, three_tests, **changes)
    first, second, third, *_ = goals(folder)
    assert [row["begins_with"] for row in (first, second, third)] == [0, 0, 2]
    assert not first["temperature"] and second["temperature"] > 0
    assert not third["temperature"]


def test_what_was_there_before_is_not_begun_with(tmp_path):
    """All attempts leave the first state, or the same other one."""

    def idler(prompt):
        if "edited sums.py" in prompt or "x + 3" in prompt:
            return "finish\n"
        return stepwise(prompt)

    worked(tmp_path / "it", "tree", idler, attempts=20)
    rows = goals(tmp_path / "it")
    assert {row["begins_with"] for row in rows} == {0, 1} and len(rows) == 20


@pytest.mark.parametrize("strategy", ["tree", "likeliest"])
def test_who_was_cut_anywhere_comes_to_the_same_end(strategy, tmp_path):
    whole, attempts = tmp_path / "whole", 30 if strategy == "tree" else 3
    outcome = worked(whole, strategy, attempts=attempts)
    rows = journal.read(whole)
    lines = (whole / journal.JOURNAL).read_bytes().splitlines(keepends=True)
    for kept in range(0, len(lines), 3):
        other = tmp_path / str(kept)
        shutil.copytree(whole, other)
        (other / session.MEMORY).unlink()
        (other / journal.JOURNAL).write_bytes(b"".join(lines[:kept]))
        again = worked(other, strategy, attempts=attempts)
        assert untimed([again.row()]) == untimed([outcome.row()])
        assert untimed(journal.read(other)) == untimed(rows)


def test_the_transcript_tells_where_attempts_began(tmp_path):
    outcome = worked(tmp_path / "it", "tree")
    transcript.write(tmp_path / "it", scripted.GOAL, "it", outcome)
    text = (tmp_path / "it" / transcript.TEXT).read_text()
    last = goals(tmp_path / "it")[-1]
    assert f"Attempt {last['number']}, after attempt {last['begins_with']}: " in text
    assert "Attempt 1: double" in text
