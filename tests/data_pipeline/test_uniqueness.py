"""The proof of one solution: the first puzzle without it is found, whoever looks."""

import numpy as np
import pytest

from data_pipeline import uniqueness
from data_pipeline.schema import BLANK
from tests.data_pipeline.boards import SHAPES, some_puzzles

SHAPE = SHAPES[1]


@pytest.mark.parametrize("alone", [0, 100])
@pytest.mark.parametrize("spoiled", [(), (19,), (7, 11, 12)])
def test_the_first_is_found(alone, spoiled, monkeypatch):
    monkeypatch.setattr(uniqueness, "_ALONE", alone)
    monkeypatch.setattr(uniqueness, "_PROCESSES", 2)
    monkeypatch.setattr(uniqueness, "_BLOCK", 3)
    inputs = some_puzzles(SHAPE).inputs.astype(np.uint8)
    inputs[list(spoiled)] = BLANK
    told = []
    found = uniqueness.first_ambiguous(inputs, SHAPE, lambda *x: told.append(x))
    assert found == (spoiled[0] if spoiled else None)
    blocks = (found if spoiled else 21) // 3
    assert told == [(min(done, 20), 20) for done in range(3, 3 * blocks + 3, 3)]
