"""Two reports compared by the command line."""

import json
import os

import numpy as np
import pytest

import main
from commands import agent_report
from configs import default
from data_pipeline.schema import Batch, BoardShape
from data_pipeline.sudoku import codec
from data_pipeline.sudoku.generator import generate
from eval import report, sudoku_grader
from eval.protocol import Prediction
from eval.runner import evaluate

SHAPE, COUNT = BoardShape(2, 2), 40
DATA = {
    **default.get_config().data,
    **{"box_rows": 2, "box_cols": 2, "min_blanks": 6, "max_blanks": 9},
}


@pytest.fixture(scope="module")
def examples() -> Batch:
    made = generate(SHAPE, COUNT, 6, 9, seed=0)
    return Batch(made.inputs, made.labels, np.zeros(COUNT, np.int32))


@pytest.fixture
def write(examples, tmp_path):
    """Writes the report of a model that fails at some puzzles."""

    def write(name: str, wrong: range, **about):
        def predictor(batch: Batch) -> Prediction:
            answers = examples.labels.copy()
            answers[list(wrong), 3] = 1
            ones = np.ones(COUNT, np.int32)
            return Prediction(answers, ones, ones.astype(np.float32))

        found = evaluate(
            predictor,
            examples,
            COUNT,
            sudoku_grader.grader(SHAPE),
            lambda done, total: None,
        )
        path = tmp_path / name / "report.json"
        about = {"config": {"data": DATA}, "step": 1200} | about
        report.write(found, path, about)
        return path.parent

    return write


def test_rates_test_and_puzzles_stand_side_by_side(write, run, examples, tmp_path):
    """A solves 36 and B 26, two of them not A's: 12 to 2."""
    first, second = write("a", range(4)), write("b", range(2, 16))
    code, out, err = run("compare", first, second)
    assert (code, err) == (0, "")
    line = next(line for line in out.splitlines() if line.startswith("exact match"))
    assert line.split()[2:8] == "90.0% 76.9% - 96.0% 65.0% 49.5%".split()
    assert "-25.0%" in line
    assert "both solve 24, A alone 12, B alone 2 and neither 2" in out
    assert "A is better (McNemar's exact test, p = 0.013)" in out
    assert f"A  {first}/report.json (step 1,200)" in out
    assert "only A: 9 more" in out and "only B: number 1  " in out
    puzzle = next(line for line in out.splitlines() if "only A: number 5 " in line)
    assert puzzle.split()[-1] == codec.decode(examples.inputs[4:5], SHAPE)[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_the_result_is_written_though_nobody_reads_the_table(
    write, tmp_path, monkeypatch
):
    first, second = write("a", range(4)), write("b", range(2, 16))
    file = tmp_path / "comparison.json"
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", buffering=1) as unread:
        monkeypatch.setattr("sys.stdout", unread)
        words = ("main.py", "compare", str(first), str(second), f"--output={file}")
        assert main.main([*words]) == 0
    assert file.exists()


def test_the_result_is_written_where_one_asks_for_it(write, run, tmp_path):
    first, second = write("a", range(4)), write("b", range(2, 16), attempts=8)
    file = tmp_path / "out" / "comparison.json"
    code, out, _ = run("compare", first / "report.json", second, f"--output={file}")
    assert code == 0 and str(file) in out and "selected from 8 attempts" in out
    found = json.loads(file.read_text())
    assert found["solved"] == {
        "both": 24,
        "only_first": 12,
        "only_second": 2,
        "neither": 2,
    }
    assert found["only_second"] == [0, 1] and found["examples"] == COUNT
    assert found["scores"]["exact_match"]["first"] == 0.9
    assert found["p_value"] == pytest.approx(2 * (1 + 14 + 91) / 2**14)


def test_no_difference_is_no_verdict(write, run):
    same = write("a", range(4))
    code, out, _ = run("compare", same, same)
    assert code == 0 and "no difference is shown (McNemar's exact test, p = 1)" in out
    line = next(line for line in out.splitlines() if line.startswith("exact match"))
    assert line.split()[-3:] == ["+0.0%", "-", "40"]


def test_what_no_float_holds_is_told_as_less(run, tmp_path):
    for name, solved in (("a", True), ("b", False)):
        rows = [
            {"puzzle_id": 0, "inputs": [number], "labels": [number]}
            | {"exact_match": solved, "token_accuracy": 1.0}
            for number in range(1100)
        ]
        found = {"metrics": {"exact_match": 1.0}, "predictions": rows}
        (tmp_path / f"{name}.json").write_text(json.dumps(found))
    code, out, err = run("compare", tmp_path / "a.json", tmp_path / "b.json")
    assert code == 0, err
    assert "A is better (McNemar's exact test, p < 1e-300)" in out


def test_mistakes_are_named(write, run, tmp_path):
    first = write("a", range(4))
    for words in ([first], [first, first, first], []):
        code, _, err = run("compare", *words)
        assert code == 2 and "`compare` takes two runs" in err
    (tmp_path / "empty").mkdir()
    code, _, err = run("compare", first, tmp_path / "empty")
    assert code == 2 and "empty/report.json cannot be read" in err

    other = json.loads((first / "report.json").read_text())
    other["predictions"] = other["predictions"][:30]
    file = tmp_path / "fewer.json"
    file.write_text(json.dumps(other))
    code, out, err = run("compare", first, file)
    assert (code, out) == (2, "")
    assert "10 of" in err and "(number 31, 32, 33, ...) are not in" in err


def sessions(path, passed, hidden=True):
    """A report of agents, of which those of some numbers solved their task."""
    costs = {"actions": 4, "malformed": 0, "attempts": 1, "runs": 2}
    results = {}
    for number in range(20):
        row = {"solved": number in passed, **costs, "tokens": 300, "seconds": 1.5}
        if hidden:
            row["hidden"] = "passed" if number in passed else "wrong answer"
        results[f"task-{number}"] = row
    results["empty"] = {"mistake": "It has no tests."}
    agent_report.write(path, "it", results)
    return path


def test_agents_stand_side_by_side_with_their_costs(run, tmp_path):
    """Of 20 tasks A solves 4, B these and 8 more."""
    first = sessions(tmp_path / "a.json", range(4))
    second = sessions(tmp_path / "b.json", range(12))
    file = tmp_path / "out.json"
    code, out, err = run("compare", first, second, f"--output={file}")
    assert (code, err) == (0, "") and f"A  {first} (it)" in out
    line = next(line for line in out.splitlines() if line.startswith("hidden tests"))
    assert line.split()[2] == "20.0%" and "+40.0%" in line
    assert line.split()[-1] == "20", "what nobody could work on counts for nobody"
    assert "tokens" in out and "300.0" in out
    assert "Of 20 tasks both solve 4, A alone 0, B alone 8 and neither 8" in out
    assert "B is better (McNemar's exact test, p = 0.0078)" in out
    assert "only B: task-4\n" in out and "only B: 5 more" in out
    assert json.loads(file.read_text())["only_second"] == list(range(4, 12))


def test_without_hidden_tests_agents_are_taken_at_their_word(run, tmp_path):
    first = sessions(tmp_path / "a.json", range(4), hidden=False)
    second = sessions(tmp_path / "b.json", range(12))
    code, out, _ = run("compare", first, second)
    assert code == 0 and "hidden tests" not in out and "B alone 8" in out


def test_agents_of_other_tasks_are_not_compared(run, tmp_path):
    first = sessions(tmp_path / "a.json", range(4))
    found = json.loads(first.read_text())
    del found["results"]["task-3"]
    second = tmp_path / "b.json"
    second.write_text(json.dumps(found))
    code, _, err = run("compare", first, second)
    assert code == 2 and "different tasks, such as task-3" in err
    for path in (first, second):
        agent_report.write(path, "it", {"empty": {"mistake": "It has no tests."}})
    code, _, err = run("compare", first, second)
    assert code == 2 and "no task both" in err


def graded(folder, passed, samples=4, benchmark="programs"):
    """A benchmark of ten problems, of each the first so many samples passing."""
    folder.mkdir()
    rows = []
    for number, right in enumerate(passed):
        for index in range(samples):
            kind = "passed" if index < right else "wrong answer"
            row = {"problem": f"p{number}", "index": index, "kind": kind, "detail": ""}
            rows.append(row | {"seconds": 0.1, "codes": [], "completion_sha256": ""})
    rows.append(rows[-1] | {"index": samples, "kind": "not run"})
    (folder / "grades.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    (folder / "samples.jsonl").write_text("")
    settings = {"benchmark": benchmark, "data": {"tasks.jsonl": "0"}, "top_p": 1.0}
    (folder / "settings.json").write_text(json.dumps(settings))
    return folder


def test_benchmarks_stand_side_by_side_by_their_problems(run, tmp_path):
    """pass@k without bias, of as many samples as both have that were run."""
    first = graded(tmp_path / "a", [0] * 5 + [1] * 5)
    second = graded(tmp_path / "b", [0] * 4 + [2] * 6, samples=5)
    code, out, err = run("compare", first, second)
    assert (code, err) == (0, "") and f"A  {first}/report.json (40 answers)" in out
    rates = {line.split()[0]: line.split() for line in out.splitlines() if "@" in line}
    assert rates.keys() == {"pass@1", "pass@2", "pass@4"}
    assert rates["pass@1"][1] == "12.5%" and "24.0%" in rates["pass@1"]
    # 1 - C(3, 2) / C(5, 2) = 0.7 of six in ten, and 1 - C(3, 2) / C(4, 2) of five.
    assert rates["pass@2"][1] == "25.0%" and "42.0%" in rates["pass@2"]
    told = "Of 10 problems both solve 5, A alone 0, B alone 1 and neither 4 by one of"
    assert f"{told} the first 4 answers" in out
    assert "only B: p4\n" in out and "no difference is shown" in out


def test_renderings_of_a_task_are_tested_as_one(run, tmp_path):
    """Six problems that B alone solves would be no chance; two tasks may be."""
    first, second = graded(tmp_path / "a", [0] * 6), graded(tmp_path / "b", [4] * 6)
    assert (
        "B is better (McNemar's exact test, p = 0.031)"
        in run("compare", first, second)[1]
    )
    tasks = {f"p{number}": f"task {number % 2}" for number in range(6)}
    (first / "report.json").write_text(json.dumps({"tasks": tasks}))
    out = run("compare", first, second)[1]
    assert "no difference is shown (McNemar's exact test over 2 tasks, p = 0.5)" in out
    (first / "report.json").write_text("[")
    code, _, err = run("compare", first, second)
    assert code == 2 and "a/report.json is not what `benchmark` wrote" in err


def test_who_draws_more_is_not_better_for_that(run, tmp_path):
    """Each of B's problems passes at its sixth sample, which A has none of."""
    first = graded(tmp_path / "a", [0] * 10, samples=1)
    second = graded(tmp_path / "b", [0] * 10, samples=5)
    rows = (second / "grades.jsonl").read_text()
    later = [json.dumps(json.loads(line) | {"index": 5}) for line in rows.splitlines()]
    passed = [line.replace("wrong answer", "passed") for line in later[:50:5]]
    (second / "grades.jsonl").write_text(rows + "\n".join(passed) + "\n")
    code, out, _ = run("compare", first, second)
    assert code == 0 and "neither 10 by an answer:\nno difference is shown" in out
    assert "16.7%" in out and "pass@2" not in out


def test_problems_of_one_alone_are_left_out(run, tmp_path):
    first, second = graded(tmp_path / "a", [1] * 3), graded(tmp_path / "b", [1] * 2)
    code, out, _ = run("compare", first, second)
    assert code == 0 and "both solve 2, A alone 0" in out
    assert "ran answers to: 1 of A, 0 of B." in out


def test_searches_are_not_compared_as_benchmarks(run, tmp_path):
    """Nobody is told to remove what is no benchmark's and not damaged either."""
    other = graded(tmp_path / "a", [1] * 3)
    search = graded(tmp_path / "search", [1] * 3)
    (search / "samples.jsonl").unlink()
    row = {"problem": "p0", "key": "1", "kind": "passed", "detail": "", "seconds": 0.1}
    for text in json.dumps(row) + "\n", "":  # to its end, or stopped before
        (search / "grades.jsonl").write_text(text)
        for pair in (search, search), (search, other), (other, search):
            code, out, err = run("compare", *pair)
            assert (code, out) == (2, "") and err.count("\n") == 1
            assert f"{search} has a grades.jsonl, but no samples.jsonl, as of" in err
            assert "a `search`: compare the --output of two `benchmark`s." in err


def test_other_benchmarks_are_not_compared(run, tmp_path):
    first = graded(tmp_path / "a", [1] * 3)
    second = graded(tmp_path / "b", [1] * 2, benchmark="mbpp")
    code, _, err = run("compare", first, second)
    assert code == 2 and "different problems (programs and mbpp, or other" in err
    code, _, err = run("compare", first, tmp_path / "nowhere")
    assert code == 2 and "nowhere is not there" in err
    (first / "grades.jsonl").write_text("")
    code, _, err = run("compare", first, second)
    assert code == 2 and "a has no grades: run `benchmark` to its end" in err
    (second / "grades.jsonl").unlink()
    code, _, err = run("compare", first, second)
    assert code == 2 and "b/report.json has no grades.jsonl beside it" in err
