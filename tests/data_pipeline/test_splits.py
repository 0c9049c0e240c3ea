"""Splits share nothing: what files share is refused, what is left over validates."""

import functools

import numpy as np
import pytest

from data_pipeline import splits
from data_pipeline.puzzles import Puzzles
from data_pipeline.schema import BoardShape, UserError
from data_pipeline.sudoku import codec, disjoint, sudoku_csv, symmetries
from data_pipeline.sudoku.canonical import canonical_form
from data_pipeline.sudoku.generator import generate

SHAPE = BoardShape(2, 3)
PUZZLES = generate(SHAPE, 30, 12, 18, seed=1)


def names(puzzles, shape=SHAPE):
    pairs = zip(puzzles.inputs, puzzles.labels, strict=True)
    return {canonical_form(inputs, labels, shape) for inputs, labels in pairs}


@pytest.fixture
def write(tmp_path):
    """Writes rows of `PUZZLES` to a file, some of them under a random symmetry."""

    def write(name, rows, moved=()):
        rng = np.random.default_rng(5)
        lines = ["question,answer,rating"]
        for row in rows:
            boards = [PUZZLES.inputs[[row]], PUZZLES.labels[[row]]]
            if row in moved:
                moves = symmetries.random_symmetries(SHAPE, 1, rng)
                boards = [symmetries.apply(moves, board) for board in boards]
            texts = [codec.decode(board, SHAPE)[0] for board in boards]
            lines.append(",".join([*texts, "0"]))
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def read(files, train=0, validation=5, test=0):
    counts = {"train": train, "validation": validation, "test": test}
    reader = splits.Reader(
        sudoku_csv.kind(SHAPE),
        functools.partial(disjoint.shared, shape=SHAPE),
        functools.partial(sudoku_csv.require_one_solution, shape=SHAPE),
    )
    return splits.read(files, counts, reader, seed=0)


def test_rows_that_stand_twice_are_kept_and_told(write, capsys):
    train = write("train", [0, 1, 2, 1, 1])
    files = {"train": train, "test": write("test", range(10, 12))}
    assert len(read(files)["train"].rating) == 5
    assert capsys.readouterr().err == (
        f"{train}: 2 of 5 rows repeat the question of an earlier one, and are kept.\n"
    )


def test_three_files_make_three_splits(write):
    files = {
        "train": write("train", range(10)),
        "validation": write("validation", range(10, 20)),
        "test": write("test", range(20, 30)),
    }
    found = read(files)
    assert {name: len(s.rating) for name, s in found.items()} == {
        "train": 10,
        "validation": 5,
        "test": 10,
    }
    assert names(found["validation"]) < names(PUZZLES) - names(found["train"])


@pytest.mark.parametrize(
    ("one", "other"),
    [("train", "test"), ("train", "validation"), ("validation", "test")],
)
def test_a_symmetry_of_a_puzzle_in_another_file_is_refused(one, other, write):
    rows = {
        "train": [*range(10)],
        "validation": [*range(10, 15)],
        "test": [*range(15, 30)],
    }
    rows[other][3] = rows[one][2]
    files = {name: write(name, r) for name, r in rows.items()}
    files[other] = write(other, rows[other], moved=[rows[one][2]])
    complaint = f"{files[other]}, line 5, holds the puzzle of {files[one]}, line 4"
    with pytest.raises(UserError, match=complaint):
        read(files)


def test_rows_that_training_leaves_validate(write):
    files = {"train": write("train", range(20)), "test": write("test", range(20, 30))}
    found = read(files, train=12)
    assert len(found["validation"].rating) == 5
    assert not names(found["validation"]) & names(found["train"])
    assert names(found["validation"]) < names(PUZZLES)
    assert len(read(files, train=12, validation=99)["validation"].rating) == 8


def test_with_nothing_left_there_is_no_validation(write):
    files = {"train": write("train", range(20)), "test": write("test", range(20, 30))}
    assert read(files).keys() == {"train", "test"}
    assert read(files, train=20).keys() == {"train", "test"}
    assert read(files, train=12, validation=0).keys() == {"train", "test"}


def test_what_is_left_but_known_does_not_validate(write):
    """Each puzzle comes twice; training draws one of some, and both of others."""
    twice = write("train", [*range(10), *range(10)], moved=range(10))
    found = read({"train": twice, "test": write("test", range(20, 30))}, 10, 10)
    known, every = names(found["train"]), names(Puzzles(*(a[:10] for a in PUZZLES)))
    assert 0 < len(known) < 10
    assert names(found["validation"]) == every - known


def test_a_second_solution_is_named_wherever_it_is_read(write):
    files = {"train": write("train", range(20)), "test": write("test", range(20, 30))}
    for path in files.values():
        good = path.read_text()
        lines = good.splitlines()
        lines[4] = "." * 36 + lines[4][36:]
        path.write_text("\n".join(lines))
        with pytest.raises(UserError, match=f"{path}, line 5: .*more than one"):
            read(files)
        path.write_text(good)


FOUR = BoardShape(2, 2)


def generated(counts, blanks):
    return splits.generate(
        lambda count: generate(FOUR, count, *blanks, seed=0),
        functools.partial(disjoint.first_of_each, shape=FOUR),
        counts,
        "choose more blanks",
    )


def test_generated_splits_are_disjoint():
    """On 4x4, where chance alone makes the same puzzle again and again."""
    counts = {"train": 60, "test": 30, "validation": 20}
    parts = generated(counts, (4, 8))
    found = {name: names(s, FOUR) for name, s in parts.items()}
    assert {name: len(part) for name, part in found.items()} == counts
    assert len({name for part in found.values() for name in part}) == 110


def test_a_split_does_not_depend_on_those_after_it():
    """So that puzzles held out for validation change neither training nor test."""
    few = generated({"train": 40, "test": 20}, (4, 8))
    counts = {"train": 40, "test": 20, "validation": 60}
    more = generated(counts, (4, 8))
    assert few.keys() | {"validation"} == more.keys()
    for name, split in few.items():
        for array, other in zip(split, more[name], strict=True):
            np.testing.assert_array_equal(array, other)
    none = generated(counts | {"validation": 0}, (4, 8))
    assert none.keys() == few.keys()


def test_more_puzzles_than_there_are_is_an_error():
    """One blank: two grids of 4x4 have 32 such puzzles, most of them symmetric."""
    with pytest.raises(UserError, match=r"data.num_train \+ data.num_test = 60"):
        generated({"train": 40, "test": 20}, (1, 1))
