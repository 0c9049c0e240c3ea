"""What a policy learns from its own wrong answers."""

import json

import numpy as np
import pytest

from data_pipeline.text.special import Special
from eval.benchmarks.synthetic.verdict import Verdict
from hrm_jax.rl import mistakes
from hrm_jax.rl.objectives import DAGGER
from hrm_jax.rl.rounds import Drawn
from hrm_jax.text.answers import Answer
from tests.hrm_jax.rl import bandit
from tests.hrm_jax.rl.bandit import Referee, assert_same, drain, learned


def answers_in(path):
    lines = map(json.loads, path.read_text().splitlines())
    return [row for row in lines if "place" in row]


def test_an_expert_corrects_mistakes(tmp_path):
    """DAgger: all tasks and distinct mistakes, as many as wanted, with known answers;
    nothing more is drawn."""
    state = bandit.state("grpo")
    stream = bandit.practice(DAGGER, tmp_path, Referee(), mistakes=9)
    numbers, found, _ = drain(stream, state)
    (path,) = (tmp_path / "rounds").iterdir()
    exercises = bandit.exercises(0)
    wrong = {
        (*exercises[row["place"] // 8].prompt[:-1], row["tokens"][0], Special.ANSWER)
        for row in answers_in(path)
        if row["kind"] != "passed"
    }
    lessons = list(learned(found))
    assert {answer for _, answer in lessons} == {(bandit.WORD, Special.END)}
    prompts = {prompt for prompt, _ in lessons}
    tasks = {tuple(exercise.prompt) for exercise in exercises}
    assert tasks < prompts and prompts - tasks < wrong
    assert len(prompts) == len(lessons) == numbers["lessons"] == 6 + 9
    assert numbers["mistakes"] == 9
    # Whoever comes later learns the same.
    again = bandit.practice(DAGGER, tmp_path, Referee(0), mistakes=9)
    again.set_state({"round": 0, "taken": 0})
    assert again.look(state) is None
    assert_same([next(again) for _ in found], found)


@pytest.mark.parametrize("fail_after", [None, 50])
def test_mistakes_are_answered_by_the_policy(tmp_path, fail_after):
    """As the tasks are: drawn, judged, kept, and learned from by advantage; also by a
    process that begins where another one was stopped."""
    changes, state = {"mistakes": 3}, bandit.state("grpo")
    first, referee = Referee(fail_after), Referee()
    if fail_after:
        with pytest.raises(KeyboardInterrupt):
            bandit.practice("grpo", tmp_path, first, **changes).look(state)
    stream = bandit.practice("grpo", tmp_path, referee, **changes)
    numbers, found, _ = drain(stream, state)
    tasks, repaired = sorted((tmp_path / "rounds").iterdir(), reverse=True)
    assert (tasks.name, repaired.name) == ("000000.jsonl", "000000-mistakes.jsonl")
    assert len(answers_in(tasks)) == 48 and len(answers_in(repaired)) == 24
    judged = len(first.asked) * bool(fail_after) + len(referee.asked)
    assert judged == 72
    passed = [row["kind"] == "passed" for row in answers_in(repaired)]
    assert numbers["mistakes/passed"] == np.mean(passed)
    spread = [0 < sum(passed[n : n + 8]) < 8 for n in (0, 8, 16)]
    assert numbers["mistakes/skipped"] == spread.count(False) / 3
    assert len(list(learned(found))) == numbers["lessons"]
    assert numbers["gap"] < 1e-5
    again = bandit.practice("grpo", tmp_path, Referee(0), **changes)
    again.set_state({"round": 0, "taken": 0})
    assert again.look(state) is None
    assert_same([next(again) for _ in found], found)


def test_an_expert_needs_nothing_to_compare(tmp_path):
    changes = {"answers": 1, "temperature": 0.0, "mistakes": 9}
    stream = bandit.practice(DAGGER, tmp_path, Referee(), **changes)
    numbers, found, _ = drain(stream, bandit.state("grpo"))
    assert len(list(learned(found))) == numbers["lessons"] == 6 + numbers["mistakes"]


def test_who_wants_no_mistakes_asks_about_none():
    verdict = Verdict("wrong answer", 0.0, 0.0, 0.0, (), "f(1) returned 2", 0.0)
    wrong = [Drawn(0, Answer([3], [0.0]), verdict)]
    asked, rng = bandit.exercises(0), np.random.default_rng(0)

    def ask_repair(exercise, drawn):
        raise AssertionError("nobody asked")

    assert mistakes.exercises(asked, wrong, 1, 0, ask_repair, rng) == []
