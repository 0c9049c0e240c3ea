"""HumanEvalExplain: descriptions are cut, and functions are written from them alone."""

import json
import pathlib

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks import humanevalpack_explain, registry
from eval.benchmarks.problem import Kind
from tests.eval.benchmarks import rows

DOC = "Thrice n, as if by magic."


def write(tmp_path, *languages):
    path = tmp_path / "rows.jsonl"
    found = [rows.pack_row(language) | {"docstring": DOC} for language in languages]
    path.write_text("".join(json.dumps(row) + "\n" for row in found))
    return path


def samples(tmp_path, *texts, name="JavaScript/0"):
    path = tmp_path / "samples.jsonl"
    lines = [json.dumps({"problem": name, "completion": text}) for text in texts]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def describe(tmp_path):
    return humanevalpack_explain.load(write(tmp_path, "javascript", "python", "rust"))


def test_solutions_are_shown_without_the_authors_description(describe):
    javascript, python, rust = map(describe.prompt, describe.problems)
    assert javascript.text == (
        "const thrice = (n) => {\n  return 3 * n\n}\n\n\nProvide a concise natural "
        "language description of the code using at most 25 characters."
    )
    assert rust.text.startswith("fn main(){}\n")
    assert "Thrice n" not in python.text and python.stop and not javascript.stop


def test_descriptions_are_cut_and_hold_no_code(describe):
    problem, python, _ = describe.problems
    assert describe.extract(problem, f"\n {DOC} And on.\n") == DOC
    assert describe.extract(python, "Threefold.\n# More") == "Threefold."
    line = "return 3 * n + 0 * n * 7"
    long = {**problem.row, "canonical_solution": f"  {line}\n}}", "docstring": 60 * "."}
    told = describe.extract(rows.problem(long, "javascript"), f"It is: {line}. So.")
    assert told == "It is: . So."
    short = describe.extract(problem, "It is: return 3 * n. So.")
    assert short == "It is: return 3 * n. So."  # too short to be taken out


def test_the_first_step_has_no_score(describe):
    problem = describe.problems[0]
    gold = describe.extract(problem, describe.gold(problem))
    assert gold == DOC
    assert describe.grade(problem, gold, None).kind == Kind.NOT_RUN
    assert describe.grade(problem, "", None).kind == Kind.MALFORMED


def test_functions_are_written_from_descriptions_alone(tmp_path, strongest):
    path = write(tmp_path, "javascript", "python")
    evaluated = samples(tmp_path, "Threefold.", f"{DOC} And on.")
    explain = humanevalpack_explain.load(path, evaluated)
    one, two = explain.problems
    assert [one.id, two.id] == ["JavaScript/0/0", "JavaScript/0/1"]
    assert two.row["description"] == DOC
    assert explain.prompt(one).text == (
        "Threefold.\nWrite functional code in JavaScript according to the description."
        "\n\n\nconst thrice = (n) => {"
    )

    def kind(completion):
        submission = explain.extract(one, completion)
        return explain.grade(one, submission, strongest).kind

    assert kind(explain.gold(one)) == Kind.PASSED
    assert kind(rows.BUGGY["javascript"]) == Kind.WRONG_ANSWER
    assert kind("") == Kind.MALFORMED


def test_descriptions_of_other_problems_are_refused(tmp_path):
    path = write(tmp_path, "javascript")
    evaluated = samples(tmp_path, "It sorts.", name="JavaScript/9")
    with pytest.raises(UserError, match="describes none of the problems"):
        humanevalpack_explain.load(path, evaluated)


def test_a_benchmark_says_what_it_needs():
    with pytest.raises(UserError, match="livecodebench_repair needs --evaluated=PATH"):
        registry.load("livecodebench_repair", pathlib.Path("a"))


def test_reads_the_published_rows(shared_data):
    found = humanevalpack_explain.load(shared_data / "code" / "humanevalpack_dev")
    assert len(found.problems) == 6 * 86
    for problem in found.problems:
        assert found.extract(problem, found.gold(problem))
        if problem.language != "rust":  # whose declarations hold it for some
            assert problem.row["docstring"] not in found.prompt(problem).text
