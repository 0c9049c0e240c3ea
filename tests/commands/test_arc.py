"""ARC by the command line alone: from files of tasks to attempts and scores."""

import dataclasses
import json

import pytest

from commands import arc_exam, flags
from commands.trained import Trained
from tests.data_pipeline.arc.made import some_task
from tests.data_pipeline.arc.test_task import content

TRAINING = [some_task(f"task{n}", n) for n in range(4)]
TRAINING.append(some_task("large", 4, size=9))
EXAM = [some_task(f"exam{n}", 50 + n, tests=2) for n in range(3)]
LEFT_OUT = "1 of 5 training tasks left out: larger than 4x4."
FIELDS = {
    "slots": 8,
    "data.dataset": "arc",
    "data.augmentations": 2,
    "data.max_size": 4,
    "data.num_validation": 1,
    "model.width": 16,
    "model.num_heads": 2,
    "model.attention_scopes": "",
    "model.positions": "learned",
    "model.puzzle_width": 16,
    "model.l_layers": 1,
    "model.h_cycles": 1,
    "model.l_cycles": 1,
    "halting.max_segments": 2,
    "train.steps": 4,
    "train.log_every": 2,
    "evaluation.batch_size": 8,
    "evaluation.slots": 8,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arc")
    (folder / "training.json").write_text(content(TRAINING))
    (folder / "exam.json").write_text(content(EXAM))
    (folder / "questions.json").write_text(content(EXAM, answers=False))
    return folder


def words(folder, **changes):
    fields = FIELDS | {
        "data.directory": folder / "data",
        "data.arc_training": f"{folder}/training.json",
        "data.arc_evaluation": f"{folder}/exam.json",
    }
    return [f"--config.{name}={value}" for name, value in (fields | changes).items()]


def read(path):
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def workdir(folder):
    return folder / "run"


@pytest.fixture
def evaluated(folder, workdir, run):
    """The run, as the first test leaves it, for slow tests that run without it."""
    if not (workdir / "arc_scores.json").exists():
        assert run("train", f"--workdir={workdir}", *words(folder))[0] == 0
        assert run("evaluate", f"--workdir={workdir}")[0] == 0
    return workdir


def test_from_files_to_scores(folder, workdir, run, monkeypatch):
    code, out, err = run("train", f"--workdir={workdir}", *words(folder))
    assert code == 0, err
    assert "4x4 ARC canvas: 24 puzzles to train on, 1 for validation, 6 for" in out
    assert "3 ARC tasks train with all their pairs, and 4 with their demon" in out
    assert LEFT_OUT in out
    assert "evaluate" in out and "main.py solve" not in out

    # Votes are written after every batch, and the last of them never comes.
    monkeypatch.setattr(arc_exam, "_SECONDS_BETWEEN_WRITES", -1.0)
    code, out, err = run("evaluate", f"--workdir={workdir}")
    assert code == 0, err
    assert "Evaluating step 4" in out and "18 votes on 3 tasks" in out
    assert LEFT_OUT in out
    report = read(workdir / "report.json")
    (left_out,) = report["about"]["left_out"]
    assert (left_out["count"], left_out["total"]) == (1, 5)
    assert LEFT_OUT in (workdir / "report.html").read_text()
    assert report["metrics"]["examples"] == 6
    assert len({row["puzzle_id"] for row in report["predictions"]}) == 3
    assert f"{folder}/training.json" in report["about"]["sources"]
    scores = read(workdir / "arc_scores.json")
    assert scores["left_out"] == [left_out]
    assert scores["predictions"] == 18 and scores["tasks_scored"] == 3
    assert scores["about"]["sources"]["training"].keys() == {f"{folder}/training.json"}
    pictures = list((workdir / "figures").glob("arc_exam*.png"))
    assert {str(path.relative_to(workdir)) for path in pictures} == {
        *scores["pictures"]
    }
    assert len(pictures) == 3

    attempts = read(workdir / "submission.json")
    right = [
        any(entry[f"attempt_{n}"] == test.output.tolist() for n in (1, 2))
        for task in EXAM
        for entry, test in zip(attempts[task.id], task.tests, strict=True)
    ]
    assert scores["tests"]["pass@2"] == [sum(right), 6]


@pytest.mark.slow
def test_the_page_shows_the_exam_and_no_other(evaluated, run):
    page = (evaluated / "report.html").read_text()
    assert page.count('alt="ARC task exam') == 3 and "On 3 tasks, by votes" in page
    code, _, err = run("figures", f"--workdir={evaluated}")
    assert code == 0, err
    assert (evaluated / "report.html").read_text() == page

    scores = evaluated / "arc_scores.json"
    before = scores.read_text()
    scores.write_text(json.dumps(read(scores) | {"about": OTHER}))
    assert run("figures", f"--workdir={evaluated}")[0] == 0
    page = (evaluated / "report.html").read_text()
    assert "ARC task exam" not in page and "by votes" not in page
    scores.write_text("{")
    code, _, err = run("figures", f"--workdir={evaluated}")
    assert code == 2 and "arc_scores.json is damaged" in err
    scores.write_text(before)


OTHER = {"step": 3, "data": {}, "evaluation": {}}


@pytest.mark.slow
def test_votes_are_asked_for_once(evaluated, run):
    before = read(evaluated / "arc_scores.json")
    watched = "--config.evaluation.watched=1"  # no matter of theirs
    code, out, _ = run("evaluate", f"--workdir={evaluated}", watched)
    assert code == 0 and "18 of 18 votes are in" in out
    found = read(evaluated / "arc_scores.json")
    assert found.pop("about") != before.pop("about")
    assert found == before


def test_what_decides_answers_asks_again(workdir):
    words = ["main.py", "evaluate", f"--workdir={workdir}"]
    trained = Trained.of(flags.parse(words))

    def asked(**changes):
        evaluation = dataclasses.replace(trained.evaluation, **changes)
        one = dataclasses.replace(trained, evaluation=evaluation)
        return arc_exam._asked(one, trained.task)

    before = asked()
    other = {
        "augmentations": 1,
        "max_segments": 5,
        "early_halting": not trained.evaluation.early_halting,
        "min_confidence": 0.75,
        "residual": 0.25,
        "seed": 7,
    }
    for name, value in other.items():
        assert asked(**{name: value}) == before | {name: value}
    assert asked(watched=3, examples=2, batch_size=4, slots=2, restarts=2) == before
    assert before["checkpoint"] == trained.sha256
    assert before["puzzles"] == trained.task.puzzles_sha256


@pytest.mark.slow
def test_fewer_augmentations_vote(evaluated, run):
    code, out, _ = run(
        "evaluate", f"--workdir={evaluated}", "--config.evaluation.augmentations=0"
    )
    assert code == 0 and "6 votes on 3 tasks" in out


def test_a_file_of_attempts_is_scored(folder, workdir, run, tmp_path):
    right = {
        task.id: [
            {"attempt_1": [[0]], "attempt_2": test.output.tolist()}
            for test in task.tests
        ]
        for task in EXAM[:2]
    }
    path = tmp_path / "submission.json"
    path.write_text(json.dumps(right))
    for config in (words(folder), [f"--workdir={workdir}"]):
        code, out, err = run("evaluate", f"--file={path}", *config)
        assert code == 0, err
        assert "solves 66.7% of 3 tasks" in out and "4 of 6 tests" in out
        assert "Tasks that lack an attempt, which counts as wrong: 1." in out
    code, _, err = run("evaluate", f"--file={path}")
    assert code == 2 and "configs/arc.py" in err


def test_a_file_is_scored_by_the_evaluation_files_alone(folder, run, tmp_path):
    """On all of their tasks: what a training leaves out is no matter here."""
    path = tmp_path / "submission.json"
    right = [{"attempt_1": test.output.tolist()} for test in EXAM[0].tests]
    attempts = [entry | {"attempt_2": [[0]]} for entry in right]
    path.write_text(json.dumps({EXAM[0].id: attempts}))
    changes = {
        "data.arc_training": "not_fetched",
        "data.arc_leave_out": EXAM[0].id,
        "data.max_size": 1,
        "data.directory": tmp_path / "data",
    }
    code, out, err = run("evaluate", f"--file={path}", *words(folder, **changes))
    assert code == 0, err
    assert "solves 33.3% of 3 tasks" in out
    assert [one.name for one in tmp_path.iterdir()] == ["submission.json"]


def test_without_answers_there_are_attempts(folder, workdir, run, tmp_path):
    """As in the competitions, where solutions are kept; once they are there, nothing
    is asked again, and scores never stand beside other attempts than theirs."""
    told, scores = [], tmp_path / "arc_scores.json"
    for name in ("questions", "exam", "questions"):
        code, out, err = run(
            "evaluate",
            f"--workdir={workdir}",
            f"--config.data.arc_evaluation={folder}/{name}.json",
            f"--output={tmp_path}/report.json",
        )
        assert code == 0, err
        told.append(out)
        assert scores.exists() == (name == "exam")
        pictures = list(tmp_path.rglob("arc_*.png"))
        assert len(pictures) == 3 * (name == "exam")
        assert read(tmp_path / "submission.json").keys() == {t.id for t in EXAM}
    assert "No answer is known" in told[0] and "No answer is known" not in told[1]
    assert ["18 of 18 votes are in" in out for out in told] == [False, True, True]


@pytest.mark.slow
def test_runs_with_other_augmentations_are_compared(folder, evaluated, run, tmp_path):
    """Their puzzle ids differ, the tasks do not."""
    other, file = tmp_path / "run", tmp_path / "comparison.json"
    changed = words(folder, **{"data.augmentations": 1})
    assert run("train", f"--workdir={other}", *changed)[0] == 0
    assert run("evaluate", f"--workdir={other}")[0] == 0
    code, out, err = run("compare", evaluated, other, f"--output={file}")
    assert code == 0, err
    lines = {line.partition("  ")[0]: line.split() for line in out.splitlines()}
    assert lines["exact match"][-1] == "6" and lines["pass@100"][-1] == "3"
    assert "there is no p-value" in out and "McNemar" not in out
    found = read(file)
    assert found["p_value"] is None and found["scores"]["pass@2"]["examples"] == 3
    (other / "arc_scores.json").unlink()
    code, out, err = run("compare", evaluated, other)
    assert code == 0 and "pass@100" not in out, err


def test_other_puzzles_are_refused(workdir, run):
    code, out, err = run("evaluate", f"--workdir={workdir}", "--config.data.seed=5")
    assert (code, out) == (2, "") and "trained with other ARC tasks" in err


def test_files_that_changed_since_the_training_are_refused(folder, workdir, run):
    """The same tasks in another order: every puzzle vector would be another task's."""
    path = folder / "training.json"
    before = path.read_text()
    path.write_text(content(TRAINING[::-1]))
    for command in ("train", "evaluate"):
        code, out, err = run(command, f"--workdir={workdir}")
        assert (code, out.count("Preparing")) == (2, len(out.splitlines()))
        assert f"was trained, {path} changed" in err and err.count("\n") == 1
    path.write_text(before)
    kept = workdir / "puzzles.json"
    known = kept.read_text()
    kept.write_text(known[:20])
    code, _, err = run("evaluate", f"--workdir={workdir}")
    assert code == 2 and f"{kept} is damaged" in err
    kept.write_text(known)
    code, out, _ = run("train", f"--workdir={workdir}")
    assert code == 0 and kept.read_text() == known


def test_solve_says_what_to_do_instead(workdir, run):
    code, out, err = run("solve", f"--workdir={workdir}", "12")
    assert (code, out) == (2, "") and "`evaluate` answers their tests" in err


def test_answers_in_training_are_refused(folder, run, tmp_path):
    config = words(folder, **{"data.arc_training": f"{folder}/exam.json"})
    code, _, err = run("train", f"--workdir={tmp_path}/run", *config)
    assert code == 2 and "Training holds the answers of 3 of 3" in err
    assert not (tmp_path / "run").exists()


def test_a_missing_file_is_told_at_once(folder, run, tmp_path):
    config = words(folder, **{"data.arc_evaluation": "none.json"})
    code, out, err = run("train", f"--workdir={tmp_path}/run", *config)
    assert (code, out) == (2, "") and "data.arc_evaluation names none.json" in err
