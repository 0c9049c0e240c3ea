"""Two runs, one of them trained backwards, choose among answers that were graded."""

import json

import pytest

import main
from commands import flags
from commands.reader import Reader
from commands.text_run import TextRun
from data_pipeline.text.example import Example
from tests.commands.test_text_run import flags as training

pytestmark = pytest.mark.slow  # two runs

# Hardly trained at all.
QUICK = {"train.steps": 2, "train.eval_every": 2, "train.log_every": 1}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rerank")
    found = {}
    for direction in ("forward", "backward"):
        found[direction] = folder / direction
        changes = QUICK | {"data.direction": direction}
        words = training(folder, found[direction], **changes)
        assert main.main(["main.py", "train", *words]) == 0
    return found


@pytest.fixture(scope="module")
def opened(runs):
    return {
        direction: TextRun.of(
            flags.parse(["main.py", "evaluate", f"--workdir={workdir}"])
        )
        for direction, workdir in runs.items()
    }


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_who_writes_nothing_is_not_told_to_write(runs, direction, capsys):
    assert main.main(["main.py", "evaluate", f"--workdir={runs[direction]}"]) == 0
    out = capsys.readouterr().out
    assert (f"--backward={runs[direction]}" in out) == (direction == "backward")
    assert ("benchmark programs --workdir" in out) == (direction == "forward")


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Two tasks with an answer that passes and one that does not, graded."""
    folder = tmp_path_factory.mktemp("graded")
    tasks, completions = folder / "tasks.jsonl", folder / "completions.jsonl"
    drawn = ["--scenario=write", "--level=1", "--language=python", "--limit=2"]
    assert main.main(["main.py", "programs", f"--output={tasks}", *drawn]) == 0
    found = []
    for line in tasks.read_text().splitlines():
        row = json.loads(line)
        stub = row["response"].splitlines()[0] + "\n    return None\n"
        found += [
            {"problem": row["id"], "index": index, "completion": completion}
            for index, completion in enumerate((stub, row["response"]))
        ]
    completions.write_text("".join(json.dumps(row) + "\n" for row in found))
    output = folder / "out"
    words = [f"--data={tasks}", f"--completions={completions}", f"--output={output}"]
    assert main.main(["main.py", "benchmark", "programs", *words]) == 0
    return tasks, output


def command(runs, graded, **changes):
    tasks, output = graded
    named = {"workdir": runs["forward"], "backward": runs["backward"]}
    named |= {"data": tasks, "evaluated": output, "backward_weights": "0.5,2"}
    words = [f"--{name}={value}" for name, value in (named | changes).items()]
    return main.main(["main.py", "rerank", "programs", *words])


def test_the_report_says_what_each_way_would_have_chosen(runs, opened, graded, capsys):
    assert command(runs, graded) == 0
    assert "4 answers to 2 problems" in capsys.readouterr().out
    report = json.loads((graded[1] / "rerank.json").read_text())
    passed = {name: one["value"] for name, one in report["passed"].items()}
    assert passed["any answer, on average"] == 0.5 and passed["at least one"] == 1
    rows = [json.loads(line) for line in graded[0].read_text().splitlines()]
    reader, right = Reader(opened["forward"]), 0
    for row in rows:
        stub = row["response"].splitlines()[0] + "\n    return None\n"
        first, second = reader.log_probs(
            [Example("python", row["prompt"], text) for text in (stub, row["response"])]
        )
        right += second > first
    assert passed["the most likely"] == right / 2
    assert {"forward + 0.5 backward", "forward + 2 backward"} < passed.keys()
    assert report["passed"]["backward alone"].keys() >= {"gained", "lost", "p_value"}


def test_mistakes_are_named(runs, graded, tmp_path, capsys):
    def said(code):
        assert code == 2
        return capsys.readouterr().err

    assert "runs/x" in said(command(runs, graded, backward="runs/x"))
    turned = {"forward": runs["backward"], "backward": runs["forward"]}
    assert "reads backward, not forward: train" in said(command(turned, graded))
    assert "has no samples.jsonl" in said(command(runs, graded, evaluated=tmp_path))
    wrong = command(runs, graded, backward_weights="0.5,-1")
    assert "must be numbers above 0" in said(wrong)
    words = ["main.py", "generate", f"--workdir={runs['backward']}", "Return a."]
    assert "it writes nothing, but `rerank`" in said(main.main(words))
    assert "reads backward: leave data.direction" in said(
        main.main([*words, "--config.data.direction=forward"])
    )
