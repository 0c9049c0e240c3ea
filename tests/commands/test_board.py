"""The board in the terminal: what is drawn, and what is marked."""

import numpy as np
import pytest

from commands import board
from data_pipeline.schema import BoardShape
from data_pipeline.sudoku import codec

SHAPE = BoardShape(2, 2)
PUZZLE = "1" + "." * 15
SOLUTION = "1234341221434321"


def marked(puzzle: str, solution: str) -> dict[str, list[int]]:
    """The cells that have each style, by its colour."""
    tokens = codec.encode([puzzle, solution], SHAPE)
    text = board.sudoku(*tokens, SHAPE)
    places = [i for i, sign in enumerate(text.plain) if sign in "1234."]
    found: dict[str, list[int]] = {"red": [], "green": []}
    for span in text.spans:
        for colour, cells in found.items():
            if colour in str(span.style):
                cells.append(places.index(span.start))
    return found


def test_the_digits_stand_in_boxes():
    picture = board.sudoku(*codec.encode([PUZZLE, SOLUTION], SHAPE), SHAPE)
    lines = picture.plain.splitlines()
    assert "".join(c for c in picture.plain if c in "1234") == SOLUTION
    assert lines[1] == "│ 1 2 │ 3 4 │" and len({*map(len, lines)}) == 1
    assert marked(PUZZLE, SOLUTION) == {"red": [], "green": list(range(1, 16))}


@pytest.mark.parametrize(
    ("cell", "digit", "red"),
    [
        (0, "4", [0, 3, 5, 12]),  # against its clue, and the rules
        (15, ".", [15]),  # empty
        (6, "4", [3, 5, 6, 10]),
    ],
)
def test_what_is_wrong_is_red(cell, digit, red):
    answer = SOLUTION[:cell] + digit + SOLUTION[cell + 1 :]
    assert marked(PUZZLE, answer)["red"] == red


def test_two_empty_cells_do_not_clash_but_are_both_marked():
    answer = np.array(list(SOLUTION))
    answer[[1, 2]] = "."
    assert marked(PUZZLE, "".join(answer))["red"] == [1, 2]
