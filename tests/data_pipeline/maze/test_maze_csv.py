"""The CSV of Maze-Hard: real rows are read, each way to spoil one is named."""

import numpy as np
import pytest

from data_pipeline import csv_table
from data_pipeline.maze import codec, maze_csv
from data_pipeline.maze.schema import MazeShape
from data_pipeline.schema import UserError
from tests.data_pipeline.maze.mazes import FILES, HARD, SEVEN, published, some_mazes

HEAD = "source,question,answer,rating"


def write(path, rows):
    path.write_text("\n".join([HEAD, *(",".join(row) for row in rows)]) + "\n")
    return path


@pytest.mark.parametrize("file", FILES)
def test_the_real_files_are_sound(file, shared_data):
    table = csv_table.read(shared_data / "maze" / file, maze_csv.kind(HARD))
    assert table.lines.tolist() == list(range(2, FILES[file] + 2))
    for ours, theirs in zip(table.puzzles, published(shared_data, file), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_draw_is_a_part_and_what_is_spare_is_another(tmp_path):
    mazes = some_mazes()
    questions, answers = codec.decode(mazes.inputs), codec.decode(mazes.labels)
    rows = [["", q, a, "9"] for q, a in zip(questions, answers, strict=True)]
    path = write(tmp_path / "a.csv", rows)
    drawn, spare = csv_table.read_with_spare(path, maze_csv.kind(SEVEN), 8, 5, seed=1)
    alone = csv_table.read(path, maze_csv.kind(SEVEN), 8, seed=1)
    np.testing.assert_array_equal(drawn.puzzles.inputs, alone.puzzles.inputs)
    assert len(spare.lines) == 5 and not {*spare.lines} & {*drawn.lines}
    for table in (drawn, spare):
        chosen = mazes.labels[table.lines - 2]
        np.testing.assert_array_equal(table.puzzles.labels, chosen)


SOUND = ("S  " + " # " + "  G", "Soo" + " #o" + "  G")


@pytest.mark.parametrize(
    ("question", "answer", "complaint"),
    [
        (SOUND[0][:-1], SOUND[1], "question has 8 characters instead of 9"),
        (SOUND[0], SOUND[1] + " ", "answer has 10 characters instead of 9"),
        ("S x # " + "  G", SOUND[1], "question holds 'x' at row 1, column 3"),
        (SOUND[0], "Soo #." + "  G", "answer holds '.' at row 2, column 3"),
        (SOUND[0].replace("S", " "), SOUND[1], "question has 0 S instead of 1"),
        (SOUND[0].replace("#", "S"), SOUND[1], "question has 2 S instead of 1"),
        (SOUND[0].replace("G", "#"), SOUND[1], "question has 0 G instead of 1"),
        (SOUND[0].replace("#", "G"), SOUND[1], "question has 2 G instead of 1"),
        (SOUND[1], SOUND[1], "question has a path already"),
        (SOUND[0], SOUND[1].replace("#", " "), "answer changes the maze"),
        (SOUND[0], SOUND[1].replace("#", "o"), "answer changes the maze"),
        (SOUND[0], SOUND[1].replace("G", "o"), "answer changes the maze"),
        ("S  " + "###" + "  G", "S  " + "###" + "  G", "no path leads from S to G"),
        (SOUND[0], SOUND[0], "answer's path does not lead from S to G"),
        (SOUND[0], "So " + " #o" + "  G", "answer's path does not lead"),
        ("S G" + "   ", "S G" + "ooo", "path has 5 cells, but the shortest has 3"),
        (SOUND[0], "Soo" + "o#o" + "  G", "answer marks cells beside its path"),
    ],
)
def test_a_spoiled_row_is_named_with_its_line(question, answer, complaint, tmp_path):
    shape = MazeShape(2, 3) if len(question) == 6 else MazeShape(3, 3)
    sound = ("SoG###"[: shape.cells]) if shape.rows == 2 else SOUND[1]
    rows = [["", sound.replace("o", " "), sound, "5"]] * 5
    path = write(tmp_path / "bad.csv", [*rows, ["", question, answer, "5"], *rows])
    with pytest.raises(UserError, match=f"bad.csv, line 7: .*{complaint}"):
        csv_table.read(path, maze_csv.kind(shape))


def test_files_that_are_no_tables_are_named(tmp_path):
    with pytest.raises(UserError, match="There is no file"):
        csv_table.read(tmp_path / "none.csv", maze_csv.kind(HARD))
    (tmp_path / "bad.csv").write_text(HEAD + "\na,b,c,long\n")
    with pytest.raises(UserError, match="line 2: the rating is 'long'"):
        csv_table.read(tmp_path / "bad.csv", maze_csv.kind(HARD))
