"""Sets of byte strings, put together from small ones, and machines that read them.

A `Pattern` is a nondeterministic automaton (Thompson's construction); `machine` makes
it deterministic, with a table that numpy can walk through for many strings at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

DEAD = 0
"""The state of a `Machine` from which nothing is accepted any more."""
START = 1
_NEWLINE = ord("\n")


class Pattern(NamedTuple):
    """Byte strings: those that lead from the first state to the last one.

    Attributes:
      moves: for each state, bytes and the state that each of them leads to.
      skips: for each state, others that it leads to without a byte.
    """

    moves: tuple[tuple[tuple[bytes, int], ...], ...]
    skips: tuple[tuple[int, ...], ...]


class Machine(NamedTuple):
    """What reads a string byte by byte, from `START`.

    From each state but `DEAD` some string leads to a state that accepts.

    Attributes:
      table: int32 `[S, 256]`: the next state.
      accepts: bool `[S]`.
    """

    table: np.ndarray
    accepts: np.ndarray


def literal(text: bytes) -> Pattern:
    """This string alone."""
    moves = tuple(((bytes([byte]), n + 1),) for n, byte in enumerate(text))
    return Pattern((*moves, ()), ((),) * (len(text) + 1))


def one_of(choices: Iterable[int]) -> Pattern:
    """Any of these bytes."""
    return Pattern((((bytes(choices), 1),), ()), ((), ()))


def sequence(*parts: Pattern) -> Pattern:
    """A string of each part in turn."""
    moves, skips = [], []
    for part in parts:
        start = len(moves)
        if start:
            skips[-1] += (start,)
        moves += _shifted_moves(part, start)
        skips += _shifted_skips(part, start)
    return Pattern(tuple(moves), tuple(skips))


def choice(*parts: Pattern) -> Pattern:
    """A string of any part."""
    moves: list[tuple[tuple[bytes, int], ...]] = [()]
    skips: list[tuple[int, ...]] = [()]
    ends = []
    for part in parts:
        start = len(moves)
        skips[0] += (start,)
        moves += _shifted_moves(part, start)
        skips += _shifted_skips(part, start)
        ends.append(len(moves) - 1)
    for end in ends:
        skips[end] += (len(moves),)
    return Pattern((*moves, ()), (*skips, ()))


def repeat(part: Pattern, least: int = 0, most: int | None = None) -> Pattern:
    """Strings of a part in a row, `least` to `most` of them; None for no bound."""
    if most is not None:
        optional = choice(literal(b""), part)
        return sequence(*[part] * least, *[optional] * (most - least), literal(b""))
    # Around a state of its own, so that a loop of the part is not entered from outside.
    size = len(part.moves)
    moves = ((), *_shifted_moves(part, 1), ())
    skips = [(1, size + 1), *_shifted_skips(part, 1), ()]
    skips[size] += (0,)
    return sequence(*[part] * least, Pattern(moves, tuple(skips)))


def runs(*texts: Sequence[bytes]) -> Pattern:
    """One or more lines that follow each other in one of these texts, each with a line
    end.

    Deterministic, with at most two states a byte however often lines come again: from
    one that stood for all places where a line may begin, `machine` would make sets that
    grow with the square.
    """
    suffixes = _Suffixes()
    for lines in texts:
        last = 0
        for byte in b"".join(line + b"\n" for line in lines):
            last = suffixes.extend(last, byte)
    moves = [
        tuple((bytes([byte]), state) for byte, state in following.items())
        for following in suffixes.moves
    ]
    ended = {found[_NEWLINE] for found in suffixes.moves if _NEWLINE in found}
    skips = [(len(moves),) if state in ended else () for state in range(len(moves))]
    return Pattern((*moves, ()), (*skips, ()))


def without(pattern: Pattern, other: Pattern) -> Pattern:
    """The strings of one pattern that are not of the other."""
    keep, drop = machine(pattern), machine(other)
    pairs = _Numbered((START, START))
    moves: list[tuple[tuple[bytes, int], ...]] = []
    ends = []
    for number, (one, two) in enumerate(pairs.keys):
        if keep.accepts[one] and not drop.accepts[two]:
            ends.append(number)
        found: dict[int, list[int]] = {}
        for byte in np.flatnonzero(keep.table[one]).tolist():
            after = (int(keep.table[one, byte]), int(drop.table[two, byte]))
            found.setdefault(pairs.number(after), []).append(byte)
        moves.append(tuple((bytes(these), state) for state, these in found.items()))
    last = len(moves)
    skips = [(last,) if state in ends else () for state in range(last)]
    return Pattern((*moves, ()), (*skips, ()))


def machine(pattern: Pattern) -> Machine:
    """Makes a pattern deterministic.

    Raises:
      ValueError: it has no string at all.
    """
    useful = _useful(pattern)
    if 0 not in useful:
        raise ValueError("a pattern without any string")
    # States of the machine are sets of useful ones: each leads to the end.
    sets = _Numbered(frozenset[int](), _closed(pattern, [0], useful))
    rows: list[np.ndarray] = []
    for states in sets.keys:
        targets: dict[int, set[int]] = {}
        for state in states:
            for choices, target in pattern.moves[state]:
                for byte in choices if target in useful else b"":
                    targets.setdefault(byte, set()).add(target)
        row = np.zeros(256, np.int32)
        known: dict[frozenset[int], int] = {}
        for byte, found in targets.items():
            key = frozenset(found)
            if key not in known:
                known[key] = sets.number(_closed(pattern, key, useful))
            row[byte] = known[key]
        rows.append(row)
    last = len(pattern.moves) - 1
    return Machine(np.stack(rows), np.array([last in states for states in sets.keys]))


class _Suffixes:
    """The automaton of strings that begin with a line, made in linear time.

    It is that of all strings in a text (Blumer et al., 1985, "The smallest automaton
    recognizing the subwords of a text"), but for where one may begin (as Inenaga and
    Takeda, 2006, "On-line linear-time construction of word suffix trees"). Its states
    are sets of places at which strings end; that of the empty one is 0.

    Attributes:
      moves: for each state, the one that each byte leads to.
    """

    def __init__(self):
        self.moves: list[dict[int, int]] = [{}]
        # `_lengths[s]`: length of the longest string of state s. `_links[s]`: state of
        # its longest suffix that starts at a line start and is in another state; -1 if
        # none.
        self._lengths, self._links = [0], [-1]

    def extend(self, last: int, byte: int) -> int:
        """The state of a whole text so far, after one byte more.

        Args:
          last: that of the text before the byte.
        """
        if byte in self.moves[last]:  # another text has begun the same way
            return self._after(last, byte)
        new = self._add({}, self._lengths[last] + 1, -1)
        state = last
        while state >= 0 and byte not in self.moves[state]:
            self.moves[state][byte] = new
            state = self._links[state]
        if state >= 0:
            self._links[new] = self._after(state, byte)
        elif byte == _NEWLINE:
            self._links[new] = 0  # a line begins here
        return new

    def _after(self, state: int, byte: int) -> int:
        """The state of (longest string of `state`) + byte; split off from a state that
        it shared with longer strings."""
        shared = self.moves[state][byte]
        length = self._lengths[state] + 1
        if self._lengths[shared] == length:
            return shared
        own = self._add(dict(self.moves[shared]), length, self._links[shared])
        self._links[shared] = own
        while state >= 0 and self.moves[state].get(byte) == shared:
            self.moves[state][byte] = own
            state = self._links[state]
        return own

    def _add(self, moves: dict[int, int], length: int, link: int) -> int:
        self.moves.append(moves)
        self._lengths.append(length)
        self._links.append(link)
        return len(self.moves) - 1


class _Numbered:
    """Keys by number, in the order in which they came; more may come at any time."""

    def __init__(self, *keys: Any):
        self.keys = list(keys)
        self._numbers = {key: number for number, key in enumerate(keys)}

    def number(self, key: Any) -> int:
        if key not in self._numbers:
            self._numbers[key] = len(self.keys)
            self.keys.append(key)
        return self._numbers[key]


def _shifted_moves(part: Pattern, by: int) -> list[tuple[tuple[bytes, int], ...]]:
    return [tuple((b, state + by) for b, state in moves) for moves in part.moves]


def _shifted_skips(part: Pattern, by: int) -> list[tuple[int, ...]]:
    return [tuple(state + by for state in skips) for skips in part.skips]


def _closed(
    pattern: Pattern, states: Iterable[int], useful: set[int]
) -> frozenset[int]:
    """The useful ones of these states and of those that they lead to without a byte."""
    return frozenset(_reached(pattern.skips, states) & useful)


def _useful(pattern: Pattern) -> set[int]:
    """The states that lead to the last one."""
    before: list[list[int]] = [[] for _ in pattern.moves]
    for state, moves in enumerate(pattern.moves):
        for target in (*pattern.skips[state], *(target for _, target in moves)):
            before[target].append(state)
    return _reached(before, [len(before) - 1])


def _reached(steps: Sequence[Iterable[int]], states: Iterable[int]) -> set[int]:
    """These states, and those that steps lead to from them."""
    found = set(states)
    waiting = list(found)
    while waiting:
        for state in steps[waiting.pop()]:
            if state not in found:
                found.add(state)
                waiting.append(state)
    return found
