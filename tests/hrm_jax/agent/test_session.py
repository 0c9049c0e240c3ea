"""A session from its first test to its last, killed anywhere on its way."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import pytest

from data_pipeline.schema import UserError
from hrm_jax.agent import executor, journal, memory, session, transcript
from hrm_jax.agent.repository import Repository
from hrm_jax.agent.suite import Result
from hrm_jax.agent.tasks import Task
from hrm_jax.search.candidate import Ask, Sample
from tests.hrm_jax.agent import scripted
from tests.hrm_jax.agent.scripted import GOAL, WRONG, edit, pursue, untimed


def test_halves_of_characters_are_replaced():
    """JSON may hold them, no transcript and no file can."""
    said = scripted.model(lambda prompt: "view \ud800 ä\n").say(Ask("", "", 0, 0), {})
    assert said.text == "view ? ä\n"


def test_it_mends_one_test_after_the_other(whole):
    folder, outcome = whole
    assert outcome.solved and outcome.failed == 0 and outcome.attempts == 2
    assert outcome.budget.malformed == 1
    assert outcome.texts["sums.py"] == WRONG.replace("x + 2", "x * 2").replace(
        "half(x):\n    return x * 2", "half(x):\n    return x // 2"
    )
    assert outcome.patch.count("\n+") == 3  # with its head
    rows = journal.read(folder)
    assert [row["kind"] for row in rows if row["kind"] in ("subgoal", "tests")] == [
        *("tests", "subgoal", "tests", "subgoal", "tests")
    ]
    tried = memory.load(folder / session.MEMORY)
    assert [(one.before, one.after, one.helped) for one in tried] == [
        (2, 1, True),
        (1, 0, True),
    ]
    assert tried[0].change == ("-    return x + 2", "+    return x * 2")
    assert "double(5) returned 7, expected 10" == tried[0].words


def test_the_transcript_tells_all_of_it(whole):
    folder, outcome = whole
    transcript.write(folder, GOAL, "scripted", outcome)
    text = (folder / transcript.TEXT).read_text()
    page = (folder / transcript.PAGE).read_text()
    for said in ("look around", "search half", "2 failed", "all passed"):
        assert said in text and said in page
    assert outcome.patch in text
    assert "<ins>+    return x * 2</ins>" in page
    assert (folder / transcript.PATCH).read_text() == outcome.patch


def test_the_patch_is_what_git_applies(whole, tmp_path):
    folder, outcome = whole
    (tmp_path / "sums.py").write_text(WRONG)
    subprocess.run(["git", "apply"], input=outcome.patch.encode(), cwd=tmp_path)
    assert (tmp_path / "sums.py").read_text() == outcome.texts["sums.py"]


def test_cut_anywhere_it_ends_as_if_it_never_had_been(whole, tmp_path, from_kept):
    """Each beginning of the journal, whole lines and parts of one."""
    folder, _ = whole
    data = (folder / journal.JOURNAL).read_bytes()
    rows = journal.read(folder)
    places = [n for n, byte in enumerate(data) if byte == ord("\n")]
    for number, place in enumerate([0, *places]):
        other = tmp_path / str(number)
        shutil.copytree(folder, other)
        (other / session.MEMORY).unlink()
        rest = 1 if number % 2 or number == len(places) else 9
        (other / journal.JOURNAL).write_bytes(data[: place + rest if place else 0])
        assert pursue(other, None, run_tests=from_kept).solved
        assert untimed(journal.read(other)) == untimed(rows)
        kept = (other / session.MEMORY).read_text()
        assert kept == (folder / session.MEMORY).read_text()


_KILLED = """
import os, pathlib, signal, sys
from hrm_jax.agent import journal, suite
from eval.sandbox import tiers
from tests.hrm_jax.agent import scripted
left = int(sys.argv[2])
def mender(prompt):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return scripted.mender(prompt)
with tiers.open_sandbox() as sandbox:
    scripted.pursue(pathlib.Path(sys.argv[1]), sandbox, mender)
"""


@pytest.mark.slow
def test_killed_at_every_action_it_ends_the_same(whole, tmp_path):
    """SIGKILL to the process that thinks, once more after each action."""
    rows = journal.read(whole[0])
    answers = sum(row["kind"] == "answer" for row in rows)
    root = pathlib.Path(__file__).parents[3]
    for step in (1, 2):
        folder = tmp_path / str(step)
        for number in range(answers // step + 1):
            done = subprocess.run(
                [sys.executable, "-c", _KILLED, str(folder), str(step)],
                cwd=root,
                env={**os.environ, "PYTHONPATH": str(root)},
            )
            ended = done.returncode == 0
            assert ended or done.returncode == -signal.SIGKILL
            kept = sum(row["kind"] == "answer" for row in journal.read(folder))
            assert kept == min((number + 1) * step, answers), "an answer was lost"
            if ended:
                break
        assert untimed(journal.read(folder)) == untimed(rows)


def test_a_budget_that_is_used_up_ends_it_and_a_larger_one_goes_on(
    whole, tmp_path, from_kept
):
    small = pursue(tmp_path / "it", None, run_tests=from_kept, runs=1)
    assert not small.solved and "1 runs is used up" in small.why
    assert small.budget.runs == 1
    words = pursue(tmp_path / "words", None, run_tests=from_kept, tokens=20)
    assert "20 tokens is used up" in words.why and words.budget.tokens < 100
    large = pursue(tmp_path / "it", None, run_tests=from_kept)
    assert large.solved
    rows = [row for row in journal.read(tmp_path / "it") if row["kind"] != "end"]
    assert untimed(rows) == untimed(journal.read(whole[0])[:-1])


@pytest.mark.parametrize("name", ["seconds", "tokens", "runs", "attempts", "actions"])
def test_nothing_can_be_done_with_a_budget_of_zero(name):
    with pytest.raises(UserError, match=f"budget of {name} is 0"):
        scripted.settings(**{name: 0.0 if name == "seconds" else 0})


def test_two_do_not_work_in_one_session(tmp_path, from_kept):
    pursue(tmp_path / "it", None, run_tests=from_kept)
    with journal.opened(tmp_path / "it"):
        with pytest.raises(UserError, match="Another process is writing"):
            pursue(tmp_path / "it", None, run_tests=from_kept)


def test_killed_while_it_copied_it_copies_again(tmp_path, whole):
    folder, copy = tmp_path / "it", Repository(scripted.FILES, {})
    asked = folder, scripted.ABOUT, lambda: copy, scripted.settings()
    assert session.begin(*asked) == copy
    shutil.rmtree(folder / session.BASE)
    (folder / ".1-repository").mkdir()
    assert session.begin(*asked) == copy


def test_what_a_task_gives_is_in_the_copy_whatever_it_is_called(tmp_path):
    """And however large; and it is there when the session goes on."""
    names = "venv/a.py", "build/b.py", "it/session.json", "it/journal.jsonl"
    files = {**dict.fromkeys(names, "x = 1\n"), "large.py": "x = 1\n" * 2**19}
    task = Task("a", GOAL, None, files, "", {})
    chosen = scripted.settings()
    for _ in range(2):
        found = session.begin(
            tmp_path / "it", scripted.ABOUT, lambda: task.read(chosen), chosen
        )
        assert found.texts == files and not found.others
    assert not session.left_out(tmp_path / "it")


def test_what_nobody_copied_is_not_written_over(tmp_path):
    (tmp_path / session.BASE).mkdir()
    (tmp_path / session.BASE / "mine.py").write_text("x = 1\n")
    copy = Repository(scripted.FILES, {})
    with pytest.raises(UserError, match="is no session's copy"):
        session.begin(tmp_path, scripted.ABOUT, lambda: copy, scripted.settings())
    for text in ("[]", '{"name": 1}', "{"):
        (tmp_path / "session.json").write_text(text)
        with pytest.raises(UserError, match="is damaged, or no session's"):
            session.begin(tmp_path, scripted.ABOUT, lambda: copy, scripted.settings())
    assert (tmp_path / session.BASE / "mine.py").read_text() == "x = 1\n"


def test_another_session_is_not_gone_on_with(tmp_path, from_kept, whole):
    folder = tmp_path / "it"
    pursue(folder, None, run_tests=from_kept)
    grown = scripted.settings(tokens=10**9)
    session.begin(folder, scripted.ABOUT, lambda: None, grown)
    for name, value in (("goal", "other"), ("test_command", "true"), ("repo", "/")):
        about = {**scripted.ABOUT, name: value}
        with pytest.raises(UserError, match=f"another session, whose {name} is "):
            session.begin(folder, about, lambda: None, scripted.settings())
    with pytest.raises(UserError, match="whose memory_share is 0.0, not 0.5"):
        other = scripted.settings(memory_share=0.5)
        session.begin(folder, scripted.ABOUT, lambda: None, other)
    rows = journal.read(folder)
    rows[2]["files"] = ["words.py"]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / journal.JOURNAL).write_text(text)
    with pytest.raises(UserError, match="another version of this program"):
        pursue(folder, None, run_tests=from_kept)


def test_code_that_does_not_build_mends_no_test(tmp_path, from_kept):
    """A run that names none of the tests says nothing of the one that is worked on."""

    def run(files, seconds):
        if "x ** * 2" not in files["sums.py"].decode():
            return from_kept(files, seconds)
        name = "test_sums (unittest.loader._FailedTest.test_sums)"
        return Result(False, (name,), ("SyntaxError: invalid syntax",), "", 0.1)

    def clumsy(prompt):
        if "edited sums.py" not in prompt and "double(5) returned" in prompt:
            return scripted.edit("sums.py", "    return x + 2", "    return x ** * 2")
        if "SyntaxError" in prompt:
            return scripted.edit("sums.py", "    return x ** * 2", "    return x * 2")
        return scripted.mender(prompt)

    outcome = pursue(tmp_path / "it", None, clumsy, run_tests=run)
    assert outcome.solved and outcome.attempts == 2
    ends = [row for row in journal.read(tmp_path / "it") if row["kind"] == "attempt"]
    assert [row["ended"] for row in ends] == [executor.MENDED, executor.PASSED]


def test_who_never_says_an_action_is_given_up(tmp_path, from_kept):
    outcome = pursue(tmp_path / "it", None, lambda prompt: "?", run_tests=from_kept)
    assert not outcome.solved and outcome.attempts == 6
    # The first attempt is greedy, and says it twice.
    assert outcome.budget.malformed == outcome.budget.actions == 2 + 5 * 3
    assert outcome.budget.runs == 1 and not outcome.patch


def test_edits_that_do_not_apply_are_told(tmp_path, from_kept):
    asked = []

    def stubborn(prompt):
        asked.append(prompt)
        return edit("sums.py", "nothing of this", "x")

    outcome = pursue(tmp_path / "it", None, stubborn, run_tests=from_kept, attempts=1)
    assert not outcome.solved and len(asked) == 2
    assert "error: Block 1 (sums.py)" in asked[1] and "do not stand in" in asked[1]


def test_an_edit_that_might_have_meant_other_lines_is_told(tmp_path, from_kept):
    asked = []

    def vague(prompt):
        asked.append(prompt)
        return edit("sums.py", "", "# Here.")

    pursue(tmp_path / "it", None, vague, run_tests=from_kept, attempts=1, actions=2)
    assert "edited sums.py: the first of 3 places\n" in asked[1]


def test_what_makes_it_worse_is_not_kept(tmp_path, from_kept):
    """Each attempt begins with the best that there was."""
    seen = []

    def spoiler(prompt):
        if "edited" in prompt:
            return "finish\n"
        seen.append("return x + 2" in prompt)
        return edit("sums.py", "    return x + 2", "    return x + 2 + 2")

    outcome = pursue(
        tmp_path / "it", None, spoiler, run_tests=from_kept, attempts=3, actions=2
    )
    assert not outcome.patch and outcome.budget.runs == 2
    assert outcome.texts["sums.py"] == WRONG


def test_what_is_better_in_the_middle_of_an_attempt_is_kept(tmp_path, strongest):
    """It mends another test than it should, spoils it, and may not test again."""

    def wandering(prompt):
        if "edited sums.py" in prompt:
            return "test\n"
        if "sums.py:\n" not in prompt:
            return "view sums.py\n"
        if "return x * 2" in prompt:
            return edit("sums.py", "    return x * 2", "    return x // 2")
        return edit("sums.py", "    return x // 2", "    return x // 2 + 1")

    for _ in range(2):  # and when it is told again from the journal
        outcome = pursue(tmp_path / "it", strongest, wandering, runs=2)
        assert not outcome.solved and "2 runs is used up" in outcome.why
        assert outcome.failed == 1 and outcome.budget.runs == 2
        assert outcome.texts["sums.py"] == WRONG.replace("x * 2", "x // 2")
        assert "+    return x // 2\n" in outcome.patch


def test_of_states_that_are_as_good_an_attempt_s_end_is_kept(tmp_path, strongest):
    """A run in its middle said the same of an earlier one."""

    def tidy(prompt):
        if "edited sums.py" in prompt:
            return "test\n"
        if "tests: failed" in prompt and "return x // 2" in prompt:
            return edit("words.py", "    return text.upper()", "    return text")
        if "edited words.py" in prompt or "return x // 2" in prompt:
            return "finish\n"
        if "sums.py:\n" not in prompt:
            return "view sums.py\n"
        return edit("sums.py", "    return x * 2", "    return x // 2")

    outcome = pursue(tmp_path / "it", strongest, tidy, attempts=1)
    assert outcome.failed == 1 and "return text\n" in outcome.texts["words.py"]


def test_a_restart_begins_with_the_repository_as_it_was(tmp_path, from_kept):
    """It mends one of two tests at a time, once, and may not build on that later."""
    seen = []

    def half(prompt):
        if "edited" in prompt:
            return "test\n"
        if "sums.py:\n" not in prompt:
            return "view sums.py\n"
        seen.append("x + 2" in prompt)
        if seen[-1]:
            return edit("sums.py", "    return x + 2", "    return x * 2")
        return "finish\n"

    for strategy, first in ("restart", 2), ("build_on", 1):
        seen.clear()
        outcome = pursue(
            tmp_path / strategy,
            None,
            half,
            run_tests=from_kept,
            strategy=strategy,
            attempts=3,
        )
        assert sum(seen) == first and not outcome.solved
        # What was best is kept all the same, and what was tested is not run again.
        assert "x + 2" not in outcome.texts["sums.py"] and outcome.failed == 1
        assert outcome.budget.runs == 2
        goals = [r for r in journal.read(tmp_path / strategy) if r["kind"] == "subgoal"]
        greedy = [not row["temperature"] for row in goals]
        assert greedy == [True, True, False, False], (
            "each prompt's likeliest words once"
        )


def test_another_seed_draws_other_words(tmp_path, from_kept):
    """And the same one the same."""
    asked = {}
    for name, seed in ("first", 0), ("same", 0), ("other", 1):
        chosen = scripted.settings(seed=seed)
        asked[name] = []

        def write(asks, asked=asked[name]):
            asked += [ask.seed for ask in asks]
            yield 0, Sample("finish\n", 0.0, 1, False)

        model = scripted.model()._replace(write=write)
        folder = tmp_path / name
        found = session.begin(
            folder, scripted.ABOUT, lambda: Repository(scripted.FILES, {}), chosen
        )
        session.pursue(folder, GOAL, found, model, from_kept, chosen)
    assert asked["first"] == asked["same"]
    assert len({*asked["first"], *asked["other"]}) == 12
