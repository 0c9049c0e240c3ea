"""Arguments: those of tests, and fixed ones, probes, that tell behaviours apart."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Sequence
from typing import Any

PROBES = 24
"""Calls that make up a fingerprint; of one number there are fewer."""
_NEAR = 0.2
"""How often a number that matters is drawn, or one beside it, if there is any."""
_FAR = 60
_WORDS = (
    "apple banana cat dog egg fig grape hat ice jar kite lemon moon nut oak pen queen "
    "rose sun tree vase wolf box yak zoo level noon stone river cloud bread light "
    "an by to sea old new red blue green start end taxi radar stats onion"
).split()
_LETTERS = "aaabbccddeeeefgghiiijklllmmnnnoooppqrrrsssttttuuvwxyz"
_NUMBERS = {"any": (-20, 50), "natural": (0, 40), "few": (0, 9)}
_BOUNDS = {"small": (1, 9), "count": (0, 30), "short": (0, 12), "large": (0, 9999)}


def draw(
    type: str,
    domain: str,
    rng: random.Random,
    most: int = 8,
    near: Sequence[int] = (),
) -> Any:
    """A value of a parameter.

    Args:
      domain: "any", numbers of either sign; "natural", from 0; "few", from a small
        range, so that some come twice; a number from 1 to 9 ("small"), from 0 to 12
        ("short"), to 30 ("count") or to 9999 ("large"); "words" of small letters;
        "text" of these, digits and spaces; "table", from words to numbers from 0.
      most: elements of a list or dictionary; a text may have half as many more.
      near: numbers that matter to the function; some are drawn, or those beside them.
    """
    random = rng.random
    if type == "int":
        low, high = _BOUNDS[domain]
        if domain == "large":
            high = (9, 99, 999, 9999)[int(random() * 4)]
        return _number(low, high, high, near, random)
    if type == "list[int]":
        low, high = _NUMBERS[domain]
        high = (10, high)[int(random() * 2)]
        count = int(random() * (most + 1))
        return [_number(low, high, _FAR, near, random) for _ in range(count)]
    if type == "list[str]":
        return [_word(random) for _ in range(int(random() * (most + 1)))]
    if type == "dict[str]":
        count = int(random() * 6)
        return {_word(random): _number(0, 29, _FAR, near, random) for _ in range(count)}
    if random() < 0.3:
        return " ".join(_word(random) for _ in range(1 + int(random() * 2)))
    letters = _LETTERS if random() < 0.6 else "aabbcde 0123 19456  78xyz"
    length = int(random() * (most + most // 2 + 1))
    characters = [letters[int(random() * len(letters))] for _ in range(length)]
    for i in range(1, length):  # runs are rare otherwise
        if random() < 0.2:
            characters[i] = characters[i - 1]
    return "".join(characters)


def _number(
    low: int,
    high: int,
    far: int,
    near: Sequence[int],
    random: Callable[[], float],
) -> int:
    """A number from `low` to `high`, or one near to what matters, up to `far`."""
    if near and random() < _NEAR:
        beside = near[int(random() * len(near))] + int(random() * 3) - 1
        if low <= beside <= far:
            return beside
    return low + int(random() * (high - low + 1))


def _word(random: Any) -> str:
    return _WORDS[int(random() * len(_WORDS))]


@functools.cache
def probes(types: tuple[str, ...]) -> tuple[tuple[Any, ...], ...]:
    """Arguments for every function of these parameters, whatever their domains.

    All are in every domain, so that a function that belongs to a task is defined on
    them, and the same behaviour gives the same results whatever the task says of it.
    """
    if types == ("int",):
        return tuple((value,) for value in range(13))
    rng = random.Random(f"probes {' '.join(types)}")
    domains = {"int": "small", "list[int]": "natural", "list[str]": "words"}
    made: list[tuple[Any, ...]] = []
    while len(made) < PROBES:
        args = tuple(draw(t, domains.get(t, ""), rng, 10) for t in types)
        if args not in made:
            made.append(args)
    return tuple(made)
