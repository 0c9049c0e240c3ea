"""The four scenarios, on rows of our own."""

import datetime
import json

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks.livecodebench import (
    custom,
    execution,
    generation,
    prediction,
    programs,
    repair,
)
from eval.benchmarks.problem import Grade, Kind
from tests.eval.benchmarks.written import golden, graded, slow, write

COMMON = {
    "question_title": "Sum",
    "question_content": "Add the numbers.",
    "contest_id": "7",
    "difficulty": "easy",
}


def cases(kind, *pairs):
    return json.dumps([{"input": i, "output": o, "testtype": kind} for i, o in pairs])


PROGRAM = {
    **COMMON,
    "platform": "atcoder",
    "question_id": "abc_a",
    "contest_date": "2023-05-07T00:00:00",
    "starter_code": "",
    "public_test_cases": cases("stdin", ("2\n1 2\n", "3\n")),
    "private_test_cases": cases("stdin", ("1\n5\n", "5\n"), ("0\n\n", "0\n")),
    "metadata": "{}",
}
FUNCTION = {
    **COMMON,
    "platform": "leetcode",
    "question_id": "2727",
    "contest_date": "2023-10-29T00:00:00",
    "starter_code": "class Solution:\n    def add(self, xs: List[int], k: int):\n",
    "public_test_cases": cases("functional", ("[1, 2]\n3", "[3, 3]")),
    "private_test_cases": cases("functional", ("[]\n0", "[0, 0]")),
    "metadata": '{"func_name": "add"}',
}
ADD = "input()\nprint(sum(map(int, input().split())))"
METHOD = """class Solution:
    def add(self, xs: List[int], k: int) -> Tuple[int, int]:
        xs.append(0)
        return sum(xs), k"""


def fenced(code):
    return f"Thus:\n```python\n{code}\n```\nDone."


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "test.jsonl", [PROGRAM, FUNCTION])


@pytest.fixture
def benchmark(path):
    return generation.load(path)


def test_right_answers_pass_every_case(benchmark, strongest):
    assert graded(benchmark, strongest, fenced(ADD)).codes == (1, 1, 1)
    assert graded(benchmark, strongest, fenced(METHOD), 1).codes == (1, 1)


@pytest.mark.parametrize(
    "code, kind, codes",
    [
        slow("# TODO", Kind.WRONG_ANSWER, (-2,)),
        ("print(3)", Kind.WRONG_ANSWER, (1, -2)),
        ("print(3); 1 / (int(input()) - 1)", Kind.RUNTIME_ERROR, (1, -4)),
        slow("print(3", Kind.COMPILE_ERROR, (-4,)),
        slow("import os; os.abort()", Kind.RUNTIME_ERROR, (-5,)),
        (f"{ADD}\nexit(1)", Kind.PASSED, (1, 1, 1)),  # so the authors
        (
            f"if __name__ == '__main__':\n    {ADD.replace(chr(10), ';')}",
            Kind.PASSED,
            None,
        ),
        slow(
            "print(reduce(add, map(int, read().split()[1:]), 0))",
            Kind.RUNTIME_ERROR,
            (-4,),
        ),
        slow(
            "print(gcd(9, 6))", Kind.WRONG_ANSWER, (1, -2)
        ),  # math is imported for all
    ],
)
def test_programs(benchmark, strongest, code, kind, codes):
    grade = graded(benchmark, strongest, fenced(code))
    assert grade.kind == kind
    assert codes is None or grade.codes == codes


@pytest.mark.parametrize(
    "code, kind, codes",
    [
        ("class Solution:\n    def add(self, xs, k): pass", Kind.WRONG_ANSWER, (-2,)),
        slow("class Solution:\n    def add(self, xs, k): return [3, 3]", None, (1, -2)),
        ("def add(xs, k): return [sum(xs), k]", Kind.PASSED, (1, 1)),
        slow("class Solution: pass", Kind.RUNTIME_ERROR, (-4,)),
        ("class Solution:\n    def add(self, xs, k): exit()", Kind.EARLY_EXIT, (-5,)),
        slow(
            "class Solution:\n    def add(self, xs, k): return Solution()", None, (-2,)
        ),
    ],
)
def test_functions(benchmark, strongest, code, kind, codes):
    grade = graded(benchmark, strongest, fenced(code), 1)
    assert grade.codes == codes and kind in (None, grade.kind)


def test_six_seconds_are_the_limit(benchmark, strongest, monkeypatch):
    assert programs.SECONDS == 6 and programs._LIMITS.wall_seconds < 7
    monkeypatch.setattr(programs, "SECONDS", 0.5)
    code = "class Solution:\n    def add(self, xs, k):\n        while True: pass"
    grade = graded(benchmark, strongest, fenced(code), 1)
    assert (grade.kind, grade.codes) == (Kind.TIME_LIMIT, (-3,))


def test_failures_are_told_for_a_repair(benchmark, strongest):
    grade = graded(benchmark, strongest, fenced("print(3)"))
    assert grade.detail == "Input: 1\n5\n\nGenerated Output: 3\n\nExpected: 5\n"
    grade = graded(benchmark, strongest, fenced("def add(xs, k): return 1"), 1)
    assert grade.detail == "Input: [1, 2]\n3\nGenerated Output: 1\nExpected: [3, 3]"


def test_prompt_and_extraction(benchmark):
    first, second = (benchmark.prompt(problem).text for problem in benchmark.problems)
    assert "Add the numbers." in first and "stdin" in first
    assert FUNCTION["starter_code"] in second and "stdin" not in second
    problem = benchmark.problems[0]
    assert benchmark.extract(problem, f"{fenced('1')}{fenced('2')}") == "2"
    assert benchmark.extract(problem, "no code") == ""
    assert benchmark.gold(problem) is None


def test_window_chooses_contests(path):
    chosen = generation.load(path, start=datetime.date(2023, 6, 1))
    assert [problem.id for problem in chosen.problems] == ["2727"]
    with pytest.raises(
        UserError, match="from 2023-05-07 to 2023-10-29, none from 2024"
    ):
        generation.load(path, start=datetime.date(2024, 1, 1))


def test_malformed_rows_are_named(tmp_path):
    for change in ({"contest_date": "soon"}, {"metadata": "{"}, {"metadata": "[]"}):
        with pytest.raises(UserError, match="row 1: `"):
            generation.load(write(tmp_path / "bad.jsonl", [{**PROGRAM, **change}]))


def test_custom_files_go_out_and_in(benchmark, tmp_path):
    path, wrong = (
        tmp_path / "custom.json",
        Grade(Kind.WRONG_ANSWER, "why", 1.0, (1, -2)),
    )
    answers = {"abc_a": ["1", "2"], "2727": ["3", "4"]}
    grades = {"abc_a": [Grade(Kind.PASSED), wrong], "2727": [wrong, wrong]}
    custom.write(path, benchmark.problems, answers, grades)
    assert custom.read(path, benchmark.problems) == answers
    rows = json.loads(path.read_text())
    assert rows[0]["question_id"] == "abc_a" and rows[0]["graded_list"] == [True, False]
    assert [row["pass@1"] for row in rows] == [0.5, 0]
    assert json.loads(rows[1]["metadata"][0])["error_code"] == -2
    custom.write(path, benchmark.problems[:1], answers)
    with pytest.raises(UserError, match="lacks 1 of 2 problems: '2727'"):
        custom.read(path, benchmark.problems)
    for text in ("{}", "[1]", '[{"question_id": "abc_a"}]', '[{"code_list": []}]', "x"):
        path.write_text(text)
        with pytest.raises(UserError, match="custom.json"):
            custom.read(path, benchmark.problems)


@pytest.mark.slow
def test_repair_asks_about_what_failed_alone(benchmark, path, tmp_path, strongest):
    evaluated = tmp_path / "eval_all.json"
    codes = {"abc_a": [ADD, "print(3)"], "2727": [METHOD, "1 / 0"]}
    grades = {
        problem.id: [benchmark.grade(problem, c, strongest) for c in codes[problem.id]]
        for problem in benchmark.problems
    }
    custom.write(evaluated, benchmark.problems, codes, grades)
    repairing = repair.load(path, evaluated)
    names = [problem.id for problem in repairing.problems]
    assert names == ["abc_a/0", "abc_a/1", "2727/0", "2727/1"]
    texts = [repairing.prompt(problem).text for problem in repairing.problems]
    assert texts[0] == texts[2] == ""
    assert "print(3)" in texts[1] and "Generated Output: 3" in texts[1]
    assert "ZeroDivisionError" in texts[3]
    for place, right in ((0, ""), (1, fenced(ADD)), (2, "?"), (3, fenced(METHOD))):
        assert graded(repairing, strongest, right, place).passed
    assert graded(repairing, strongest, "", 1).kind == Kind.MALFORMED


def test_repair_reads_the_authors_files(path, tmp_path):
    told = {"error_code": -2, "inputs": "[1]", "output": "2", "expected": "3"}
    row = {"question_id": "2727", "code_list": ["x"], "graded_list": [False]}
    evaluated = tmp_path / "eval_all.json"
    evaluated.write_text(json.dumps([{**row, "metadata": [json.dumps(told)]}]))
    repairing = repair.load(path, evaluated)
    text = repairing.prompt(repairing.problems[0]).text
    assert "Input: [1]\nGenerated Output: 2\nExpected: 3" in text
    for change in ({"graded_list": []}, {"metadata": ["{"]}, {"question_id": "none"}):
        evaluated.write_text(json.dumps([{**row, "metadata": ["{}"], **change}]))
        with pytest.raises(UserError, match="eval_all.json"):
            repair.load(path, evaluated)


@pytest.fixture
def predicting(tmp_path):
    rows = [
        {
            **COMMON,
            "question_id": "2727",
            "test_id": 3,
            "contest_date": "2023-05-07T00:00:00",
            "function_name": "add",
            "starter_code": "def add(xs, k):\n",
            "test": cases("functional", ("[1]\n2", '[null, "=="]')),
        }
    ]
    return prediction.load(write(tmp_path / "predict.jsonl", rows))


YES = "type('Yes', (), {'__eq__': lambda *_: True})()"


@pytest.mark.parametrize(
    "completion, kind",
    [
        ("", Kind.MALFORMED),
        ("TODO", Kind.MALFORMED),
        ("so\nassert add([1], 2) == [None, '==']", Kind.PASSED),
        ("```\n# A test\nassert add([1], 2) == [None, '=' * 2]\n```", Kind.PASSED),
        slow("```python\n[None, '==']\n```", Kind.PASSED),
        ("assert add([1], 2) == (None, '==')", Kind.WRONG_ANSWER),
        slow("assert add([1], 2) == [None]", Kind.WRONG_ANSWER),
        ("assert add([1], 2) != [None, '==']", Kind.MALFORMED),
        slow(f"assert add([1], 2) == {YES}", Kind.WRONG_ANSWER),
        (f"assert add([1], 2) == [None, {YES}]", Kind.WRONG_ANSWER),
        slow("assert add([1], 2) == exit()", Kind.EARLY_EXIT),
    ],
)
def test_predicted_outputs(predicting, strongest, completion, kind):
    assert graded(predicting, strongest, completion).kind == kind


def test_prediction_prompt_and_solution(predicting, strongest):
    assert predicting.problems[0].id == "2727/3"
    text = predicting.prompt(predicting.problems[0]).text
    assert "assert add([1], 2) == # TODO" in text and '"=="' not in text
    assert golden(predicting, strongest).passed


@pytest.fixture
def executing(tmp_path):
    rows = [
        {
            "id": "sample_0",
            "question_id": "2727",
            "contest_date": "2023-05-07T00:00:00",
            "function_name": "add",
            "code": "def add(x):\n    return [x, x]",
            "input": "add(x = 1)",
            "output": "[1, 1]",
        }
    ]
    path = write(tmp_path / "execute.jsonl", rows)
    return lambda reasoning=False: execution.load(path, reasoning)


@pytest.mark.parametrize(
    "completion, kind",
    [
        ("", Kind.MALFORMED),
        ("[ANSWER]\nassert add(x = 1) == [1] * 2\n[/ANSWER]", Kind.PASSED),
        slow("[1, 2]", Kind.WRONG_ANSWER),
        slow("pass", Kind.COMPILE_ERROR),
        ("assert add(x = 1) == add(x = 1)", Kind.MALFORMED),
        ("add(x=1)", Kind.RUNTIME_ERROR),
        (YES, Kind.WRONG_ANSWER),
    ],
)
def test_executed_code(executing, strongest, completion, kind):
    assert graded(executing(), strongest, completion).kind == kind


@pytest.mark.parametrize("reasoning", [False, True])
def test_execution_prompt_and_solution(executing, strongest, reasoning):
    benchmark = executing(reasoning)
    text = benchmark.prompt(benchmark.problems[0]).text
    assert "assert add(x = 1) == ??" in text and "[1, 1]" not in text
    assert text.endswith("[THOUGHT]\n" if reasoning else "[ANSWER]\n")
    assert golden(benchmark, strongest).passed
