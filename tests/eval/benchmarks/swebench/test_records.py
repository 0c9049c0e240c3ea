"""Logs in a folder, and what comes of them."""

import json

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks.problem import Grade, Kind
from eval.benchmarks.swebench import benchmark, grading, records, verdict
from eval.benchmarks.swebench.grading import END, EXIT_CODE, START
from tests.eval.benchmarks.swebench.testbed import GOLD

ROW = {
    "instance_id": "psf__requests-1",
    "repo": "psf/requests",
    "base_commit": "0" * 40,
    "problem_statement": "It breaks.",
    "patch": GOLD,
    "FAIL_TO_PASS": '["t.py::one", "t.py::two"]',
    "PASS_TO_PASS": '["t.py::kept"]',
}
ID = ROW["instance_id"]
GOOD = "PASSED t.py::one\nPASSED t.py::two\nPASSED t.py::kept\n"
HALF = GOOD.replace("PASSED t.py::two", "FAILED t.py::two - no")
BROKEN = GOOD.replace("PASSED t.py::kept", "ERROR t.py::kept")


def log(tests, code=0):
    return f"+ : '{START}'\n{tests}+ : '{END}'\n{EXIT_CODE}: {code}\n"


@pytest.fixture
def suite(tmp_path):
    """Instances with the logs in `tmp_path / "logs"`."""

    def suite(**change):
        data = tmp_path / "lite.jsonl"
        data.write_text(json.dumps(ROW | change) + "\n")
        return benchmark.load(data, tmp_path / "logs")

    return suite


@pytest.fixture
def kept(tmp_path):
    """Writes what the authors' harness leaves of an instance."""

    def kept(run="run", **files):
        folder = tmp_path / "logs" / "run_evaluation" / run / "model" / ID
        folder.mkdir(parents=True)
        for name, text in files.items():
            path = folder / name.replace("_", ".").replace("test.out", "test_out")
            path.write_text(text)
        return folder

    return kept


def grade(suite, patch=GOLD, **change):
    made = suite(**change)
    return made.grade(made.problems[0], patch, None)


@pytest.mark.parametrize(
    "tests, code, kind, told",
    [
        (GOOD, 0, Kind.PASSED, "RESOLVED_FULL: FAIL_TO_PASS 2 of 2, PASS_TO_PASS 1 of"),
        (HALF, 1, Kind.WRONG_ANSWER, "RESOLVED_PARTIAL: FAIL_TO_PASS 1 of 2"),
        (BROKEN, 1, Kind.WRONG_ANSWER, "PASS_TO_PASS 0 of 1. Not: t.py::kept."),
        ("", 1, Kind.RUNTIME_ERROR, "The tests did not run"),
        (GOOD, 1, Kind.RUNTIME_ERROR, "The tests did not run"),  # forged
    ],
)
def test_log_decides(suite, kept, tests, code, kind, told):
    kept(test_output_txt=log(tests, code), patch_diff=GOLD)
    graded = grade(suite)
    assert graded.kind == kind and told in graded.detail


def test_harness_says_what_the_tests_cannot(suite, kept):
    late = log(GOOD) + "\n\nTimeout error: 5 seconds exceeded."
    folder = kept(test_output_txt=late, patch_diff=GOLD)
    assert grade(suite).kind == Kind.TIME_LIMIT
    (folder / records.RUN).write_text("x\nTest runtime: 1_234.50 seconds\n")
    assert grade(suite).seconds == 1234.5
    (folder / records.LOG).unlink()
    graded = grade(suite)
    assert graded.kind == Kind.NOT_RUN and "did not come to the tests" in graded.detail
    (folder / records.RUN).write_text(f"{grading.NOT_APPLIED}:\nerror")
    assert grade(suite).kind == Kind.MALFORMED


def test_log_is_of_its_patch(suite, kept):
    other = GOLD.replace("[0]", "[2]")
    kept("first", test_output_txt=log(HALF, 1), patch_diff=other)
    graded = grade(suite)
    assert graded.kind == Kind.NOT_RUN and "is of another patch" in graded.detail
    kept("second", test_output_txt=log(GOOD), patch_diff=GOLD)
    assert grade(suite).kind == Kind.PASSED
    assert grade(suite, other).kind == Kind.WRONG_ANSWER
    assert grade(suite, "") == Grade(Kind.MALFORMED, "There is no patch.")


@pytest.mark.parametrize("end", ["log", "eval.log", "20240402_gpt4.v1.eval.log"])
def test_plain_logs_are_found(suite, tmp_path, end):
    folder = tmp_path / "logs"
    folder.mkdir()
    with pytest.raises(UserError, match="no log of any instance"):
        suite()
    (folder / f"{ID}0.{end}").write_text("of another instance")
    with pytest.raises(UserError, match="no log of any instance"):
        suite()
    (folder / f"{ID}.{end}").write_text(log(GOOD))
    assert grade(suite).kind == Kind.PASSED
    (folder / f"{ID}.more.log").write_text(log(HALF))
    graded = grade(suite)
    assert graded.kind == Kind.NOT_RUN and "several logs" in graded.detail


def test_log_of_an_older_harness_has_no_marks(suite, kept):
    text = f"Applied patch tests/t.py cleanly.\n{GOOD}"
    folder = kept(test_output_txt=text, patch_diff=GOLD, eval_sh="pytest -rA")
    assert grade(suite).kind == Kind.PASSED
    (folder / records.LOG).write_text(GOOD)  # the tests' own patch was not applied
    assert grade(suite).kind == Kind.RUNTIME_ERROR
    (folder / records.LOG).write_text(text)
    (folder / records.SCRIPT).write_text(f": '{START}'")
    assert grade(suite).kind == Kind.RUNTIME_ERROR


@pytest.mark.parametrize(
    "change, why",
    [
        ({"PASS_TO_PASS": None}, "does not tell FAIL_TO_PASS and PASS_TO_PASS"),
        ({"repo": "owner/words"}, "no parser for the logs of 'owner/words'"),
        ({"log_parser": "parse_log_jest"}, "no parser for the logs of 'parse_log_jest"),
        ({"eval_type": "fail_only"}, "by 'fail_only'"),
    ],
)
def test_row_that_says_too_little_is_not_run(suite, kept, change, why):
    kept(test_output_txt=log(GOOD), patch_diff=GOLD)
    for patch in (GOLD, ""):
        graded = grade(suite, patch, **change)
        assert graded.kind == Kind.NOT_RUN and why in graded.detail


def test_parser_is_the_row_s_or_else_the_repository_s(suite, kept):
    kept(test_output_txt=log(GOOD), patch_diff=GOLD)
    change = {"repo": "owner/words", "log_parser": "parse_log_pytest"}
    assert grade(suite, **change).kind == Kind.PASSED
    assert grade(suite, log_parser="parse_log_sympy").kind == Kind.RUNTIME_ERROR


@pytest.mark.parametrize(
    "theirs, told",
    [
        ({"resolved": True, "tests_status": {}}, "resolved is True"),
        (
            {
                "resolved": False,
                "tests_status": {"FAIL_TO_PASS": {"success": ["t.py::two"]}},
            },
            "of FAIL_TO_PASS it has t.py::one the other way",
        ),
    ],
)
def test_report_of_the_authors_that_differs_is_told(suite, kept, theirs, told):
    folder = kept(test_output_txt=log(HALF, 1), patch_diff=GOLD)
    report = folder / records.REPORT
    report.write_text(json.dumps({ID: theirs}))
    graded = grade(suite)
    assert graded.kind == Kind.WRONG_ANSWER and told in graded.detail
    notes = suite().notes({(ID, 0): graded}, {})
    assert notes == [
        f"No test was run: the logs in {folder.parents[3]} were made elsewhere.",
        f"{verdict.DISAGREES} than our grading of the same logs for 1: {ID}.",
    ]
    lists = {"FAIL_TO_PASS": ["t.py::one"], "PASS_TO_PASS": ["t.py::kept"]}
    same = {name: {"success": tests} for name, tests in lists.items()}
    report.write_text(json.dumps({ID: {"resolved": False, "tests_status": same}}))
    assert verdict.DISAGREES not in grade(suite).detail
    report.write_text("{")
    assert verdict.DISAGREES not in grade(suite).detail


def test_mistakes_are_one_sentence(suite, tmp_path):
    with pytest.raises(UserError, match="There is no folder"):
        suite()
    data = tmp_path / "lite.jsonl"
    for options, told in (
        ({"logs": tmp_path, "harness": "docker"}, "--logs or --harness"),
        ({"harness": "podman"}, "must be docker or swe-rex"),
        ({"harness": "swe-rex"}, "go together"),
        ({"containers": tmp_path}, "go together"),
        ({"harness_python": "python3"}, "goes with --harness=docker"),
    ):
        with pytest.raises(UserError, match=told):
            benchmark.load(data, **options)
