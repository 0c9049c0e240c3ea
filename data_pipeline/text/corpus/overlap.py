"""What two texts have in common: runs of words, and functions under whatever names.

Runs of 13 words, as Brown et al. (arXiv:2005.14165, appendix C) look for them. Words
are letters and digits, in small letters. Functions are those of `function_hashes`.
Neither sign finds a text that was told in other words.
"""

from __future__ import annotations

import collections
import functools
import re
from collections.abc import Iterable, Iterator, Sequence, Set

from data_pipeline.text.corpus import function_hashes

RUN = 13
"""Words."""
LEAST_RUN = 8
"""A text of fewer words is not looked for; of fewer than `RUN`, as a whole."""
COMMON = 10
"""What more texts of a set share is their authors' frame, and no sign."""
_WORD = re.compile(r"[a-z0-9]+")
_LETTER = re.compile(r"[a-z]")


class Text:
    """A text, read once for all that it is compared with."""

    def __init__(self, text: str, blocks: Iterable[str] = ()):
        """Args:
        blocks: parts of it that may be programs of their own.
        """
        self._sources = (text, *blocks)
        self._words = _words(text)
        self._runs: dict[int, set[str]] = {}

    @functools.cached_property
    def functions(self) -> set[str]:
        """Hashes of those that are in it."""
        return set[str]().union(*map(function_hashes.hashes, self._sources))

    def runs(self, length: int) -> set[str]:
        """Its runs of so many words."""
        if length not in self._runs:
            self._runs[length] = set(_windows(self._words, length))
        return self._runs[length]


class Signs:
    """The signs of texts that are looked for, each by its place among them."""

    def __init__(self, runs: Iterable[Set[str]], functions: Iterable[Set[str]]):
        """Args:
        runs: of each text, as `runs` finds them.
        functions: their hashes, of each text.
        """
        self._by_run = _places(runs)
        self._by_function = _places(functions)
        self._lengths = {run.count(" ") + 1 for run in self._by_run}

    def __bool__(self) -> bool:
        return bool(self._by_run or self._by_function)

    def runs(self, text: Text) -> collections.Counter[int]:
        """How many runs it shares with each text that is looked for."""
        found: collections.Counter[int] = collections.Counter()
        for length in self._lengths:
            for run in text.runs(length) & self._by_run.keys():
                found.update(self._by_run[run])
        return found

    def functions(self, text: Text) -> set[int]:
        """Of which texts that are looked for it has a function."""
        if not self._by_function:  # to find those of a text takes most of the time
            return set()
        same = text.functions & self._by_function.keys()
        return {place for digest in same for place in self._by_function[digest]}


def runs(text: str) -> set[str]:
    """By which a text can be found; none of one that is too short.

    Numbers alone are no sign: who counts to 13 quotes nobody.
    """
    words = _words(text)
    length = min(RUN, len(words))
    found = _windows(words, length) if length >= LEAST_RUN else ()
    return set(filter(_LETTER.search, found))


def rare(signs: Sequence[Set[str]]) -> list[set[str]]:
    """The signs of each text of a set, without those that are `COMMON` there."""
    often = collections.Counter(sign for found in signs for sign in found)
    return [{sign for sign in found if often[sign] <= COMMON} for found in signs]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _windows(words: Sequence[str], length: int) -> Iterator[str]:
    shifted = (words[start:] for start in range(length))
    return map(" ".join, zip(*shifted, strict=False))


def _places(signs: Iterable[Set[str]]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, found in enumerate(signs):
        for sign in found:
            places.setdefault(sign, []).append(place)
    return places
