"""Reports: who counts, and what people are told."""

import json

import pytest

from eval.benchmarks import report, samples
from eval.benchmarks.problem import Grade, Kind, Problem
from eval.benchmarks.samples import Sample

ABOUT = {
    "benchmark": "Some",
    "model": "small",
    "commit": "c0ffee",
    "isolation": "tier 1: strong",
    "toolchains": {"go": "1.19"},
    "data": {"a.jsonl": "0" * 64},
    "settings": {"samples": 2},
    "samples_file": "samples.jsonl",
}
PROBLEMS = [
    Problem("a", "go", {}),
    Problem("b", "go", {}),
    Problem("c", "rust", {}),
    Problem("d", "rust", {}),
]
GRADES = {
    ("a", 0): Grade(Kind.PASSED, seconds=1.0),
    ("a", 1): Grade(Kind.WRONG_ANSWER, "no", 3.0),
    ("b", 0): Grade(Kind.TIME_LIMIT, seconds=10.0),
    ("b", 1): Grade(Kind.PASSED, seconds=2.0),
    ("c", 0): Grade(Kind.NOT_RUN, "No Rust.\nNone at all."),
    ("c", 1): Grade(Kind.NOT_RUN, "No Rust.\nNone at all."),
}


@pytest.fixture
def found():
    return report.summary(PROBLEMS, GRADES, [1, 2, 3], ABOUT)


def test_what_was_not_run_counts_nowhere_but_is_named(found):
    (first, second) = found["pass_at_k"]
    assert (first["k"], first["value"], first["problems"]) == (1, 0.5, 2)
    assert (second["k"], second["value"]) == (2, 1.0)
    assert found["k_left_out"] == [3]
    assert "too few samples for it: pass@3." in report.markdown(found)
    assert found["pass_at_k_by_language"]["rust"] == []
    assert (
        found["not_run"] == [{"problem": "c", "reason": "No Rust.\nNone at all."}] * 2
    )
    assert found["without_sample"] == ["d"]


def test_renderings_of_a_task_are_no_more_evidence_than_one():
    problems = [
        Problem(f"{language} {task}", language, {}, f"task {task}")
        for language in ("go", "java", "rust")
        for task in range(20)
    ]
    grades = {
        (one.id, 0): Grade(Kind.PASSED if "1" in one.task else Kind.WRONG_ANSWER)
        for one in problems
    }
    found = report.summary(problems, grades, [1], ABOUT)
    (together,) = found["pass_at_k"]
    (alone,) = found["pass_at_k_by_language"]["go"]
    assert together.pop("problems") == 3 * alone.pop("problems")
    assert together == pytest.approx(alone)
    assert found["tasks"] == {one.id: one.task for one in problems}
    assert report.summary(problems[:20], {}, [1], ABOUT)["tasks"] == {}


def test_what_halting_saves_is_told():
    told = [(10, 1), (30, 3), (0, 2), (None, None)]
    answered = [
        Sample("a", index, "", "", "small", 0.1, False, *each)
        for index, each in enumerate(told)
    ]
    thought = samples.thinking(answered)
    assert thought == {"answers": 2, "tokens": 40, "segments_per_token": 2.5}
    assert samples.thinking(answered[2:]) == {}
    for most, saved in ((4, " of at most 4, 38% less to think."), (1, ".")):
        about = {**ABOUT, "settings": {"segments": most}, "thinking": thought}
        found = report.summary(PROBLEMS, GRADES, [1], about)
        line = f"Tokens an answer: 20; segments a token: 2.50{saved}"
        assert line in report.markdown(found).splitlines()


def test_kinds_and_seconds(found):
    assert found["kinds"] == {
        "passed": 2,
        "wrong answer": 1,
        "time limit": 1,
        "not run": 2,
    }
    assert found["kinds_by_language"]["rust"] == {"not run": 2}
    assert found["seconds_per_sample"]["mean"] == 4.0
    assert found["seconds_per_sample"]["longest"] == 10.0


def test_files_say_the_same(found, tmp_path):
    report.write(found, tmp_path / "deep")
    assert json.loads((tmp_path / "deep" / "report.json").read_text()) == found
    text = (tmp_path / "deep" / "report.md").read_text()
    assert text == report.markdown(found)
    assert "# Some: small" in text
    assert "| all | 1 | 50.0% |" in text and "| go | 2 | 100.0% |" in text
    assert "- 2 samples: No Rust.\n" in text and "None at all" not in text
    assert "Problems without a sample: 1." in text
    for word in ("tier 1: strong", "1.19", "0" * 64, "samples.jsonl"):
        assert word in text


def test_nothing_run_is_a_report_too():
    found = report.summary(PROBLEMS, {}, [1], ABOUT)
    assert found["pass_at_k"] == [] and found["seconds_per_sample"] == {}
    assert "Problems without a sample: 4." in report.markdown(found)


def test_many_reasons_are_cut_for_people():
    grades = {
        (problem.id, n): Grade(Kind.NOT_RUN, f"{problem.id} {n}")
        for problem in PROBLEMS
        for n in range(9)
    }
    found = report.summary(PROBLEMS, grades, [1], ABOUT)
    assert len(found["not_run"]) == 36
    assert "- 26 more reasons in report.json" in report.markdown(found)
