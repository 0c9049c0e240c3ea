"""The page's Sudoku is data_pipeline's: notation, rules, solver, generator."""

import numpy as np
import pytest

from configs import default
from data_pipeline import datasets
from data_pipeline.schema import BoardShape
from data_pipeline.sudoku import codec, rules
from data_pipeline.sudoku.schema import BLANK
from data_pipeline.sudoku.solver import solve
from tests.data_pipeline.sudoku.boards import SHAPES, some_puzzles
from tests.hrm_jax.export.page import javascript, packed

NINE = BoardShape(3, 3)
IMPORT = 'import { Sudoku } from "./sudoku.mjs";\n'


def boards(shape):
    """Puzzles with one solution, with many, and with none or clashing clues."""
    rng = np.random.default_rng(0)
    puzzles = some_puzzles(shape).inputs
    thinned = np.where(rng.random(puzzles.shape) < 0.4, BLANK, puzzles)
    drawn = rng.integers(BLANK + 1, BLANK + 1 + shape.size, puzzles.shape)
    broken = np.where(rng.random(puzzles.shape) < 0.06, drawn, puzzles)
    return np.concatenate([puzzles, thinned, broken])


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: f"{s.box_rows}x{s.box_cols}")
def test_rules_and_solver(shape):
    tokens = boards(shape)
    script = IMPORT + (
        'import { solutions } from "./search.mjs";\n'
        "const sudoku = new Sudoku(given.task);\n"
        "tell(given.boards.map((board) => {\n"
        "  const found = solutions(sudoku, board);\n"
        "  return { ...found, answer: found.answer && [...found.answer],\n"
        "    conflict: sudoku.contradiction(board),\n"
        "    clashes: [...sudoku.clashes(board)].sort((a, b) => a - b) };\n"
        "}));\n"
    )
    task = packed.sudoku(shape)
    told = javascript.run(script, {"task": task, "boards": tokens.tolist()})
    found = solve(tokens, shape)
    assert [one["count"] for one in told] == found.count.tolist()
    assert set(found.count.tolist()) == {0, 1, 2}
    for one, board, answer, count, guesses in zip(
        told, tokens, found.answers, found.count, found.guesses, strict=True
    ):
        assert one["conflict"] == rules.conflict(board, shape)
        assert one["clashes"] == np.flatnonzero(rules.clashes(board, shape)).tolist()
        if count == 1:
            assert one["answer"] == answer.tolist()
            assert one["guesses"] == guesses


@pytest.mark.parametrize(
    ("shape", "least", "most"),
    [
        (BoardShape(2, 2), 4, 12),
        (BoardShape(2, 3), 16, 20),
        (NINE, 35, 44),
        (NINE, 53, 81),
        (BoardShape(4, 4), 100, 130),
    ],
    ids=["4x4", "6x6", "9x9", "9x9 few clues", "16x16"],
)
def test_generated_puzzles_have_one_solution(shape, least, most):
    script = IMPORT + (
        'import { Random } from "./random.mjs";\n'
        "const sudoku = new Sudoku(given.task);\n"
        "const made = [];\n"
        "for (const seed of [1, 1, 2, 3, 4, 5]) {\n"
        "  const random = new Random(seed);\n"
        "  made.push([...(await sudoku.generate(given.difficulty, random))]);\n"
        "}\n"
        "tell(made);\n"
    )
    hard = {"min_blanks": least, "max_blanks": most}
    told = javascript.run(script, {"task": packed.sudoku(shape), "difficulty": hard})
    made = np.array(told, np.int32)
    assert (solve(made, shape).count == 1).all()
    blanks = (made == BLANK).sum(1)
    assert (least <= blanks).all() and (blanks <= most).all()
    assert np.array_equal(made[0], made[1])
    assert len(np.unique(made, axis=0)) == 5


def test_puzzles_that_are_too_rare():
    script = IMPORT + (
        'import { Random } from "./random.mjs";\n'
        "const sudoku = new Sudoku(given);\n"
        "const hard = { min_blanks: 16, max_blanks: 16 };\n"
        "const said = sudoku.generate(hard, new Random(0)).catch((e) => e.message);\n"
        "tell(await said);\n"
    )
    told = javascript.run(script, packed.sudoku(BoardShape(2, 2)))
    assert told == "no puzzle with 16 blanks was found"


def test_notation():
    shape = BoardShape(2, 3)
    puzzles = codec.decode(some_puzzles(shape).inputs, shape)
    texts = [*puzzles, "0" * 36, "12\n34\n" + "." * 32, "1" * 35, "." * 30 + "7" * 6]
    script = IMPORT + (
        "const sudoku = new Sudoku(given.task);\n"
        "tell(given.texts.map((text) => {\n"
        "  try { const tokens = sudoku.encode(text);\n"
        "    return [[...tokens], sudoku.decode(tokens)];\n"
        "  } catch (error) { return error.message; }\n"
        "}));\n"
    )
    told = javascript.run(script, {"task": packed.sudoku(shape), "texts": texts})
    for text, one in zip(texts, told, strict=True):
        bare = "".join(text.split())
        try:
            tokens = codec.encode([bare], shape)
        except ValueError as error:
            assert one == str(error)
        else:
            assert one == [tokens[0].tolist(), codec.decode(tokens, shape)[0]]
    assert [type(one) for one in told[-2:]] == [str, str]


def test_flaws_are_those_that_solve_tells():
    puzzles = some_puzzles(NINE)
    rng = np.random.default_rng(1)
    answers = [*puzzles.labels[:4]]
    for inputs, label in zip(puzzles.inputs, puzzles.labels, strict=True):
        for cells in (inputs == BLANK, inputs > BLANK):
            answer = label.copy()
            answer[rng.choice(np.flatnonzero(cells))] = rng.integers(0, 11)
            answers.append(answer)
    inputs = [*puzzles.inputs[:4], *np.repeat(puzzles.inputs, 2, axis=0)]
    truth = [*puzzles.labels[:4], *np.repeat(puzzles.labels, 2, axis=0)]
    script = IMPORT + (
        "const sudoku = new Sudoku(given.task);\n"
        "tell(given.pairs.map(([board, answer]) => {\n"
        "  const { refusal, truth } = sudoku.study(board);\n"
        "  const wrong = [...sudoku.wrongCells(board, answer, truth)];\n"
        "  return [refusal, sudoku.flaw(board, answer), wrong];\n"
        "}));\n"
    )
    pairs = [[i.tolist(), a.tolist()] for i, a in zip(inputs, answers, strict=True)]
    given = {"task": packed.sudoku(NINE), "pairs": pairs}
    task = datasets.boards(default.get_config().data, "solve")
    flawed = 0
    for told, board, answer, right in zip(
        javascript.run(script, given), inputs, answers, truth, strict=True
    ):
        wrong = np.flatnonzero(answer != right).tolist()
        assert told == [None, task.flaw(board, answer), wrong]
        flawed += told[1] is not None
    assert 20 < flawed <= 40


@pytest.mark.parametrize(
    ("board", "complaint"),
    [
        ("55" + "." * 79, "This has no solution: row 1 holds 5 twice."),
        (
            "." * 81,
            "This has more than one solution, so there is no right answer: add a",
        ),
        # Row 1 needs its 9 where column 9 has one.
        (
            "12345678." + "." * 17 + "9" + "." * 54,
            "This has no solution, though no digit",
        ),
        (
            "123456789456789123789123456231564897564897231897231564312645978645978312"
            "978312645",
            "There is nothing to solve: no cell is blank.",
        ),
    ],
    ids=["clash", "many", "none", "full"],
)
def test_impossible_puzzle_is_refused(board, complaint):
    script = IMPORT + (
        "const sudoku = new Sudoku(given.task);\n"
        "tell(sudoku.study(sudoku.encode(given.board)).refusal);\n"
    )
    given = {"task": packed.sudoku(NINE), "board": board}
    assert javascript.run(script, given).startswith(complaint)
