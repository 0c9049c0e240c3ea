"""The CSV of Sudoku-Extreme: real rows are read, each way to spoil one is named."""

import csv

import numpy as np
import pytest

from data_pipeline import csv_table
from data_pipeline.schema import BoardShape, UserError
from data_pipeline.sudoku import codec, sudoku_csv
from tests.data_pipeline.sudoku.boards import some_puzzles

SHAPE = BoardShape(2, 2)
KIND = sudoku_csv.kind(SHAPE)
HEAD = "source,question,answer,rating"


@pytest.fixture
def rows():
    puzzles = some_puzzles(SHAPE)
    questions = codec.decode(puzzles.inputs, SHAPE)
    answers = codec.decode(puzzles.labels, SHAPE)
    return [["here", q, a, "3"] for q, a in zip(questions, answers, strict=True)]


def write(path, rows, head=HEAD):
    path.write_text("\n".join([head, *(",".join(row) for row in rows)]) + "\n")
    return path


def test_rows_come_back(rows, tmp_path):
    table = csv_table.read(write(tmp_path / "a.csv", rows), KIND)
    assert table.lines.tolist() == list(range(2, 22))
    puzzles = table.puzzles
    np.testing.assert_array_equal(puzzles.inputs, some_puzzles(SHAPE).inputs)
    np.testing.assert_array_equal(puzzles.labels, some_puzzles(SHAPE).labels)
    assert (puzzles.rating == 3).all()


def test_a_byte_order_mark_is_no_part_of_the_head(rows, tmp_path):
    head = f"\ufeff{HEAD.removeprefix('source,')}"
    path = write(tmp_path / "a.csv", [row[1:] for row in rows], head)
    assert len(csv_table.read(path, KIND).lines) == len(rows)


def test_a_draw_is_a_part_and_depends_on_the_seed_alone(rows, tmp_path):
    path = write(tmp_path / "a.csv", rows)
    whole = csv_table.read(path, KIND).puzzles
    part, same, other = (
        csv_table.read(path, KIND, 8, seed).puzzles for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(part.inputs, same.inputs)
    assert (part.inputs != other.inputs).any()
    assert {*map(bytes, part.inputs)} <= {*map(bytes, whole.inputs)}
    assert len({*map(bytes, part.inputs)}) == 8
    with pytest.raises(UserError, match="fewer than the 99"):
        csv_table.read(path, KIND, 99, 0)


def test_what_is_spare_is_drawn_from_the_rest(rows, tmp_path):
    path = write(tmp_path / "a.csv", rows)
    drawn, spare = csv_table.read_with_spare(path, KIND, 8, 5, seed=1)
    alone = csv_table.read(path, KIND, 8, seed=1)
    np.testing.assert_array_equal(drawn.lines, alone.lines)
    assert len(spare.lines) == 5 and not {*spare.lines} & {*drawn.lines}
    whole = some_puzzles(SHAPE)
    for table in (drawn, spare):
        np.testing.assert_array_equal(
            table.puzzles.inputs, whole.inputs[table.lines - 2]
        )
        np.testing.assert_array_equal(
            table.puzzles.labels, whole.labels[table.lines - 2]
        )
    _, rest = csv_table.read_with_spare(path, KIND, 18, 5, seed=1)
    _, nothing = csv_table.read_with_spare(path, KIND, 0, 5, seed=1)
    assert (len(rest.lines), len(nothing.lines)) == (2, 0)


def test_lines_are_those_of_the_file(rows, tmp_path):
    """Whatever lines are blank, or belong to a cell that holds several."""
    path = tmp_path / "a.csv"
    body = [",".join(row) for row in rows[:3]]
    path.write_text(
        "\n".join([HEAD, "", body[0], "", '"two\nlines"' + body[1][4:], body[2]])
    )
    assert csv_table.read(path, KIND).lines.tolist() == [3, 6, 7]


def test_rows_that_are_not_drawn_are_counted_only(rows, tmp_path):
    """What is read of them, and proved, would be thrown away."""
    path = write(tmp_path / "a.csv", rows)
    drawn = csv_table.read(path, KIND, 8, seed=1)
    others = set(range(2, 22)) - {*drawn.lines.tolist()}
    for line in others:
        rows[line - 2] = ["here", "nonsense", "nonsense", "nonsense"]
    again = csv_table.read(write(path, rows), KIND, 8, seed=1)
    np.testing.assert_array_equal(drawn.puzzles.inputs, again.puzzles.inputs)


def test_the_real_file_is_sound(shared_data):
    path = shared_data / "sudoku" / "valid_from_train_1k.csv"
    table = csv_table.read(path, sudoku_csv.kind(BoardShape(3, 3)))
    sudoku_csv.require_one_solution(table, BoardShape(3, 3))
    with path.open(newline="") as file:
        ratings = [int(row["rating"]) for row in csv.DictReader(file)]
    assert table.puzzles.rating.tolist() == ratings


def spoil(rows, column, value):
    row = rows[5].copy()
    row[column] = value
    return [*rows[:5], row, *rows[6:]]


def other_digit(board, cell):
    digit = next(d for d in "1234" if d != board[cell])
    return board[:cell] + digit + board[cell + 1 :]


@pytest.mark.parametrize(
    ("column", "change", "complaint"),
    [
        (1, lambda q: q[:-1], "question has 15 characters instead of 16"),
        (1, lambda q: "5" + q[1:], "question holds '5' at row 1, column 1"),
        (1, lambda q: "44" + q[2:], "question's row 1 holds 4 twice"),
        (1, lambda q: "." * 16, "more than one solution"),
        (2, lambda a: a + "1", "answer has 17 characters"),
        (2, lambda a: "." + a[1:], "answer has a blank"),
        (2, lambda a: other_digit(a, 0), "answer's row 1 holds . twice"),
        (2, lambda a: a.translate(str.maketrans("1234", "2143")), "changes a digit"),
        (3, lambda r: "hard", "rating is 'hard'"),
        (3, lambda r: "-1", "rating is '-1'"),
        (3, lambda r: "9999999999", "rating is '9999999999'"),
    ],
)
def test_a_spoiled_row_is_named_with_its_line(
    column, change, complaint, rows, tmp_path
):
    spoiled = spoil(rows, column, change(rows[5][column]))
    path = write(tmp_path / "bad.csv", spoiled)
    with pytest.raises(UserError, match=f"bad.csv, line 7: .*{complaint}"):
        sudoku_csv.require_one_solution(csv_table.read(path, KIND), SHAPE)


def test_the_proof_reaches_beyond_its_first_block(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(sudoku_csv, "_PROVED_AT_ONCE", 3)
    path = write(tmp_path / "bad.csv", spoil(rows, 1, "." * 16))
    with pytest.raises(UserError, match="bad.csv, line 7: .*more than one solution"):
        sudoku_csv.require_one_solution(csv_table.read(path, KIND), SHAPE)


def test_files_that_are_no_tables_are_named(rows, tmp_path):
    path = tmp_path / "bad.csv"
    for content, complaint in [
        (b"", "line 1: the column 'question' is missing"),
        (b"question,answer\n", "line 1: the column 'rating' is missing"),
        (HEAD.encode(), "holds no puzzles"),
        (HEAD.encode() + b"\nhere,1\n", "line 2: the row is cut short"),
        (HEAD.encode() + b"\nhere,\xff,1,1\n", "not UTF-8"),
    ]:
        path.write_bytes(content)
        with pytest.raises(UserError, match=f"bad.csv.*{complaint}"):
            csv_table.read(path, KIND)
    with pytest.raises(UserError, match="There is no file"):
        csv_table.read(tmp_path / "none.csv", KIND)
    with pytest.raises(UserError, match="cannot be read"):
        csv_table.read(tmp_path, KIND)
