"""The page's maze is data_pipeline's: notation, shortest paths, judge, generator."""

import numpy as np
import pytest

from configs import default
from data_pipeline import datasets
from data_pipeline.maze import codec, paths
from data_pipeline.maze.generator import generate
from data_pipeline.maze.schema import GOAL, OPEN, PATH, START, WALL, MazeShape
from tests.hrm_jax.export.page import javascript, packed

SHAPE = MazeShape(7, 9)
TASK = packed.maze(7, 9)
IMPORT = 'import { Maze } from "./maze.mjs";\nconst maze = new Maze(given.task);\n'


def task():
    data = default.get_config().data
    data.update({"dataset": "generated_mazes", "maze_rows": 7, "maze_cols": 9})
    return datasets.boards(data, "solve")


@pytest.fixture(scope="module")
def mazes():
    return generate(SHAPE, 40, 8, (0.2, 0.5), seed=3)


def test_paths_and_notation(mazes):
    walled = mazes.inputs.copy()
    walled[np.arange(40), mazes.labels.argmax(1)] = WALL  # the first cell of the path
    inputs = np.concatenate([mazes.inputs, walled])
    script = IMPORT + (
        'import { distances } from "./flood.mjs";\n'
        "tell(given.boards.map((text) => {\n"
        "  const board = maze.encode(text);\n"
        "  const steps = distances(maze, (c) => board[c] > 1, board.indexOf(3));\n"
        "  const back = maze.decode(board) === text;\n"
        "  return [maze.length(board), [...steps], maze.contradiction(board), back];\n"
        "}));\n"
    )
    told = javascript.run(script, {"task": TASK, "boards": codec.decode(inputs)})
    judge = task()
    lengths, steps = paths.lengths(inputs, SHAPE), paths.distances(inputs, SHAPE)
    for one, board, length, far in zip(told, inputs, lengths, steps, strict=True):
        assert one == [int(length), far.tolist(), judge.contradiction(board), True]
    assert min(lengths) == 0 and max(lengths) > 8


def changed(mazes):
    """Answers of every kind: right ones, other shortest paths, and wrong ones."""
    rng = np.random.default_rng(2)
    yield from zip(mazes.inputs, mazes.labels, strict=True)
    turned = mazes.inputs.reshape(-1, 7, 9)[:, ::-1, ::-1].reshape(-1, 63)
    others = paths.label(turned, SHAPE).reshape(-1, 7, 9)[:, ::-1, ::-1]
    yield from zip(mazes.inputs, others.reshape(-1, 63), strict=True)
    for inputs, label in zip(mazes.inputs, mazes.labels, strict=True):
        for held, put in ((PATH, OPEN), (OPEN, PATH), (WALL, PATH), (GOAL, START)):
            answer = label.copy()
            answer[rng.choice(np.flatnonzero(answer == held))] = put
            yield inputs, answer
        everywhere = label.copy()
        everywhere[inputs == OPEN] = PATH
        yield inputs, everywhere


def detours(mazes):
    """Answers that lead around a cell of the label."""
    walled, cells = mazes.inputs.copy(), mazes.labels.argmax(1)
    rows = np.arange(len(cells))
    walled[rows, cells] = WALL
    kept = paths.lengths(walled, SHAPE) > 0
    around = paths.label(walled[kept], SHAPE)
    around[np.arange(len(around)), cells[kept]] = OPEN
    yield from zip(mazes.inputs[kept], around, strict=True)


def test_flaws_are_those_that_solve_tells(mazes):
    pairs = [*changed(mazes), *detours(mazes)]
    script = IMPORT + (
        "tell(given.pairs.map(([board, answer]) =>\n"
        "  [maze.flaw(board, answer), [...maze.wrongCells(board, answer)]]));\n"
    )
    given = {"task": TASK, "pairs": [[i.tolist(), a.tolist()] for i, a in pairs]}
    judge = task()
    flaws = set()
    for (flaw, wrong), (inputs, answer) in zip(
        javascript.run(script, given), pairs, strict=True
    ):
        assert flaw == judge.flaw(inputs, answer)
        assert bool(wrong) == (flaw is not None)
        # Where these cells are mended, the answer is right.
        mended = answer.copy()
        missing = (inputs[wrong] == OPEN) & (answer[wrong] == OPEN)
        mended[wrong] = np.where(missing, PATH, inputs[wrong])
        assert judge.flaw(inputs, mended) is None
        flaws.add(flaw and " ".join(flaw.split()[:3]))
    assert flaws == {
        *(None, "it changes the", "its path does", "it marks cells", "its path has")
    }


def test_a_gap_is_found_where_it_is(mazes):
    """Of the cells of a path, the one that is missing is wrong, and no other."""
    script = IMPORT + (
        "tell(given.pairs.map(([board, answer]) =>\n"
        "  [...maze.wrongCells(board, answer)]));\n"
    )
    pairs, gaps = [], []
    for inputs, label in zip(mazes.inputs, mazes.labels, strict=True):
        answer = label.copy()
        gaps.append(int(np.flatnonzero(label == PATH)[1]))
        answer[gaps[-1]] = OPEN
        pairs.append([inputs.tolist(), answer.tolist()])
    told = javascript.run(script, {"task": TASK, "pairs": pairs})
    assert told == [[gap] for gap in gaps]


@pytest.mark.parametrize(
    ("rows", "cols", "least", "walls"),
    [(6, 6, 8, (0.3, 0.5)), (5, 8, 10, (0.2, 0.4)), (20, 20, 50, (0.3, 0.5))],
)
def test_generated_mazes(rows, cols, least, walls):
    script = IMPORT + (
        'import { Random } from "./random.mjs";\n'
        "const made = [];\n"
        "for (const seed of [1, 1, 2, 3, 4]) {\n"
        "  const random = new Random(seed);\n"
        "  made.push([...(await maze.generate(given.difficulty, random))]);\n"
        "}\n"
        "tell(made);\n"
    )
    hard = {"min_path": least, "min_walls": walls[0], "max_walls": walls[1]}
    given = {"task": packed.maze(rows, cols), "difficulty": hard}
    made = np.array(javascript.run(script, given), np.int32)
    assert (paths.lengths(made, MazeShape(rows, cols)) >= least).all()
    for token in (START, GOAL):
        assert ((made == token).sum(1) == 1).all()
    assert np.array_equal(made[0], made[1])
    assert len(np.unique(made, axis=0)) == 4


def test_impossible_maze_is_refused():
    script = IMPORT + (
        "tell(given.boards.map((board) => maze.study(maze.encode(board)).refusal));\n"
    )
    blank = " " * 61
    boards = ["SG" + blank, "S " + blank, "SS" + blank, " " * 54 + "S" + " " * 8]
    cut = ("S" + " " * 8) + "#" * 9 + " " * 44 + "G"
    told = javascript.run(script, {"task": TASK, "boards": [*boards, cut]})
    assert told == [
        None,
        "This maze has no answer: it has 0 G instead of 1.",
        "This maze has no answer: it has 2 S instead of 1.",
        "This maze has no answer: it has 0 G instead of 1.",
        "This maze has no answer: no path leads from S to G.",
    ]
