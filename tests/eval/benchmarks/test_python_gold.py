"""The whole of the published data: solutions score 100 %, what solves nothing 0 %.

LiveCodeBench publishes no solutions. There an oracle that knows the test cases stands
for one: it shows that every case can be read, run and passed.
"""

import json
import re

import pytest

from eval.benchmarks import cruxeval, humaneval, mbpp
from eval.benchmarks.livecodebench import generation
from eval.benchmarks.livecodebench.cases import function
from eval.benchmarks.problem import Kind
from eval.sandbox import pool

pytestmark = pytest.mark.slow

FAULTY: dict[str, str] = {}
"""Problems whose published solution fails by the authors' own fault, and why. In the
data at hand there is none."""


@pytest.fixture(params=["humaneval", "mbpp", "cruxeval_input", "cruxeval_output"])
def benchmark(request, shared_data):
    code = shared_data / "code"
    if request.param == "humaneval":
        return humaneval.load(code / "humaneval_dev.jsonl")
    if request.param == "mbpp":
        return mbpp.load(code / "mbpp_train_val.jsonl")
    task = request.param.removeprefix("cruxeval_")
    return cruxeval.load(code / "cruxeval_dev.jsonl", task)


@pytest.fixture
def contests(shared_data):
    return generation.load(shared_data / "code" / "livecodebench_v1_dev.jsonl")


def grades(benchmark, sandbox, completion):
    """Grades by problem of what a function completes."""

    def work(problem):
        submission = benchmark.extract(problem, completion(problem))
        return benchmark.grade(problem, submission, sandbox)

    jobs = [(problem.id, problem) for problem in benchmark.problems]
    found = {one.key: one for one in pool.finished(sandbox, jobs, work, workers=2)}
    assert len(found) == len(jobs) and not any(one.error for one in found.values())
    return {key: one.result for key, one in found.items()}


def test_solutions_score_everything(benchmark, strongest):
    found = grades(benchmark, strongest, benchmark.gold)
    failed = {name: grade for name, grade in found.items() if not grade.passed}
    assert set(failed) == set(FAULTY) & set(found), failed


def todo(problem):
    """Whatever is asked for, unwritten."""
    if "code" not in problem.row:
        return "    # TODO\n    raise NotImplementedError\n"
    if "output" in problem.row:
        return "assert f(??) == ??  # TODO"
    names = re.findall(r"^(?:def|class)\s+(\w+)", problem.row["code"], re.MULTILINE)
    return "\n".join(f"def {name}(*_, **__): pass  # TODO" for name in names)


@pytest.mark.parametrize(
    "completion", ["", "    pass\n", todo], ids=["empty", "pass", "todo"]
)
def test_what_solves_nothing_scores_nothing(benchmark, strongest, completion):
    written = completion if callable(completion) else lambda _: completion
    found = grades(benchmark, strongest, written)
    passed = [name for name, grade in found.items() if grade.passed]
    assert not passed
    assert not any(grade.kind == Kind.NOT_RUN for grade in found.values())


def oracle(benchmark):
    """Writes programs that know what is expected."""

    def write(problem):
        cases, name = benchmark.cases[problem.id], function(problem.row)
        if name is None:
            known = {case.input: case.output for case in cases}
            code = f"import sys\nprint({known!r}[sys.stdin.read()])"
        else:
            known = [
                (list(map(json.loads, case.input.split("\n"))), json.loads(case.output))
                for case in cases
            ]
            code = (
                f"class Solution:\n    def {name}(self, *given):\n"
                f"        return next(o for i, o in {known!r} if i == list(given))"
            )
        return f"```python\n{code}\n```"

    return write


def test_every_contest_problem_can_be_passed(contests, strongest):
    found = grades(contests, strongest, oracle(contests))
    assert not {name: grade for name, grade in found.items() if not grade.passed}
    assert all(set(grade.codes) == {1} for grade in found.values())


@pytest.mark.parametrize("code", [None, "pass", "# TODO"])
def test_unsolved_contest_problems_fail(contests, strongest, code):
    completion = "" if code is None else f"```python\n{code}\n```"
    found = grades(contests, strongest, lambda _: completion)
    assert not [name for name, grade in found.items() if grade.passed]
