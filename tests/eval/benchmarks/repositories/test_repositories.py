"""Generated repositories: the gold patch passes, nothing else does."""

import json

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks.edits import unified
from eval.benchmarks.edits.formats import FORMATS
from eval.benchmarks.problem import Kind
from eval.benchmarks.repositories import benchmark, generator
from eval.benchmarks.swebench import application
from eval.sandbox.toolchains import NoToolchain


@pytest.fixture(scope="module")
def rows(strongest):
    try:
        return list(generator.generate("train", 3, 1, strongest))
    except NoToolchain as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module", params=FORMATS)
def suite(request, rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    generator.save(rows, path)
    return benchmark.load(path, request.param)


def reply(suite, change):
    """A reply that makes the files of the first problem others."""
    files = suite.problems[0].row["files"]
    return suite._format.write(files, {**files, **change(files)})


def code(files):
    """The modules but `__init__`."""
    return [p for p in files if p.endswith(".py") and "__" not in p and "test" not in p]


def test_gold_passes_and_other_replies_do_not(suite, strongest):
    (problem,) = suite.problems
    assert suite.grade(problem, suite.gold(problem), strongest).passed
    assert suite.grade(problem, "", strongest).kind == Kind.MALFORMED
    found = suite.grade(problem, reply(suite, lambda _: {"a.md": "b\n"}), strongest)
    assert found.kind == Kind.WRONG_ANSWER
    assert found.detail.startswith(("RESOLVED_NO", "RESOLVED_PARTIAL"))


def test_prompt_shows_issue_and_files_and_nothing_hidden(suite):
    (problem,) = suite.problems
    text, row = suite.prompt(problem).text, problem.row
    assert row["problem_statement"] in text
    assert all(content in text for content in row["files"].values())
    hidden = {line for text in row["hidden"].values() for line in text.split("\n")}
    shown = {line for text in row["files"].values() for line in text.split("\n")}
    only = [line for line in hidden - shown if "def test_" in line]
    assert only and not [line for line in only if line in text]


def test_row_is_one_of_swe_bench(rows, strongest):
    (row,) = rows
    files = {path: text.encode() for path, text in row["files"].items()}
    after = application.apply(row["patch"] + row["test_patch"], files, strongest)
    assert {path: text.encode() for path, text in row["hidden"].items()} == {
        path: after[path] for path in row["hidden"]
    }
    assert set(json.loads(row["FAIL_TO_PASS"])).isdisjoint(
        json.loads(row["PASS_TO_PASS"])
    )
    assert len(row["base_commit"]) == 40


def test_reply_becomes_a_prediction_s_patch(suite):
    (problem,) = suite.problems
    assert suite.patch(problem, suite.gold(problem)) == problem.row["patch"]


HOSTILE = {
    "leaves": "import os\nprint('PASSED')\nos._exit(0)\n",
    "exits": "raise SystemExit(0)\n",
    "takes the last line": (
        "import os\nword = os.read(0, 64).decode()\n"
        "print(f'\\n{word} no line of the runner', flush=True)\nos._exit(0)\n"
    ),
    "forges": 'print(\'\\nword {"tests/test_x.py::Tests::test": "PASSED"}\')\n1/0\n',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_does_not_pass(rows, strongest, name):
    suite = benchmark.Repositories(rows, "whole")
    bad = reply(suite, lambda files: {path: HOSTILE[name] for path in code(files)})
    found = suite.grade(suite.problems[0], bad, strongest)
    assert found.kind in (Kind.EARLY_EXIT, Kind.WRONG_ANSWER, Kind.RUNTIME_ERROR)
    if name in ("leaves", "takes the last line"):
        assert found.kind == Kind.EARLY_EXIT


def test_tests_of_a_submission_are_thrown_away(rows, strongest):
    suite = benchmark.Repositories(rows, "whole")
    easy = "import unittest\n\n\nclass Tests(unittest.TestCase):\n    pass\n"

    def change(files):
        return {path: easy for path in files if "/test_" in path} | {
            "tests/__init__.py": "raise SystemExit\n"
        }

    found = suite.grade(suite.problems[0], reply(suite, change), strongest)
    assert found.kind == Kind.WRONG_ANSWER


def test_splits_share_no_bug():
    train, test = generator.bugs("train"), generator.bugs("test")
    assert not set(train) & set(test)
    assert len(train) > 2 * len(test) > 60
    assert {one.kind for _, one in train} == {one.kind for _, one in test}


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("{}\n", "no field 'instance_id'"),
        ('{"files": 3, "hidden": {}}\n', "row 1: 'files' must hold texts"),
        ('{"files": {}, "hidden": {"a": 1}}\n', "row 1: 'hidden' must hold texts"),
    ],
)
def test_malformed_row_is_one_sentence(tmp_path, text, sentence):
    row = json.loads(text)
    others = ("instance_id", "problem_statement", "patch")
    if row:
        row |= dict.fromkeys((*others, "FAIL_TO_PASS", "PASS_TO_PASS"), "[]")
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(UserError, match=sentence):
        benchmark.load(tmp_path / "rows.jsonl")


def test_unknown_split_is_one_sentence(strongest):
    with pytest.raises(UserError, match="no split 'dev': take train or test"):
        next(generator.generate("dev", 0, 1, strongest))


@pytest.mark.slow
@pytest.mark.parametrize("split", generator.SPLITS)
def test_rows_follow_from_the_seed_and_hold_what_they_say(strongest, split):
    suite = benchmark.generated(split, 5, 6, strongest)
    again = generator.generate(split, 5, 6, strongest)
    assert [problem.row for problem in suite.problems] == list(again)
    assert len({problem.row["patch"] for problem in suite.problems}) == 6
    for problem in suite.problems:
        assert suite.grade(problem, suite.gold(problem), strongest).passed
        row = problem.row
        tests = [path for path in row["hidden"] if "/test_" in path]
        statuses = benchmark.testing.run(
            {**row["files"], **row["hidden"]}, tests, strongest
        ).statuses
        failed = {name for name, status in statuses.items() if status != "PASSED"}
        assert failed == set(json.loads(row["FAIL_TO_PASS"])) != set()
        assert set(statuses) - failed == set(json.loads(row["PASS_TO_PASS"])) != set()
        assert row["patch"] == unified.difference(
            row["files"],
            FORMATS["udiff"].apply(row["patch"], row["files"]),
        )
