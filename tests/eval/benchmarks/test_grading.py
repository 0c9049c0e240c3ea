"""Answers and grades are kept as they come: nothing runs twice, nothing is lost."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks import grading, models, report, samples
from eval.benchmarks.problem import LONGEST_DETAIL, Grade, Kind, Problem, Prompt
from eval.sandbox.program import Program
from eval.sandbox.sandbox import SandboxError
from eval.sandbox.toolchains import NoToolchain


@dataclasses.dataclass(frozen=True)
class Echo:
    """Asks for the square of a number, by a Python program that prints it."""

    problems: tuple[Problem, ...]
    name: str = "echo"

    def prompt(self, problem):
        return Prompt(f"Print {problem.row['n']} squared.")

    def extract(self, problem, completion):
        return completion.strip()

    def grade(self, problem, submission, sandbox):
        if not submission:
            return Grade(Kind.MALFORMED)
        program = Program("python", {"main.py": submission.encode()}, "main.py")
        outcome = sandbox.run(program)
        right = outcome.stdout.split() == [str(problem.row["n"] ** 2).encode()]
        kind = Kind.PASSED if right else Kind.WRONG_ANSWER
        return Grade(kind, seconds=outcome.wall_seconds)

    def gold(self, problem):
        return f"print({problem.row['n']} ** 2)"


PROBLEMS = tuple(Problem(f"square/{n}", "python", {"n": n}) for n in range(1, 7))
ECHO = Echo(PROBLEMS)


def answer(prompt, index):
    """Right for the first sample of each, wrong for the others."""
    return f"print({prompt.text.split()[1]} ** {2 + index})"


def collect(path, model=None, count=2, benchmark=ECHO):
    model = model or models.Function("cubes", answer)
    return samples.collect(benchmark, benchmark.problems, model, count, path)


def test_grades_come_in_the_order_of_the_samples(tmp_path, strongest):
    answered = collect(tmp_path / "samples.jsonl")
    found = grading.grade(ECHO, answered, strongest, tmp_path / "grades.jsonl", 2)
    assert list(found) == [(one.id, i) for one in PROBLEMS for i in (0, 1)]
    # 1 ** 3 is 1 as well.
    assert [found[key].passed for key in found] == [True, True] + [True, False] * 5


class Counting:
    """A model that says how often it was asked for each sample."""

    name, at_once = "cubes", 3

    def __init__(self):
        self.asked = []

    def available(self, problem):
        return 10

    def complete(self, problem, prompt, index):
        self.asked.append((problem.id, index))
        return models.Completion(answer(prompt, index))


def test_a_model_is_asked_for_what_is_missing_alone(tmp_path):
    path, model = tmp_path / "samples.jsonl", Counting()
    first = samples.collect(ECHO, PROBLEMS[:2], model, 2, path)
    data = path.read_bytes()
    path.write_bytes(data[:-30])  # as a kill may leave it
    model.asked.clear()
    again = samples.collect(ECHO, PROBLEMS[:3], model, 3, path, workers=3)
    lost = json.loads(data.splitlines()[-1])
    fresh = {(one.id, 2) for one in PROBLEMS[:2]}
    fresh |= {(PROBLEMS[2].id, i) for i in range(3)} | {
        (lost["problem"], lost["index"])
    }
    assert sorted(model.asked) == sorted(fresh)
    kept = [sample for sample in again if sample.key not in fresh]
    assert kept == [sample for sample in first if sample.key not in fresh]


def test_answers_are_kept_though_the_model_fails_later(tmp_path):
    def fails(prompt, index):
        if "4" in prompt.text:
            raise UserError("The server has gone.")
        return answer(prompt, index)

    path = tmp_path / "samples.jsonl"
    with pytest.raises(UserError, match="has gone"):
        collect(path, models.Function("cubes", fails), count=1)
    assert len(path.read_bytes().splitlines()) == 3
    assert len(collect(path, count=1)) == 6


def test_answers_of_another_model_or_prompt_are_not_mixed(tmp_path):
    path = tmp_path / "samples.jsonl"
    collect(path)
    with pytest.raises(UserError, match="answers of cubes, not of others"):
        collect(path, models.Function("others", answer))
    other = Echo(tuple(dataclasses.replace(one, row={"n": 9}) for one in PROBLEMS))
    with pytest.raises(UserError, match="another prompt for square/1"):
        collect(path, benchmark=other)
    path.write_text('{"problem": "square/1"}\n')
    with pytest.raises(UserError, match="samples.jsonl:1 is no sample"):
        collect(path)


def test_a_sample_is_graded_once(tmp_path, strongest):
    path, answered = tmp_path / "grades.jsonl", collect(tmp_path / "samples.jsonl")
    first = grading.grade(ECHO, answered[:5], strongest, path, 2)
    seen = []

    class Watching(Echo):
        def grade(self, problem, submission, sandbox):
            seen.append((problem.id, submission))
            return super().grade(problem, submission, sandbox)

    data = path.read_bytes()
    path.write_bytes(data[:-7])
    lost = json.loads(data.splitlines()[-1])
    whole = grading.grade(Watching(PROBLEMS), answered, strongest, path, 2)
    expected = [s for s in answered[:5] if s.key == (lost["problem"], lost["index"])]
    assert len(expected) == 1
    expected += answered[5:]
    assert sorted(seen) == sorted((s.problem, s.completion) for s in expected)
    assert {key: whole[key].kind for key in first} == {
        key: graded.kind for key, graded in first.items()
    }
    with pytest.raises(UserError, match="grades another answer to square/1"):
        changed = [dataclasses.replace(s, completion="?") for s in answered]
        grading.grade(ECHO, changed, strongest, path)
    path.write_text('{"problem": "square/1"}\n')
    with pytest.raises(UserError, match="grades.jsonl:1 is no grade"):
        grading.grade(ECHO, answered, strongest, path)


def test_what_the_sandbox_loses_is_tried_again_then_told(tmp_path, strongest):
    class Loses(Echo):
        def grade(self, problem, submission, sandbox):
            if problem.id == "square/3":
                raise SandboxError("it was lost")
            if problem.id == "square/2" and not tried:
                tried.append(problem)
                raise SandboxError("it was lost")
            return super().grade(problem, submission, sandbox)

    tried = []
    path = tmp_path / "grades.jsonl"
    answered = collect(tmp_path / "samples.jsonl", count=1)
    with pytest.raises(UserError, match="1 samples .*square/3 .it was lost"):
        grading.grade(Loses(PROBLEMS), answered, strongest, path, 2)
    assert len(path.read_bytes().splitlines()) == 5
    assert grading.grade(ECHO, answered, strongest, path)[PROBLEMS[2].id, 0].passed


def test_what_cannot_be_run_is_not_counted_and_tried_again(tmp_path, strongest):
    class Lacks(Echo):
        def grade(self, problem, submission, sandbox):
            if problem.id == "square/3":
                raise NoToolchain("Python is not installed.")
            return super().grade(problem, submission, sandbox)

    path, answered = tmp_path / "grades.jsonl", collect(tmp_path / "samples.jsonl")
    found = grading.grade(Lacks(PROBLEMS), answered, strongest, path)
    assert found["square/3", 0].kind == Kind.NOT_RUN
    told = report.summary(PROBLEMS, found, [1, 2, 3], {})
    assert [(one["k"], one["problems"]) for one in told["pass_at_k"]] == [
        (1, 5),
        (2, 5),
    ]
    assert told["pass_at_k"][0]["value"] == pytest.approx((1 + 4 * 0.5) / 5)
    assert told["kinds"] == {"passed": 6, "wrong answer": 4, "not run": 2}
    assert told["not_run"] == 2 * [
        {"problem": "square/3", "reason": "Python is not installed."}
    ]
    whole = grading.grade(ECHO, answered, strongest, path)
    assert whole["square/3", 0].passed
    assert len(path.read_bytes().splitlines()) == 12 + 2


def test_details_are_short():
    graded = Grade(Kind.WRONG_ANSWER, "a" * 5_000 + "b" * 5_000)
    assert len(graded.detail) <= LONGEST_DETAIL
    assert graded.detail.startswith("aaa") and graded.detail.endswith("bbb")


PROGRAM = """
import pathlib, sys
from eval.benchmarks import grading, models, samples
from eval.sandbox import tiers
from tests.eval.benchmarks import test_grading as t
folder = pathlib.Path(sys.argv[1])
with tiers.open_sandbox() as sandbox:
    answered = t.collect(folder / "samples.jsonl")
    grading.grade(t.ECHO, answered, sandbox, folder / "grades.jsonl", 2)
"""


@pytest.mark.slow
def test_a_killed_grader_goes_on_to_the_same_grades(tmp_path, strongest):
    """Killed ten times at different moments, nothing is graded twice or lost."""
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    command = [sys.executable, "-c", PROGRAM]
    for round in range(10):
        started = subprocess.Popen([*command, str(killed)])
        grades = killed / "grades.jsonl"
        until = time.monotonic() + 60
        while time.monotonic() < until and started.poll() is None:
            if grades.exists() and grades.read_bytes().count(b"\n") > round:
                break
            time.sleep(0.002)
        os.kill(started.pid, signal.SIGKILL)
        started.wait()
    subprocess.run([*command, str(killed)], check=True)
    subprocess.run([*command, str(whole)], check=True)
    rows = {}
    for folder in (killed, whole):
        lines = (folder / "grades.jsonl").read_bytes().splitlines()
        found = [json.loads(line) for line in lines]
        keys = [(row["problem"], row["index"]) for row in found]
        assert len(keys) == len(set(keys)) == 12
        rows[folder] = {
            key: row | {"seconds": 0} for key, row in zip(keys, found, strict=True)
        }
    assert rows[killed] == rows[whole]


def test_an_answer_that_is_cut_off_is_kept_graded_and_told(tmp_path, strongest):
    def short(prompt, index):
        number = prompt.text.split()[1]
        text = {"1": "print(1)", "2": "print(4", "3": ""}.get(number)
        if text is None:
            return f"print({number} ** 2)"
        raise models.ContextExhausted(text)

    model = models.Function("short", short)
    answered = collect(tmp_path / "samples.jsonl", model, count=1)
    assert [sample.cut for sample in answered] == [True] * 3 + [False] * 3
    assert collect(tmp_path / "samples.jsonl", model, count=1) == answered
    grades = grading.grade(ECHO, answered, strongest, tmp_path / "grades.jsonl", 1)
    told = [(graded.kind, "cut off" in graded.detail) for graded in grades.values()]
    assert told[:4] == [
        (Kind.PASSED, False),
        (Kind.WRONG_ANSWER, True),
        (Kind.MALFORMED, False),
        (Kind.PASSED, False),
    ]
    # Where nothing was said there was no room to.
    assert [sample.fits for sample in answered] == [True, True, False] + [True] * 3
    assert "no room for an answer" in list(grades.values())[2].detail
