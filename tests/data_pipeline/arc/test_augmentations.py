"""The group that acts on tasks, and which of its elements tell tasks apart."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.arc import augmentations
from data_pipeline.arc.augmentations import GROUP_SIZE, distinct_codes, from_code
from data_pipeline.arc.tasks import Pair
from tests.data_pipeline.arc import made
from tests.data_pipeline.arc.made import grid, real_tasks


@settings(deadline=None)
@given(made.augmentations, made.grids)
def test_every_augmentation_is_undone(augmentation, grid):
    augmented = augmentation.apply(grid)
    np.testing.assert_array_equal(augmentation.invert(augmented), grid)
    assert (augmented == 0).sum() == (grid == 0).sum()
    assert augmented.dtype == np.uint8


def test_turns_are_numbered_as_published():
    """Read row by row, as HRM's function of the same number gives them."""
    corners = grid("12", "34")
    turned = [
        "".join(map(str, augmentations.turn(corners, d).ravel())) for d in range(8)
    ]
    assert turned == ["1234", "2413", "4321", "3142", "2143", "3412", "1324", "4231"]
    with pytest.raises(ValueError, match="no dihedral 8"):
        augmentations.turn(corners, 8)


def test_composition_is_that_of_the_turns():
    picture = np.arange(6).reshape(2, 3)
    for then, first in itertools.product(range(8), range(8)):
        np.testing.assert_array_equal(
            augmentations.turn(augmentations.turn(picture, first), then),
            augmentations.turn(picture, augmentations.AFTER[then, first]),
        )


def test_codes_number_the_whole_group():
    assert GROUP_SIZE == 8 * math.factorial(9)
    renamings = GROUP_SIZE // 8
    dihedrals, colours = augmentations._parts(np.arange(renamings) + 3 * renamings)
    assert (dihedrals == 3).all() and (colours[:, 0] == 0).all()
    assert (np.sort(colours, axis=1) == np.arange(10)).all()
    numbers = colours.astype(np.int64) @ 10 ** np.arange(9, -1, -1)
    assert (np.diff(numbers) > 0).all()
    one = from_code(0)
    assert one.dihedral == 0 and one.colours.tolist() == list(range(10))


def content(pairs, augmentation):
    """An augmented task as HRM compares tasks: its pairs in any order."""
    augmented = [[augmentation.apply(grid) for grid in pair.grids] for pair in pairs]
    return tuple(sorted(str([g.tolist() for g in pair]) for pair in augmented))


def first_of_each(pairs, codes):
    """By comparison of whole tasks, as HRM does it."""
    seen, kept = set(), []
    for code in codes:
        found = content(pairs, from_code(int(code)))
        if found not in seen:
            seen.add(found)
            kept.append(int(code))
    return kept


def drawn_codes(seed, count):
    """The codes that `distinct_codes` looks at, the identity first."""
    rng = np.random.default_rng(seed)
    blocks = -(-count // 1024)
    drawn = [rng.integers(GROUP_SIZE, size=1024, dtype=np.int32) for _ in range(blocks)]
    return [0, *np.concatenate(drawn)[:count]]


@settings(deadline=None, max_examples=40)
@given(made.pairs, st.integers(0, 100))
def test_those_are_kept_that_give_different_tasks(pairs, seed):
    """Pairs, colours and turns may all be exchanged; unused colours do not count."""
    slow = first_of_each(pairs, drawn_codes(seed, 200))
    fast = distinct_codes(pairs, len(slow) - 1, np.random.default_rng(seed))
    assert fast.tolist() == slow


def test_the_real_tasks_get_the_augmentations_that_hrm_would_keep(shared_data):
    real = real_tasks(shared_data)
    tasks = real["arc1"][::20] + real["concept"][::20] + real["arc2_evaluation"][::20]
    for task in tasks:
        pairs = task.demonstrations + task.tests
        slow = first_of_each(pairs, drawn_codes(7, 100))
        fast = distinct_codes(pairs, len(slow) - 1, np.random.default_rng(7))
        assert fast.tolist() == slow


@pytest.mark.parametrize(
    ("pairs", "different"),
    [
        # One colour of nine, no turn matters.
        ([Pair(grid("1"), grid("1"))], 9),
        ([Pair(grid("0"), grid("00"))], 2),
        ([Pair(grid("12"), grid("1"))], 4 * 9 * 8),
        # Turned around, the pairs change places.
        ([Pair(grid("12"), grid("1")), Pair(grid("21"), grid("1"))], 2 * 9 * 8),
        # Renamed, the pairs change places: the colours are a set.
        ([Pair(grid("1"), grid("0")), Pair(grid("2"), grid("0"))], 9 * 8 // 2),
        # But not where one of them stands twice.
        ([Pair(grid("1"), grid("0"))] * 2 + [Pair(grid("2"), grid("0"))], 9 * 8),
        # Nor where other pairs tell the colours apart.
        (
            [
                Pair(grid("11"), grid("0")),
                Pair(grid("22"), grid("00")),
                Pair(grid("1"), grid("0")),
                Pair(grid("2"), grid("0")),
            ],
            2 * 9 * 8,
        ),
        # An unknown output is not like a known one.
        ([Pair(grid("1"), grid("1")), Pair(grid("2"), None)], 9 * 8),
    ],
)
def test_all_there_are_are_found(pairs, different):
    rng = np.random.default_rng(0)
    codes = distinct_codes(pairs, 1000, rng)
    assert len(codes) == different == len(first_of_each(pairs, codes))


def test_fewer_are_a_prefix_of_more():
    pairs = made.some_task("a", 0).demonstrations
    many, few = (distinct_codes(pairs, n, np.random.default_rng(3)) for n in (3000, 10))
    assert len(many) == 3001
    np.testing.assert_array_equal(many[:11], few)


def test_augmentations_are_drawn_evenly():
    """All eight turns, and all nine names of a colour."""
    pairs = made.some_task("a", 0).demonstrations
    codes = distinct_codes(pairs, 20_000, np.random.default_rng(0))[1:]
    dihedrals, colours = augmentations._parts(codes)
    for values in (dihedrals, colours[:, 3]):
        counts = np.unique(values, return_counts=True)[1]
        expected = len(codes) / len(counts)
        assert len(counts) in (8, 9)
        assert (np.abs(counts - expected) < 5 * expected**0.5).all()
