"""A run from random states: trained, evaluated with restarts, compared with itself."""

import json

import numpy as np
import pytest

import main


@pytest.fixture(scope="module")
def workdir(tmp_path_factory, overrides):
    """A run that has learned a little."""
    workdir = tmp_path_factory.mktemp("random") / "run"
    words = (
        *overrides,
        "--config.model.initial_states=random",
        "--config.model.state_noise=0.05",
        "--config.train.steps=60",
    )
    assert main.main(["main.py", "train", f"--workdir={workdir}", *words]) == 0
    return workdir


@pytest.mark.slow
def test_the_single_attempt_comes_first_and_the_selected_beside_it(workdir, run):
    words = ("evaluate", f"--workdir={workdir}", "--config.evaluation.max_segments=18")
    code, plain, _ = run(*words)
    assert code == 0
    alone = json.loads((workdir / "report.json").read_text())
    assert "best of" not in plain and not (workdir / "report-selected.json").exists()

    code, out, _ = run(
        *words, "--config.evaluation.restarts=4", "--config.evaluation.select=agreement"
    )
    assert code == 0
    lines = out.splitlines()
    names = [
        line[:25].strip()
        for line in lines
        if line.startswith(("18 seg", "until it h", "best of"))
    ]
    assert names == ["18 segments", "until it halts", "best of 4 by agreement"]
    single = json.loads((workdir / "report.json").read_text())
    assert single["predictions"] == alone["predictions"]
    assert single["about"]["attempts"] == 1

    selected = json.loads((workdir / "report-selected.json").read_text())
    assert selected["about"]["attempts"] == 4
    assert f"{selected['metrics']['exact_match']:.1%}" in next(
        line for line in lines if line.startswith("best of")
    )
    code, out, _ = run("compare", workdir, workdir / "report-selected.json")
    assert code == 0 and "selected from 4 attempts" in out

    # What was selected is of no later evaluation, and no earlier one.
    code, _, _ = run(*words)
    assert code == 0 and not (workdir / "report-selected.json").exists()

    # More segments than the run was trained with: not every one is printed.
    head = lines.index("On the first 16 test puzzles, trained with 3 segments at most:")
    assert lines[head + 1].split() == ["segments", *"1 2 3 4 8 16 18".split()]


@pytest.mark.slow
def test_difficulty_stands_beside_each_answer(workdir, run):
    code, out, _ = run("evaluate", f"--workdir={workdir}")
    assert code == 0 and "By blanks, until it halts:" in out
    report = json.loads((workdir / "report.json").read_text())
    rows = report["predictions"]
    blanks = np.array([row["blanks"] for row in rows])
    assert (blanks == [row["inputs"].count(1) for row in rows]).all()
    assert all(row["guesses"] >= 0 for row in rows)
    bins = report["about"]["halting_by_difficulty"]["blanks"]
    assert sum(one["examples"] for one in bins) == len(rows) == 40
    for one in bins:
        inside = (blanks >= one["low"]) & (blanks <= one["high"])
        taken = [
            r["segments_until_halt"] for r, i in zip(rows, inside, strict=True) if i
        ]
        assert one["mean_segments"] == pytest.approx(np.mean(taken))


@pytest.mark.slow
def test_solve_takes_the_selected_answer(workdir, run):
    rows = json.loads((workdir / "report.json").read_text())["predictions"]
    puzzle = "".join(".1234"[token - 1] for token in rows[0]["inputs"])
    records = []
    for restarts in (1, 4):
        code, out, _ = run(
            *("solve", f"--workdir={workdir}", "--json", puzzle),
            f"--config.evaluation.restarts={restarts}",
        )
        assert code == 0
        records.append(json.loads(out))
    assert records[1]["confidence"] >= records[0]["confidence"]


def test_a_run_from_fixed_states_refuses_restarts(trained, run):
    code, _, err = run(
        "evaluate", f"--workdir={trained}", "--config.evaluation.restarts=4"
    )
    assert code == 2
    assert "evaluation.restarts is 4, but all attempts are alike" in err
