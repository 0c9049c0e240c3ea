"""Exercises are read from Exercism's layout."""

import json

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks.edits.formats import FORMATS
from eval.benchmarks.polyglot import benchmark, exercise
from tests.eval.benchmarks.polyglot import exercises

# What a model may change: `solution`, but for build files that stand there, too.
EDITABLE = {
    "cpp": {"halving_steps.cpp", "halving_steps.h"},
    "go": {"halving_steps.go"},
    "java": {"src/main/java/HalvingSteps.java"},
    "javascript": {"halving-steps.js"},
    "python": {"halving_steps.py"},
    "rust": {"src/lib.rs"},
}


@pytest.fixture
def root(tmp_path):
    return exercises.write(tmp_path)


def folder(root, language="python"):
    return root / language / "exercises" / "practice" / "halving-steps"


def test_exercises_stand_by_language_with_what_may_be_changed(root):
    found = exercise.load(root)
    assert {one.language: set(one.stubs) for one in found} == EDITABLE
    assert [one.id for one in found][:2] == ["cpp/halving-steps", "go/halving-steps"]
    for one in found:
        assert one.instructions == exercises.INSTRUCTIONS
        assert not [path for path in one.files if path.startswith((".meta", ".docs"))]
        assert set(one.solution()) == EDITABLE[one.language]
        assert set(one.stubs.values()) != set(one.solution().values())


@pytest.mark.parametrize("name", FORMATS)
def test_gold_is_a_reply_that_makes_the_solution(root, name):
    suite = benchmark.load(root, name)
    for problem in suite.problems:
        one = suite.exercise(problem)
        reply = suite.gold(problem)
        assert suite.format.apply(reply, one.stubs, list(one.stubs)) == {
            **one.stubs,
            **one.solution(),
        }


def test_prompt_holds_instructions_and_stubs_but_no_tests(root):
    suite = benchmark.load(root)
    for problem in suite.problems:
        text = suite.prompt(problem).text
        one = suite.exercise(problem)
        assert one.instructions in text
        assert all(stub in text for stub in one.stubs.values())
        names = " ".join(path.rpartition("/")[2] for path in one.stubs)
        assert f"modify the supplied files: {names}\n" in text
        assert "twelve" not in text and "nine" not in text


def test_all_parts_of_the_instructions_are_joined(root):
    docs = folder(root) / ".docs"
    (docs / "introduction.md").write_text("First.\n")
    (docs / "instructions.append.md").write_text("Last.\n")
    found = exercise.read("python", folder(root)).instructions
    assert found == f"First.\n{exercises.INSTRUCTIONS}Last.\n"


def test_solution_with_a_file_that_has_no_place_is_none(root):
    path = folder(root, "java") / ".meta" / "config.json"
    config = json.loads(path.read_text())
    config["files"]["example"].append(".meta/src/reference/java/Helper.java")
    path.write_text(json.dumps(config))
    (path.parent / "src/reference/java/Helper.java").write_text("class Helper {}\n")
    assert exercise.read("java", folder(root, "java")).solution() is None


def test_listed_files_that_are_missing_are_passed_over(root):
    path = folder(root) / ".meta" / "config.json"
    config = json.loads(path.read_text())
    config["files"]["solution"].append("other.py")
    config["files"]["test"].append("other_test.py")
    path.write_text(json.dumps(config))
    found = exercise.read("python", folder(root))
    assert set(found.stubs) == {"halving_steps.py"}
    assert found.tests == ("halving_steps_test.py",)


def broken_config(text):
    return lambda place: (place / ".meta/config.json").write_text(text)


@pytest.mark.parametrize(
    "breaks, sentence",
    [
        (broken_config("{"), "config.json is no configuration of an exercise"),
        (broken_config("[]"), "config.json is no configuration of an exercise"),
        (broken_config('{"files": {"test": "a"}}'), "`test` must be a list of paths"),
        (broken_config('{"files": {}}'), "none of the solution files that"),
        (
            broken_config(
                '{"files": {"solution": ["halving_steps.py"], "test": ["a"]}}'
            ),
            "none of the test files that",
        ),
        (lambda place: (place / ".docs/instructions.md").unlink(), "no .docs/instruct"),
        (lambda place: (place / "halving_steps.py").write_bytes(b"\xff"), "not UTF-8"),
    ],
)
def test_malformed_exercise_is_one_sentence(root, breaks, sentence):
    breaks(folder(root))
    with pytest.raises(UserError, match=sentence):
        exercise.load(root)


def test_folder_that_is_no_checkout_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="has no <language>/exercises/practice/<name>"):
        benchmark.load(tmp_path)
