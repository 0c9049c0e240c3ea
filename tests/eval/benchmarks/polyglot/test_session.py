"""All tries of a model: nothing is asked or tested twice, and nothing is lost."""

import json
import shutil

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks import models
from eval.benchmarks.models import Completion
from eval.benchmarks.polyglot import benchmark, board, session, testing
from eval.sandbox.sandbox import SandboxError
from tests.eval.benchmarks.polyglot import exercises


@pytest.fixture
def suite(tmp_path, strongest):
    """Python, and Rust that needs a crate."""
    data = exercises.write(tmp_path / "data", ["python", "rust"])
    (manifest,) = data.glob("rust/*/*/*/Cargo.toml")
    manifest.write_text(manifest.read_text() + 'rand = "0.8"\n')
    found = benchmark.load(data)
    if why := testing.obstacle(found.exercise(found.problems[0]), strongest):
        pytest.skip(why)
    return found


class Model:
    """Is right in its second try; keeps what it was asked."""

    name, at_once = "slow learner", 2

    def __init__(self, suite):
        self.asked = []
        self.gold = suite.gold(suite.problems[0])

    def available(self, problem):
        return 8

    def complete(self, problem, prompt, index):
        self.asked.append((problem.id, index))
        return Completion(self.gold if index else "I do not know.")


def play(suite, model, sandbox, folder):
    return session.collect(suite, suite.problems, model, sandbox, folder)


def about(suite):
    return {"benchmark": suite.name, "model": "small", "samples_file": "samples.jsonl"}


def without_seconds(report):
    return {name: report[name] for name in report if name != "seconds_per_sample"}


def test_a_session_goes_on_wherever_it_was_cut(suite, strongest, tmp_path):
    model, whole = Model(suite), tmp_path / "whole"
    results = play(suite, model, strongest, whole)
    assert model.asked == [("python/halving-steps", 0), ("python/halving-steps", 1)]
    summary = board.summary(suite.problems, results, about(suite))
    kept = [(whole / name).read_bytes() for name in (session.REPLIES, session.TESTS)]
    assert [data.count(b"\n") for data in kept] == [2, 2]
    for replies, tests in ((1, 0), (1, 1), (2, 1)):
        cut = tmp_path / f"{replies}-{tests}"
        cut.mkdir()
        for name, data, lines in (
            (session.REPLIES, kept[0], replies),
            (session.TESTS, kept[1], tests),
        ):
            rows = data.splitlines(keepends=True)
            (cut / name).write_bytes(b"".join(rows[:lines]) + b'{"half')
        model.asked.clear()
        again = board.summary(
            suite.problems, play(suite, model, strongest, cut), about(suite)
        )
        assert len(model.asked) == 2 - replies
        # Tests that are run again take other seconds.
        assert without_seconds(again) == without_seconds(summary)
    assert board.summary(
        suite.problems, play(suite, model, strongest, whole), about(suite)
    ) == board.summary(suite.problems, results, about(suite))


def test_what_cannot_be_run_is_named_counted_nowhere_and_not_asked(
    suite, strongest, tmp_path
):
    results = play(suite, Model(suite), strongest, tmp_path / "out")
    found = board.summary(suite.problems, results, about(suite))
    assert found["leaderboard"]["test_cases"] == 1
    assert found["leaderboard"]["not_run"] == 1
    assert found["kinds"] == {"passed": 1, "not run": 1}
    ((name, why),) = ((one["problem"], one["reason"]) for one in found["not_run"])
    assert name == "rust/halving-steps" and why
    assert [one["value"] for one in found["pass_rates"]] == [0.0, 1.0]
    assert [one["exercises"] for one in found["pass_rates"]] == [1, 1]
    assert found["pass_rates_by_language"]["rust"] == []
    assert found["exercises"] == {"python/halving-steps": ["malformed", "passed"]}


def test_what_the_sandbox_loses_is_tried_again_then_told(
    suite, strongest, tmp_path, monkeypatch
):
    run, lost = testing.run, ["twice", "thrice"]

    def loses(*given):
        if lost:
            raise SandboxError(lost.pop())
        return run(*given)

    monkeypatch.setattr(testing, "run", loses)
    model = Model(suite)
    with pytest.raises(UserError, match=r"1 exercises .*python/.* \(twice\) for one"):
        play(suite, model, strongest, tmp_path / "out")
    assert len(model.asked) == 1
    first, _ = play(suite, model, strongest, tmp_path / "out")
    assert first.passed() and len(model.asked) == 2


def test_a_model_without_more_answers_says_nothing(suite, strongest, tmp_path):
    path = tmp_path / "completions.jsonl"
    rows = [
        {"task_id": problem.id, "completion": "I do not know."}
        for problem in suite.problems
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    model = models.recorded(path, suite.problems)
    first, _ = play(suite, model, strongest, tmp_path / "out")
    assert len(first.grades) == 2 and not first.passed()


@pytest.mark.parametrize(
    "name, change, told",
    [
        (session.TESTS, {"files_sha256": "0"}, "has tests of other files of python/"),
        (session.TESTS, {"kind": "so"}, "tests.jsonl:1 is no test"),
        (session.REPLIES, {"prompt_sha256": "0"}, "holds an answer to another prompt"),
        (session.REPLIES, {"model": "other"}, "holds answers of other, not of gold"),
    ],
)
def test_what_is_kept_of_something_else_is_refused(
    suite, strongest, tmp_path, name, change, told
):
    folder, model = tmp_path / "out", models.Gold(suite)
    play(suite, model, strongest, folder)
    rows = [json.loads(line) for line in (folder / name).read_text().splitlines()]
    (folder / name).write_text(json.dumps(rows[0] | change) + "\n")
    with pytest.raises(UserError, match=told):
        play(suite, model, strongest, folder)
    shutil.rmtree(folder)
    (first, second) = play(suite, model, strongest, folder)
    assert first.passed(1) and second.not_run
