"""Where attempts begin: what each strategy can reach, and cannot."""

import shutil

import pytest

from hrm_jax.agent import journal, session, transcript
from hrm_jax.agent.suite import Result
from tests.hrm_jax.agent import scripted
from tests.hrm_jax.agent.scripted import WRONG, edit, pursue, untimed

STEPS = ("x + 2", "x + 3", "x + 4", "x * 2")
FILES = {"sums.py": WRONG.split("\n\n\n")[0] + "\n", "tests/test_sums.py": "\n"}


def run_tests(files):
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


def test_the_likeliest_words_come_first_at_each_state(tmp_path):
    worked(tmp_path / "it", "tree")
    begun = set()
    for row in goals(tmp_path / "it"):
        assert (row["temperature"] == 0) == (row["begins_with"] not in begun)
        begun.add(row["begins_with"])
    assert len(begun) > 2


def test_what_was_there_before_is_not_begun_with(tmp_path):
    """All attempts leave the first state, or the same other one."""

    def idler(prompt):
        if "edited sums.py" in prompt or "x + 3" in prompt:
            return "finish\n"
        return stepwise(prompt)

    worked(tmp_path / "it", "tree", idler, attempts=20)
    rows = goals(tmp_path / "it")
    assert {row["begins_with"] for row in rows} == {0, 1} and len(rows) == 20


def test_a_tree_that_was_cut_anywhere_comes_to_the_same_end(tmp_path):
    whole = tmp_path / "whole"
    worked(whole, "tree")
    rows = journal.read(whole)
    lines = (whole / journal.JOURNAL).read_bytes().splitlines(keepends=True)
    for kept in range(0, len(lines), 3):
        other = tmp_path / str(kept)
        shutil.copytree(whole, other)
        (other / session.MEMORY).unlink()
        (other / journal.JOURNAL).write_bytes(b"".join(lines[:kept]))
        assert worked(other, "tree").solved
        assert untimed(journal.read(other)) == untimed(rows)


def test_the_transcript_tells_where_attempts_began(tmp_path):
    outcome = worked(tmp_path / "it", "tree")
    transcript.write(tmp_path / "it", scripted.GOAL, "it", outcome)
    text = (tmp_path / "it" / transcript.TEXT).read_text()
    last = goals(tmp_path / "it")[-1]
    assert f"Attempt {last['number']}, after attempt {last['begins_with']}: " in text
    assert "Attempt 1: double" in text
