"""Names up to symmetry, held against known numbers of grids and the whole group."""

import csv
import itertools

import numpy as np
import pytest
from hypothesis import given, settings

from data_pipeline.puzzles import Puzzles
from data_pipeline.schema import BoardShape
from data_pipeline.sudoku import codec, disjoint, symmetries
from data_pipeline.sudoku.canonical import canonical_form
from data_pipeline.sudoku.generator import random_boards
from data_pipeline.sudoku.schema import BLANK
from tests.data_pipeline.sudoku.boards import SHAPES, all_solutions, seeds, some_puzzles

FOUR, SIX, NINE = BoardShape(2, 2), BoardShape(2, 3), BoardShape(3, 3)
# The one 9x9 grid that 648 symmetries leave as it is, the most there are: no choice of
# a first row and of the order of columns is better than many others.
MOST_SYMMETRIC = (
    "123456789456789123789123456231564897564897231897231564312645978645978312978312645"
)


def names(inputs, labels, shape):
    pairs = zip(inputs, labels, strict=True)
    return [canonical_form(puzzle, solution, shape) for puzzle, solution in pairs]


def blanked(boards, rng, share=0.5):
    return np.where(rng.random(boards.shape) < share, BLANK, boards)


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=5, deadline=None)
@given(seed=seeds)
def test_symmetric_puzzles_share_a_name(shape, seed):
    rng = np.random.default_rng(seed)
    labels = random_boards(shape, 4, rng)
    if shape == NINE:
        labels[0] = codec.encode([MOST_SYMMETRIC], shape)
    inputs = blanked(labels, rng, rng.random())
    moves = symmetries.random_symmetries(shape, 4, rng)
    moved = [symmetries.apply(moves, tokens) for tokens in (inputs, labels)]
    assert names(*moved, shape) == names(inputs, labels, shape)


@pytest.mark.parametrize("shape", SHAPES)
def test_clues_count_too(shape):
    rng = np.random.default_rng(0)
    labels = random_boards(shape, 8, rng)
    fewer = blanked(labels, rng)
    fewer[:, 0] = BLANK
    more = fewer.copy()
    more[:, 0] = labels[:, 0]
    pairs = zip(names(fewer, labels, shape), names(more, labels, shape), strict=True)
    assert all(name != other for name, other in pairs)


def test_there_are_two_essentially_different_grids_of_4x4():
    """Of 288, as published (https://oeis.org/A107739, https://oeis.org/A109741)."""
    grids = np.array(all_solutions(np.full(16, BLANK), FOUR))
    assert len(grids) == 288
    assert len(set(names(grids, grids, FOUR))) == 2


@pytest.fixture(scope="module")
def grids_of_6x6():
    """All grids with boxes of 2x3, less what is plainly symmetric.

    Renaming digits makes the first row 1 to 6; moving the columns of the second stack,
    and renaming again, makes the second row begin with 4; the rows of the other bands,
    and these bands, are sorted by their first column.
    """
    grids = []
    for column in itertools.permutations((2, 3, 5, 6)):
        if column[0] < column[1] and column[2] < column[3] and column[0] < column[2]:
            board = np.full((6, 6), BLANK)
            board[0] = BLANK + np.arange(1, 7)
            board[1:, 0] = BLANK + np.array([4, *column])
            grids += all_solutions(board.ravel(), SIX)
    return np.array(grids)


def test_there_are_49_essentially_different_grids_of_6x6(grids_of_6x6):
    """Of 28,200,960 (K. F. Pettersen): E. Russell and F. Jarvis, "There are 49
    essentially different Sudoku 2x3 grids", by the 3,456 moves of cells without a
    transposition, and by renaming digits."""
    assert len(grids_of_6x6) * 720 * 3 * 2**3 == 28_200_960
    assert len(set(names(grids_of_6x6, grids_of_6x6, SIX))) == 49
    turned = grids_of_6x6.reshape(-1, 6, 6).swapaxes(1, 2).reshape(-1, 36)
    assert len(set(names(turned, turned, BoardShape(3, 2)))) == 49


def test_names_divide_puzzles_as_the_whole_group_does():
    """Puzzles of 4x4, of which all 128 moves of cells can be tried."""
    lines = [
        order
        for order in itertools.permutations(range(4))
        if set(order[:2]) in ({0, 1}, {2, 3})
    ]
    cells = np.arange(16).reshape(4, 4)
    moves = [
        turned[np.ix_(rows, columns)].ravel()
        for turned in (cells, cells.T)
        for rows in lines
        for columns in lines
    ]
    assert len({tuple(move) for move in moves}) == 128

    def slow_name(puzzle, solution):
        images = []
        for move in moves:
            new: dict[int, int] = {}  # digits, numbered as they come
            image = [new.setdefault(digit, len(new)) for digit in solution[move]]
            images.append((image, (puzzle[move] == BLANK).tolist()))
        return str(min(images))

    rng = np.random.default_rng(1)
    labels = random_boards(FOUR, 200, rng)
    inputs = blanked(labels, rng, 0.8)
    slow = [slow_name(*puzzle) for puzzle in zip(inputs, labels, strict=True)]
    pairs = set(zip(slow, names(inputs, labels, FOUR), strict=True))
    assert 50 < len(set(slow)) < 200
    assert len(pairs) == len(set(slow)) == len({name for _, name in pairs})


def test_copies_are_found_among_others():
    """Symmetric ones, by their names, and none besides."""
    rng = np.random.default_rng(2)
    for shape in SHAPES[1:]:
        puzzles = some_puzzles(shape)
        moves = symmetries.random_symmetries(shape, 20, rng)
        copies = [symmetries.apply(moves, tokens) for tokens in puzzles[:2]]
        pairs = zip(puzzles, [*copies, puzzles.rating], strict=True)
        both = Puzzles(*(np.concatenate(pair) for pair in pairs))
        distinct = list(dict.fromkeys(names(both.inputs, both.labels, shape)))
        kept = disjoint.first_of_each(both, shape)
        assert kept.max() < 20
        kept_names = names(both.inputs[kept], both.labels[kept], shape)
        assert kept_names == distinct


def test_what_two_sets_share_is_found():
    """Copies under a symmetry, and no puzzle that only looks alike."""
    rng = np.random.default_rng(3)
    for shape in SHAPES[1:]:
        puzzles = some_puzzles(shape)
        moves = symmetries.random_symmetries(shape, 20, rng)
        moved = [symmetries.apply(moves, tokens) for tokens in puzzles[:2]]
        clues = moved[0][::2]
        first = np.argmax(clues != BLANK, axis=1)
        clues[np.arange(10), first] = BLANK  # every other copy lacks a clue
        others = Puzzles(*moved, puzzles.rating)
        found = list(disjoint.shared(puzzles, others, shape))
        ours = names(puzzles.inputs, puzzles.labels, shape)
        theirs = names(others.inputs, others.labels, shape)
        assert [other for _, other in found] == [
            row for row, name in enumerate(theirs) if name in ours
        ]
        assert {other for _, other in found} >= set(range(1, 20, 2))
        assert all(ours[row] == theirs[other] for row, other in found)
        none = Puzzles(*(array[:0] for array in puzzles))
        assert not list(disjoint.shared(none, others, shape))
        assert not list(disjoint.shared(puzzles, none, shape))


def test_the_published_splits_share_no_puzzle(shared_data):
    """Nor does any puzzle come twice: 12,016 that are said to be different."""
    columns = {"question": [], "answer": []}
    for file in ("train", "valid_from_train_1k", "test_dev"):
        with (shared_data / "sudoku" / f"{file}.csv").open(newline="") as opened:
            for row in csv.DictReader(opened):
                for name, boards in columns.items():
                    boards.append(row[name])
    inputs, labels = (codec.encode(boards, NINE) for boards in columns.values())
    puzzles = Puzzles(inputs, labels, np.zeros(len(inputs), np.int32))
    assert len(puzzles.rating) == 12_016
    assert len(disjoint.first_of_each(puzzles, NINE)) == 12_016
