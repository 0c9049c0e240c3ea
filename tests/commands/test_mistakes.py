"""What can go wrong beyond parsing: one sentence, exit code 2."""

import io

import numpy as np
import pytest

from tests.commands.conftest import FIELDS


def fails(run, *words) -> str:
    """Runs a command line that must fail, and returns its one sentence."""
    code, _, err = run(*words)
    assert code == 2
    assert err.count("\n") == 1 and err.endswith((".\n", "?\n")), err
    return err


VALUES = [
    ("slots=0", "slots is 0"),
    ("slots=12", "slots is 12, but it must be a multiple of the 8 devices"),
    ("model.num_heads=5", "num_heads is 5, but it must be a divisor"),
    ("model.mixer=cnn", "mixer is 'cnn', but it must be one of attention, mlp"),
    ("model.expansion=0", "model.expansion is 0.0"),
    ("model.attention_scopes=row,diagonal", "attention_scopes holds 'diagonal'"),
    ("model.gradient_window=9", "gradient_window is 9, but it must be between 1 and"),
    ("model.puzzle_width=9", "prefix_len is 0, but it must be large enough"),
    ("halting.max_segments=0", "max_segments is 0"),
    ("halting.max_segments=1000000000000", "must be at most 1,000,000,000"),
    ("loss.token_loss=x", "token_loss is 'x', but it must be one of stablemax"),
    ("optim.learning_rate=-1", "learning_rate is -1.0, but it must be at least 0"),
    ("optim.b1=1", "optim.b1 is 1.0"),
    ("optim.no_decay=a(", "no regular expression"),
    ("train.steps=0", "train.steps is 0"),
    ("train.log_every=-1", "train.log_every is -1"),
    ("train.seed=-1", "train.seed is -1"),
    ("train.fsdp=3", "train.fsdp is 3, but it must divide the 8 devices"),
    ("evaluation.batch_size=0", "evaluation.batch_size is 0"),
    ("evaluation.max_segments=-1", "evaluation.max_segments is -1"),
    ("evaluation.max_segments=1000000000000", "must be at most 1,000,000,000"),
    ("optim.warmup_steps=1000000000000", "must be at most 1,000,000,000"),
    ("data.dataset=sudokus", "data.dataset is 'sudokus'"),
    ("data.box_rows=0", "data.box_rows is 0"),
    ("data.max_blanks=99", "data.max_blanks is 99"),
    ("data.num_test=0", "data.num_test is 0"),
]


@pytest.mark.parametrize(("override", "words"), VALUES)
def test_a_value_out_of_range_is_named(override, words, run, overrides, tmp_path):
    workdir = tmp_path / "run"
    flags = (f"--workdir={workdir}", *overrides, f"--config.{override}")
    assert words in fails(run, "train", *flags)
    assert not workdir.exists()


def test_missing_data_says_how_to_get_it(run, overrides, tmp_path):
    flags = (
        f"--workdir={tmp_path / 'run'}",
        *overrides,
        "--config.data.dataset=sudoku_extreme",
    )
    code, out, err = run("train", *flags)
    assert (code, out) == (2, "") and "main.py fetch sudoku_extreme" in err


@pytest.mark.parametrize("command", ["train", "evaluate", "solve", "convert"])
def test_the_workdir_of_another_model_is_refused(command, trained, run, overrides):
    flags = (f"--workdir={trained}", *overrides, "--config.model.width=48")
    more = ["--to=x.npz"] if command == "convert" else []
    more += ["1" * 16] if command == "solve" else []
    told = fails(run, command, *flags, *more)
    assert f"{trained} holds a run with model.width = 32" in told and "48" in told


@pytest.mark.parametrize("cells", [4, 5])
def test_boards_of_another_kind_are_refused(cells, trained, run):
    """Mazes of 4x4 cells would fit: as many cells, as many tokens."""
    maze = {"dataset": "generated_mazes", "maze_rows": cells, "maze_cols": cells}
    flags = [f"--config.data.{name}={value}" for name, value in maze.items()]
    told = fails(run, "evaluate", f"--workdir={trained}", *flags)
    assert f"was trained on a 4x4 Sudoku and can answer no {cells}x{cells} maze" in told


def test_a_workdir_that_is_a_file_is_refused(run, overrides, tmp_path):
    file = tmp_path / "file"
    file.write_text("precious")
    told = fails(run, "train", f"--workdir={file}", *overrides)
    assert f"{file} is a file" in told
    assert file.read_text() == "precious"


def test_a_workdir_without_a_run_or_a_checkpoint_says_how_to_make_them(
    trained, run, tmp_path
):
    nothing = f"--workdir={tmp_path / 'nothing'}"
    told = fails(run, "evaluate", nothing)
    assert "holds no run" in told and "main.py train" in told
    # Pictures are drawn from a report alone.
    told = fails(run, "figures", nothing)
    assert "nothing/report.json cannot be read" in told and "main.py evaluate" in told
    assert "add --workdir" in fails(run, "evaluate")
    (tmp_path / "config.json").write_bytes((trained / "config.json").read_bytes())
    told = fails(run, "evaluate", f"--workdir={tmp_path}")
    assert "holds no checkpoint" in told and "main.py train" in told


def test_convert_needs_one_direction_and_weights_that_fit(run, overrides, tmp_path):
    flags = ("convert", f"--workdir={tmp_path / 'run'}", *overrides)
    assert "give one of the two" in fails(run, *flags)
    assert "give one of the two" in fails(run, *flags, "--weights=a", "--to=b")
    missing = tmp_path / "missing.pt"
    assert f"{missing} cannot be read" in fails(run, *flags, f"--weights={missing}")
    other = tmp_path / "other.npz"
    np.savez(other, **{"lm_head.weight": np.zeros((6, 31), np.float32)})
    assert "The weights lack" in fails(run, *flags, f"--weights={other}")
    assert not (tmp_path / "run").exists()


def test_a_result_that_cannot_be_written_is_named(trained, run, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    puzzle = "." * FIELDS["data.box_cols"] ** 4
    told = fails(run, "solve", f"--workdir={trained}", puzzle, f"--output={file}/x")
    assert f"{file}/x cannot be written" in told
    # Found before any weights are looked for.
    told = fails(run, "convert", f"--workdir={tmp_path}", "--to=x.pt")
    assert "must end in .safetensors or .npz" in told


def test_a_missing_puzzle_file_is_named(trained, run):
    told = fails(run, "solve", f"--workdir={trained}", "--file=nowhere.txt")
    assert "nowhere.txt cannot be read (No such file" in told


def test_a_pipe_of_no_text_is_one_sentence(trained, run, monkeypatch):
    piped = io.TextIOWrapper(io.BytesIO(b"\xff\n"), encoding="utf-8")
    monkeypatch.setattr("sys.stdin", piped)
    told = fails(run, "solve", f"--workdir={trained}")
    assert told == "Standard input is no text (invalid start byte).\n"


def test_the_folder_of_the_run_is_asked_for_before_the_puzzle_is_read(run):
    assert "add --workdir" in fails(run, "solve", "123")


def test_weights_go_only_where_nothing_is(run, overrides, tmp_path):
    (tmp_path / "notes.txt").write_text("precious")
    flags = (f"--workdir={tmp_path}", "--weights=nowhere.pt", *overrides)
    assert "or other files" in fails(run, "convert", *flags)


@pytest.mark.parametrize("command", ["evaluate", "solve", "figures", "convert"])
def test_work_for_one_process_is_not_done_by_several(command, run, monkeypatch):
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "4")
    told = fails(run, command, "--workdir=runs/any", "--config=configs/default.py")
    assert "work of one process, but this job has 4" in told


def test_fetch_needs_a_data_set_that_there_is(run):
    known = "there are sudoku_extreme, maze_hard, arc1, arc2, conceptarc"
    assert known in fails(run, "fetch")
    assert known in fails(run, "fetch", "sudoku-extreme")
