"""What turns one ARC task into another: its grids are turned, its colours renamed."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from data_pipeline.arc.tasks import COLOURS, Pair

DIHEDRALS = 8
"""The symmetries of a square, in the order in which HRM numbers them."""
_RENAMINGS = math.factorial(COLOURS - 1)
GROUP_SIZE = DIHEDRALS * _RENAMINGS
"""Augmentations in all: black keeps its name."""

_DRAWN_AT_ONCE = 1024


class Augmentation(NamedTuple):
    """Attributes:
    dihedral: 0 to 7, for `turn`.
    colours: uint8 `[10]`: what each colour becomes; black stays black.
    """

    dihedral: int
    colours: np.ndarray

    def apply(self, grid: np.ndarray) -> np.ndarray:
        return turn(self.colours[grid], self.dihedral)

    def invert(self, grid: np.ndarray) -> np.ndarray:
        """The grid that `apply` turns into this one."""
        return np.argsort(self.colours).astype(np.uint8)[
            turn(grid, INVERSE[self.dihedral])
        ]


def turn(grid: np.ndarray, dihedral: int) -> np.ndarray:
    """A view of a grid: turned counterclockwise by 90 degrees 0 to 3 times, mirrored
    left to right (4), upside down (5), at the main (6) or the other diagonal (7)."""
    match dihedral:
        case 0 | 1 | 2 | 3:
            return np.rot90(grid, dihedral)
        case 4:
            return grid[:, ::-1]
        case 5:
            return grid[::-1]
        case 6:
            return grid.T
        case 7:
            return grid[::-1, ::-1].T
    raise ValueError(f"there is no dihedral {dihedral}")


_CORNERS = np.arange(4).reshape(2, 2)
_NUMBER = {turn(_CORNERS, d).tobytes(): d for d in range(DIHEDRALS)}
AFTER = np.array(
    [
        [_NUMBER[turn(turn(_CORNERS, first), then).tobytes()] for first in range(8)]
        for then in range(8)
    ]
)
"""int `[8 8]`: `AFTER[then, first]` is what the two do one after the other."""
INVERSE = [int(d) for d in (AFTER == 0).argmax(1)]


def from_code(code: int) -> Augmentation:
    """The augmentation with a number below `GROUP_SIZE`; 0 is the identity."""
    dihedral, colours = _parts(np.array([code]))
    return Augmentation(int(dihedral[0]), colours[0])


def _parts(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int `[n]`, the dihedrals, and uint8 `[n 10]`, the colours.

    The names of the colours are the permutation with that number in lexical order.
    """
    dihedral, rest = np.divmod(codes, _RENAMINGS)
    names = np.empty((len(codes), COLOURS - 1), np.uint8)
    for place in range(COLOURS - 1):
        names[:, place], rest = np.divmod(rest, math.factorial(COLOURS - 2 - place))
    # A digit says the how-manieth of the names not yet taken is meant.
    for place in range(COLOURS - 2, -1, -1):
        later = names[:, place + 1 :]
        later += later >= names[:, place, None]
    black = np.zeros((len(codes), 1), np.uint8)
    return dihedral, np.concatenate([black, names + np.uint8(1)], axis=1)


def distinct_codes(
    pairs: Sequence[Pair], count: int, rng: np.random.Generator
) -> np.ndarray:
    """Codes of augmentations that turn a task into different tasks, int32 `[n]`.

    The first is the identity. Two tasks are the same if they have the same pairs, in
    any order. Which ones are taken from the whole group, and in which order, depends on
    the generator alone: fewer of them are a prefix of more.

    Args:
      pairs: of the task.
      count: of augmentations beside the identity; n is `count` + 1, or less where there
        are no more that differ.
    """
    used = np.unique(np.concatenate([g.ravel() for p in pairs for g in p.grids]))
    used = used[used > 0]
    keepers = list(symmetries(pairs))
    orbit = DIHEDRALS * math.perm(COLOURS - 1, len(used)) // len(keepers)
    wanted = min(count + 1, orbit)
    codes = np.zeros(1, np.int32)
    while len(codes) < wanted:
        drawn = rng.integers(GROUP_SIZE, size=_DRAWN_AT_ONCE, dtype=np.int32)
        codes = np.concatenate([codes, drawn])
        _, first = np.unique(_orbit_keys(codes, used, keepers), return_index=True)
        codes = codes[np.sort(first)]
    return codes[:wanted]


def _orbit_keys(
    codes: np.ndarray, used: np.ndarray, keepers: list[Augmentation]
) -> np.ndarray:
    """int64 `[n]`: the same for augmentations of a task that give the same task.

    These differ by a symmetry of the task, done first, and in what becomes of colours
    that the task does not use.
    """
    dihedral, colours = _parts(codes)
    places = 10 ** np.arange(len(used), dtype=np.int64)
    keys = [
        AFTER[dihedral, keeper.dihedral] * 10**9
        + colours[:, keeper.colours[used]].astype(np.int64) @ places
        for keeper in keepers
    ]
    return functools.reduce(np.minimum, keys)


def symmetries(pairs: Sequence[Pair]) -> Iterator[Augmentation]:
    """All augmentations that turn a set of pairs into itself.

    Those that differ in colours that occur nowhere are taken for one; it is given with
    these colours all black.
    """
    counts: dict[tuple, int] = {}
    contents: dict[tuple, tuple[np.ndarray, ...]] = {}
    for pair in pairs:
        key = tuple((grid.shape, grid.tobytes()) for grid in pair.grids)
        counts[key] = counts.get(key, 0) + 1
        contents[key] = pair.grids
    number, grids = list(counts.values()), list(contents.values())
    for dihedral in range(DIHEDRALS):
        turned = [tuple(turn(grid, dihedral) for grid in pair) for pair in grids]
        # Pair by pair: to which others may it go, given where those before it went?
        found: dict[bytes, np.ndarray] = {}
        open_ends = [(0, frozenset(range(len(grids))), np.zeros(COLOURS, np.uint8))]
        while open_ends:
            pair, free, colours = open_ends.pop()
            if pair == len(grids):
                found[colours.tobytes()] = colours
                continue
            for target in free:
                if number[target] == number[pair]:
                    extended = _extended(colours, turned[pair], grids[target])
                    if extended is not None:
                        open_ends.append((pair + 1, free - {target}, extended))
        yield from (Augmentation(dihedral, colours) for colours in found.values())


def _extended(
    colours: np.ndarray, ours: tuple[np.ndarray, ...], theirs: tuple[np.ndarray, ...]
) -> np.ndarray | None:
    """Names of colours, 0 for none yet, with those that turn our grids into theirs."""
    if [grid.shape for grid in ours] != [grid.shape for grid in theirs]:
        return None
    extended = colours.copy()
    for our, their in zip(ours, theirs, strict=True):
        if not np.array_equal(our > 0, their > 0):
            return None
        extended[our] = their
    # Two colours with one name lead nowhere: the images would not be all the pairs.
    if ((colours > 0) & (colours != extended)).any():
        return None
    same = all(
        np.array_equal(extended[our], their)
        for our, their in zip(ours, theirs, strict=True)
    )
    return extended if same else None
