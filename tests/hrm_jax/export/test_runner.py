"""The runner that ships in a package: its answers, boards, and damaged packages."""

import ast
import json
import os
import pathlib
import signal
import subprocess
import sys

import jax
import numpy as np
import onnx
import pytest

from data_pipeline.schema import Batch
from hrm_jax import inference
from hrm_jax.export import package, runner
from hrm_jax.export.graphs import saturation_probe
from hrm_jax.halting import HaltingConfig
from tests.hrm_jax.export import packages
from tests.hrm_jax.export.graphs import sessions
from tests.hrm_jax.models import small
from tests.tolerances import assert_close

BOARDS = [
    "1...............",
    "12..34...1......",
    "................",
    "..2........3....",
]
answer_until_halted = jax.jit(
    inference.answer_until_halted, static_argnums=(0, 1), static_argnames=("slots",)
)


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages") / "sudoku"
    return folder, packages.write(folder)


@pytest.fixture
def copy(packed, tmp_path) -> pathlib.Path:
    """A package to be damaged."""
    for path in packed[0].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def examples(count: int) -> np.ndarray:
    shape = count, packages.MODEL.seq_len
    return np.random.default_rng(0).integers(1, 6, shape).astype(np.int32)


@pytest.mark.parametrize("rows", [1, 3, 64])
def test_answers_are_those_of_jax(packed, rows):
    folder, variables = packed
    tokens = examples(20)
    halting = HaltingConfig(exploration_prob=0.0, residual=0.0, **packages.HALTING)
    table = np.linspace(-1, 1, packages.MODEL.puzzle_width, dtype=np.float32)[None]
    batch = Batch(tokens, tokens, np.zeros(len(tokens), np.int32))
    want = answer_until_halted(
        packages.MODEL, halting, variables, table, batch, slots=20
    )
    answers, segments, confidence = runner.Runner(folder, 1, rows).answer(tokens)
    np.testing.assert_array_equal(segments, want.segments)
    np.testing.assert_array_equal(answers, want.tokens)
    assert_close(confidence, want.halt_probability, "segment")
    assert len(set(segments.tolist())) > 3


def test_no_row_works_in_vain(packed, monkeypatch):
    """A row that halts makes room at once, until there are no more."""
    solver, worked = runner.Runner(packed[0], 1, rows=4), []
    segment = solver._segment

    def counted(tokens, *latents):
        worked.append(len(tokens))
        return segment(tokens, *latents)

    monkeypatch.setattr(solver, "_segment", counted)
    _, segments, _ = solver.answer(examples(20))
    assert sum(worked) == segments.sum()
    assert set(worked[: -packages.HALTING["max_segments"]]) == {4}


def test_trace_is_every_segment(packed):
    folder, variables = packed
    config, tokens = packages.MODEL, examples(3)
    thoughts = list(runner.Runner(folder, 1).trace(tokens, segments=4))
    assert len(thoughts) == 4
    table = np.linspace(-1, 1, config.puzzle_width, dtype=np.float32)
    latents = small.reasoner.initial_latents(config, variables, 3)
    for thought in thoughts:
        latents, out = small.run_segment(
            config, variables, latents, tokens, np.stack([table] * 3)
        )
        assert_close(thought.logits, out.logits, "segment")
        assert_close(thought.q_halt, out.q_halt_logit, "segment")
        assert_close(thought.q_continue, out.q_continue_logit, "segment")
        assert_close(thought.z_h, latents.z_h, "segment")
        assert_close(thought.z_l, latents.z_l, "segment")


def test_solves_boards(packed):
    solver = runner.Runner(packed[0], 1)
    tokens = np.stack([solver.boards.read(board) for board in BOARDS])
    answers, segments, _ = solver.answer(tokens)
    solved = solver.solve(BOARDS)
    assert [answer.puzzle for answer in solved] == BOARDS
    assert [answer.segments for answer in solved] == segments.tolist()
    assert [answer.solution for answer in solved] == list(
        map(solver.boards.write, answers)
    )
    assert all(answer.problem for answer in solved)  # it has learned nothing
    assert solver.solve([]) == []


@pytest.mark.parametrize("threads", [-1, 100_000])
def test_threads_beyond_reason_are_refused(threads, packed):
    with pytest.raises(runner.PackageError, match=f"--threads is {threads}, but it"):
        runner.Runner(packed[0], threads)


def test_imports_nothing_of_ours():
    tree = ast.parse(pathlib.Path(runner.__file__).read_text())
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    names = {getattr(n, "module", None) or n.names[0].name for n in nodes}
    tops = {name.partition(".")[0] for name in names}
    assert tops - sys.stdlib_module_names == {"numpy", "onnxruntime"}


def run(folder: pathlib.Path, *arguments: str, given: str = ""):
    """In a process that knows nothing of the project."""
    home = os.path.dirname(os.path.dirname(np.__file__))
    return subprocess.run(
        [sys.executable, "-S", folder / "run.py", "--threads=1", *arguments],
        input=given,
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PYTHONPATH": home},
    )


def test_runs_by_itself(packed, tmp_path):
    folder = packed[0]
    file = tmp_path / "boards.txt"
    file.write_text("# boards\n\n" + BOARDS[1] + "\n2222............\n")
    done = run(folder, BOARDS[0], "12", "--file", str(file), "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["puzzle"] for record in records] == BOARDS[:2]
    assert records[1]["source"] == f"{file}, line 3,"
    assert done.stderr.splitlines() == [
        "argument 2 has 2 characters instead of 16.",
        f"{file}, line 4, has no solution: row 1 holds 2 twice.",
    ]
    assert done.returncode == 2


def test_help_and_flags_are_of_puzzles(packed):
    done = run(packed[0], "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "boards, row by row" in done.stdout and "--threads" in done.stdout
    done = run(packed[0], "--temperature=1", BOARDS[0])
    assert (done.returncode, done.stdout) == (2, "")
    assert "unrecognized arguments: --temperature=1" in done.stderr


def test_reads_a_pipe(packed):
    done = run(packed[0], given="\n".join(BOARDS))
    assert done.returncode == 0 and not done.stderr
    expected = runner.Runner(packed[0], 1).solve(BOARDS)
    for line, answer in zip(done.stdout.splitlines(), expected, strict=True):
        assert line.startswith(f"{answer.puzzle} -> {answer.solution}  ")
        assert f"{answer.segments} segments" in line and "WRONG" in line
    assert "There is no puzzle" in run(packed[0]).stderr


def test_a_pipe_of_no_text_is_one_sentence(packed, tmp_path):
    (tmp_path / "pipe").write_bytes(b"\xff\xfe\n")
    with (tmp_path / "pipe").open("rb") as given:
        done = subprocess.run(
            [sys.executable, packed[0] / "run.py"],
            stdin=given,
            capture_output=True,
            text=True,
            env={"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8:strict"},
        )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("standard input cannot be read ('utf-8'")


def test_a_reader_that_leaves_is_no_error(packed):
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen(
        [sys.executable, packed[0] / "run.py", BOARDS[0]],
        stdout=writer,
        stderr=subprocess.PIPE,
    )
    os.close(writer)
    _, told = process.communicate(timeout=120)
    assert (process.returncode, told) == (-signal.SIGPIPE, b"")


SUDOKUS = [
    ("1" * 15, "has 15 characters instead of 16"),
    ("1" * 17, "has 17 characters instead of 16"),
    ("....5...........", "holds '5' at row 2, column 1, not one of '.01234'"),
    ("1..............1", None),
    ("1..1............", "has no solution: row 1 holds 1 twice"),
    ("4...........4...", "has no solution: column 1 holds 4 twice"),
    ("3....3..........", "has no solution: box 1 holds 3 twice"),
    ("1234341221434321", None),
]
MAZES = [
    ("S  G            ", None),
    ("S   ########   G", "has no solution: no path leads from S to G"),
    ("S###" * 2 + "   G" + "    ", "has no solution: it has 2 S instead of 1"),
    ("S#              ", "has no solution: it has 0 G instead of 1"),
    ("S# #  ##    ## G", None),
    ("x# #  ##    ## G", "holds 'x' at row 1, column 1, not one of '# SGo'"),
]


@pytest.mark.parametrize(
    "task, board, told",
    [(packages.SUDOKU, *case) for case in SUDOKUS]
    + [(packages.MAZE, *case) for case in MAZES],
)
def test_boards_that_are_none(task, board, told):
    boards = runner.Boards(task)
    if told is None:
        assert boards.write(boards.read(board)) == board.replace("0", ".")
        return
    with pytest.raises(runner.BoardError) as raised:
        boards.read(board)
    assert str(raised.value) == told


@pytest.mark.parametrize(
    "task, puzzle, solution, told",
    [
        (packages.SUDOKU, "12..............", "1234341221434321", None),
        (
            packages.SUDOKU,
            "2...............",
            "1234341221434321",
            "it changes row 1",
        ),
        (packages.SUDOKU, "................", "123434122143432.", "it has blanks"),
        (packages.SUDOKU, "................", "1234341221434322", "row 4 holds 2 twi"),
        (packages.MAZE, "S  G            ", "SooG            ", None),
        (packages.MAZE, "S  G            ", "S  Goooo        ", "its path is not"),
        (packages.MAZE, "S  G            ", "S  Go  ooooo    ", "its path is not"),
        (packages.MAZE, "S# G            ", "SooG            ", "it changes row 1"),
    ],
)
def test_solutions_that_are_none(task, puzzle, solution, told):
    boards = runner.Boards(task)
    tokens = [boards._tokens[character] for character in solution]
    problem = boards.problem(boards.read(puzzle), np.array(tokens))
    assert problem is None if told is None else problem.startswith(told)


def test_lines_of_files():
    sudoku, maze = runner.Boards(packages.SUDOKU), runner.Boards(packages.MAZE)
    assert sudoku.clean("# a comment\n") == ""
    assert sudoku.clean(" 12.. 3...\n") == "12..3..."
    assert maze.clean("# S  G  \r\n") == "# S  G  "


def refusal(folder: pathlib.Path) -> str:
    with pytest.raises(runner.PackageError) as raised:
        runner.Runner(folder, 1)
    told = str(raised.value)
    assert told.endswith(".") and "\n" not in told
    done = run(folder, BOARDS[0])
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told + "\n")
    return told


def test_a_package_that_is_none(tmp_path):
    with pytest.raises(runner.PackageError, match="package.json cannot be read"):
        runner.Runner(tmp_path)


def test_damaged_packages(copy):
    whole = packages.manifest(copy)
    graph = copy / "segment.onnx"
    content = graph.read_bytes()

    graph.write_bytes(content[:-1] + b"x")
    assert "segment.onnx is not what was packed" in refusal(copy)
    graph.unlink()
    assert "segment.onnx cannot be read (No such file" in refusal(copy)
    whole["task"]["rows"] = "4"
    (copy / "package.json").write_text(json.dumps(whole))
    assert "package.json is damaged" in refusal(copy)
    whole["task"]["rows"] = 4
    (copy / "package.json").write_text('{"package": 1')
    assert "package.json is damaged" in refusal(copy)
    (copy / "package.json").write_text(json.dumps(whole | {"package": 2}))
    assert "is of version 2, but this runner reads 1" in refusal(copy)
    package.seal(copy, whole)
    assert "has no segment.onnx" in refusal(copy)


def test_another_opset(copy):
    """A graph that only an onnxruntime of the future runs."""
    model = onnx.load(copy / "segment.onnx")
    model.opset_import[0].version = 99
    onnx.save(model, copy / "segment.onnx")
    manifest = packages.manifest(copy)
    manifest["onnx"] |= {"opset": 99, "onnxruntime": "9.9.9"}
    package.seal(copy, manifest)
    told = refusal(copy)
    assert "of opset 99, does not run under onnxruntime" in told
    assert "was made with 9.9.9" in told


def test_without_onnxruntime(packed, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(runner.PackageError, match="onnxruntime is not installed"):
        runner.Runner(packed[0])


@pytest.mark.parametrize("off", [0, 1])
def test_a_processor_that_adds_whole_numbers_wrongly_is_told(off, copy):
    """Of one that does not, the graph here asks for another sum."""
    model = saturation_probe.model()
    (right,) = (
        one
        for one in model.graph.initializer
        if one.data_type == onnx.TensorProto.INT32
    )
    wanted = onnx.numpy_helper.to_array(right) + np.int32(off)
    right.CopyFrom(onnx.numpy_helper.from_array(wanted, right.name))
    onnx.save(model, copy / saturation_probe.FILE)
    package.seal(copy, packages.manifest(copy))
    told = run(copy, BOARDS[0]).stderr
    assert told.startswith("Answers may be wrong: ") == bool(
        off or sessions.overflows()
    )
