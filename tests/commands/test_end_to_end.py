"""From an empty folder to solved puzzles, by the command line alone."""

import contextlib
import io
import json
import shlex
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
import safetensors.numpy
from PIL import Image

import main
from commands import flags, tables
from commands.trained import Trained
from data_pipeline import loader
from data_pipeline.schema import BoardShape
from data_pipeline.sudoku import codec, rules
from eval import report as reports
from eval import score_table
from hrm_jax import inference, predictor
from tests.commands.conftest import FIELDS

SHAPE = BoardShape(2, 2)


def report(workdir):
    return json.loads((workdir / "report.json").read_text())


def boards(workdir, count):
    """Held-out puzzles of the run, and their solutions."""
    predictions = report(workdir)["predictions"][:count]
    return (
        codec.decode(np.array([row[name] for row in predictions]), SHAPE)
        for name in ("inputs", "labels")
    )


@pytest.fixture(scope="module")
def evaluated(trained):
    """The run with its report; and what was printed."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main.main(["main.py", "evaluate", f"--workdir={trained}"]) == 0
    return trained, out.getvalue()


def test_train_leaves_a_run_that_learned(trained, records):
    assert json.loads((trained / "config.json").read_text())["model"]["width"] == 32
    losses = [
        r["train/answer_loss"] for r in records(trained) if "train/answer_loss" in r
    ]
    assert len(losses) == 6 and losses[-1] < losses[0] / 2
    assert [r["step"] for r in records(trained) if "eval/exact_match" in r] == [60, 120]
    assert list((trained / "tensorboard").iterdir())


def test_train_on_a_finished_run_says_so(trained, run, records):
    before = records(trained)
    code, out, _ = run("train", f"--workdir={trained}")
    assert code == 0
    assert "All 120 steps are done" in out and "step 20/" not in out
    assert records(trained) == before


def test_train_tells_what_it_does(trained, overrides, run):
    code, out, _ = run("train", f"--workdir={trained}", *overrides)
    assert code == 0
    for words in (
        "This is the run in",
        "width=32",
        " CPU",
        "4x4 Sudoku: 200 puzzles to train on, 16 for validation, 40 for the test",
        "parameters",
        f"evaluate --workdir={trained}",
    ):
        assert words in out, words


def test_evaluate_prints_and_writes_the_same(evaluated):
    workdir, out = evaluated
    metrics = report(workdir)["metrics"]
    assert metrics["examples"] == 40
    line = next(line for line in out.splitlines() if line.startswith("3 segments"))
    assert f"{metrics['exact_match']:.1%}" in line.split()
    assert f"{metrics['blank_accuracy']:.1%}" in line.split()
    low, high = report(workdir)["intervals_95"]["exact_match"]
    assert f"{low:.1%} - {high:.1%}" in line


def test_evaluate_counts_what_the_solutions_say(evaluated):
    """Against a count of our own."""
    predictions = report(evaluated[0])["predictions"]
    right = [row["answer"] == row["labels"] for row in predictions]
    assert report(evaluated[0])["metrics"]["exact_match"] == np.mean(right)


def test_training_is_scored_on_puzzles_for_validation_alone(evaluated, records):
    """The scores of the best checkpoint come again; no test puzzle is among them."""
    workdir, _ = evaluated
    trained = Trained.of(flags.parse(["main.py", "evaluate", f"--workdir={workdir}"]))
    examples = loader.read_all(trained.task.prepare().validation, 0)
    scores = trained.report(examples, False, lambda done, total: None).metrics()
    (at_step,) = (
        {name[5:]: v for name, v in r.items() if name.startswith("eval/")}
        for r in records(workdir)
        if r["step"] == trained.step and "eval/exact_match" in r
    )
    assert at_step == pytest.approx(scores, rel=1e-6)
    tested = [row["inputs"] for row in report(workdir)["predictions"]]
    assert len(tested) == 40 and len(examples.inputs) == 16
    assert not any(inputs in tested for inputs in examples.inputs.tolist())


def test_who_asks_again_does_not_wait_for_a_compiler_again(trained, monkeypatch):
    """As a process that stays does; the traces count the compilations."""
    traced, answer = [], inference.answer_until_halted
    monkeypatch.setattr(
        inference, "answer_until_halted", lambda *a: traced.append(1) or answer(*a)
    )
    predictor.predictor.cache_clear()
    words = ["main.py", "solve", f"--workdir={trained}"]
    boards = codec.encode([".342" * 4] * 2, SHAPE)
    first, second = (
        Trained.of(flags.parse(words)).answer(boards, lambda done, total: None)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.answers, second.answers)
    assert len(traced) == 1


@pytest.mark.slow
def test_without_validation_the_last_checkpoint_counts(
    run, overrides, records, tmp_path
):
    words = (*overrides, "--config.data.num_validation=0", "--config.train.steps=10")
    code, out, _ = run("train", f"--workdir={tmp_path}", *words)
    assert code == 0 and out.count("No puzzles are held out to choose the best") == 1
    assert not any("eval/exact_match" in record for record in records(tmp_path))
    code, out, _ = run("evaluate", f"--workdir={tmp_path}")
    assert code == 0 and "Evaluating step 10 of" in out


def test_evaluate_takes_other_data(evaluated, run, tmp_path):
    workdir, _ = evaluated
    path = tmp_path / "other.json"
    code, _, _ = run(
        "evaluate", f"--workdir={workdir}", "--config.data.seed=7", f"--output={path}"
    )
    assert code == 0
    other = json.loads(path.read_text())
    assert other["about"]["config"]["data"]["seed"] == 7
    inputs = [
        [row["inputs"] for row in r["predictions"]] for r in (other, report(workdir))
    ]
    assert inputs[0] != inputs[1]
    # The pictures of the run stay those of its report.
    assert path.with_suffix(".html").exists()
    assert (tmp_path / "other-figures" / "gallery.png").exists()


PICTURES = {
    *("segments.png", "filmstrip.png", "filmstrip.gif", "gallery.png"),
    *("halting.png", "settling.png"),
}


def test_the_pictures_are_where_evaluate_says(evaluated, run):
    workdir, out = evaluated
    for name in PICTURES | {"learning_curves.png"}:
        path = workdir / "figures" / name
        assert str(path) in out
        with Image.open(path) as image:
            assert min(image.size) > 100
    page = (workdir / "report.html").read_bytes()
    assert f"All on one page: {workdir / 'report.html'}" in out
    assert page.count(b"<img ") == len(PICTURES) + 1 and len(page) < 5e6
    assert b"--config.model.width=32" in page


def test_pictures_and_tables_are_rebuilt_from_the_report_alone(
    evaluated, run, tmp_path
):
    workdir, out = evaluated
    shutil.copy(workdir / "report.json", tmp_path)
    code, printed, err = run("figures", f"--workdir={tmp_path}")
    assert (code, err) == (0, "")
    # The metrics are in a file of their own, which a run may not have written.
    assert "No learning curves: " in printed
    assert {path.name for path in (tmp_path / "figures").iterdir()} == PICTURES
    for name in PICTURES:
        again = (tmp_path / "figures" / name).read_bytes()
        assert again == (workdir / "figures" / name).read_bytes(), name
    about = report(tmp_path)["about"]
    table = tables.aligned(score_table.scores(about["scores"]))
    assert table in out
    rebuilt = reports.rebuild(reports.read(tmp_path / "report.json"))
    assert score_table.summary(rebuilt)["metrics"] == report(tmp_path)["metrics"]


def test_a_report_says_where_it_comes_from(evaluated):
    about = report(evaluated[0])["about"]
    assert about["config"]["model"]["width"] == 32
    assert about["differs_from_default"]["model.width"] == [32, 96]
    assert about["differs_from_training"] == {} and about["sources"] == {}
    train, evaluate = (shlex.split(line)[1:] for line in about["commands"])
    # Elsewhere, where no saved config fills in what the command leaves out.
    line = flags.parse([word for word in train if not word.startswith("--workdir")])
    saved = json.loads((evaluated[0] / "config.json").read_text())
    assert json.loads(line.config.to_json()) == saved
    assert evaluate == ["main.py", "evaluate", f"--workdir={evaluated[0]}"]


def test_figures_of_a_run_that_was_not_evaluated(run, tmp_path):
    code, _, err = run("figures", f"--workdir={tmp_path}")
    assert code == 2 and "report.json cannot be read" in err
    old = {"predictions": [NEEDED], "metrics": {}}
    for about in ({}, {"scores": {}}):
        (tmp_path / "report.json").write_text(json.dumps(old | {"about": about}))
        code, _, err = run("figures", f"--workdir={tmp_path}")
        assert code == 2 and "is of an older version" in err


NEEDED = {
    "puzzle_id": 0,
    "inputs": [0],
    "labels": [0],
    "exact_match": True,
    "token_accuracy": 0,
}


def test_solve_agrees_with_the_report(evaluated, run):
    workdir, _ = evaluated
    puzzles, _ = boards(workdir, 5)
    code, out, err = run("solve", f"--workdir={workdir}", "--json", *puzzles)
    assert (code, err) == (0, "")
    records = [json.loads(line) for line in out.splitlines()]
    assert [record["puzzle"] for record in records] == puzzles
    for record in records:
        (solution,) = codec.encode([record["solution"]], SHAPE)
        (puzzle,) = codec.encode([record["puzzle"]], SHAPE)
        kept = ((puzzle == 1) | (puzzle == solution)).all()
        assert record["valid"] == (kept and rules.valid(solution[None], SHAPE)[0])
        assert record["valid"] == (record["problem"] is None)
        assert 1 <= record["segments"] <= 3 and 0 <= record["confidence"] <= 1


def test_other_data_are_asked_without_what_the_run_knows(evaluated, run, tmp_path):
    """Of more test puzzles the last ones would be those of validation."""
    workdir, _ = evaluated
    output = tmp_path / "other" / "report.json"
    count = FIELDS["data.num_test"] + FIELDS["data.num_validation"]
    code, out, err = run(
        *("evaluate", f"--workdir={workdir}", f"--output={output}"),
        *(f"--config.data.num_test={count}", "--config.evaluation.watched=1"),
    )
    assert code == 0, err
    (told,) = json.loads(output.read_text())["about"]["left_out"]
    assert told["total"] == count and told["count"] >= FIELDS["data.num_validation"]
    assert f"of {count} test puzzles left out: the run was trained on them" in out


def test_solve_reads_files_and_pipes_and_goes_on_after_mistakes(
    evaluated, run, tmp_path, monkeypatch
):
    workdir, _ = evaluated
    (good, other), _ = boards(workdir, 2)
    file = tmp_path / "puzzles.txt"
    file.write_text(
        f"# two puzzles\n\n{good[:8]} {good[8:]}\n{good[1:]}\n{good[1:]}x\n",
        encoding="utf-8-sig",  # as Windows has it
    )
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{other}\n11{'.' * 14}\n"))
    out_file = tmp_path / "out" / "solutions.txt"
    code, out, err = run(
        "solve", f"--workdir={workdir}", f"--file={file}", "-", f"--output={out_file}"
    )
    assert code == 2
    assert f"{file}, line 4, has 15 characters instead of 16." in err
    assert f"{file}, line 5, holds 'x' at row 4, column 4" in err
    assert "standard input, line 2, has no solution: row 1 holds 1 twice." in err
    assert "solves a 4x4 Sudoku a line" in err
    assert "3 solutions" in out and str(out_file) in out
    lines = out_file.read_text().splitlines()
    assert [line.split(" -> ")[0] for line in lines] == [good, other, f"11{'.' * 14}"]
    assert "WRONG: " in lines[2] and " sure" in lines[2]


def test_solve_without_a_puzzle_says_how_to_give_one(trained, run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code, _, err = run("solve", f"--workdir={trained}")
    assert code == 2 and "There is no puzzle" in err


def test_weights_go_out_and_come_in_unchanged(evaluated, run, overrides, tmp_path):
    workdir, _ = evaluated
    file, other = tmp_path / "weights.safetensors", tmp_path / "other"
    code, out, _ = run("convert", f"--workdir={workdir}", f"--to={file}")
    assert code == 0 and str(file) in out
    tensors = safetensors.numpy.load_file(file)
    assert tensors["lm_head.weight"].shape == (6, 32)

    words = ("convert", f"--workdir={other}", f"--weights={file}", *overrides)
    code, out, _ = run(*words)
    assert code == 0 and f"solve --workdir={other}" in out
    puzzles, _ = boards(workdir, 8)
    answers = [
        run("solve", f"--workdir={d}", "--json", *puzzles) for d in (workdir, other)
    ]
    assert answers[0] == answers[1]

    code, _, err = run(*words)
    assert code == 2 and "holds a run already" in err
    # The imported run can be trained on, and starts from what it was given.
    code, out, _ = run("train", f"--workdir={other}", "--config.train.steps=20")
    assert code == 0
    losses = [
        json.loads((d / "metrics.jsonl").read_text().splitlines()[0])
        for d in (workdir, other)
    ]
    before, after = (loss["train/answer_loss"] for loss in losses)
    assert after < before / 2
    flags = ("--config.train.steps=24", "--profile")
    code, out, _ = run("train", f"--workdir={other}", *flags)
    assert code == 0 and "There will be no profile" in out and "4 are left" in out


def test_an_import_that_is_killed_is_not_there(trained, run, overrides, tmp_path):
    file, parent = tmp_path / "weights.npz", tmp_path / "runs"
    assert run("convert", f"--workdir={trained}", f"--to={file}")[0] == 0
    words = ("convert", f"--workdir={parent / 'run'}", f"--weights={file}", *overrides)
    process = subprocess.Popen(
        [sys.executable, main.__file__, *words], stdout=subprocess.DEVNULL
    )
    while not list(parent.glob("*/checkpoints")):
        assert process.poll() is None
        time.sleep(0.001)
    process.kill()
    process.wait()
    assert not (parent / "run").exists()

    assert run(*words)[0] == 0
    assert {path.name for path in (parent / "run").iterdir()} == {
        "config.json",
        "checkpoints",
    }
    assert run("solve", f"--workdir={parent / 'run'}", "." * 16)[0] == 0
