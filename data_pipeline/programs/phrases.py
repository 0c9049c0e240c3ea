"""English with paraphrases."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import NamedTuple

_SLOT = re.compile(r"\{(\w+)\}")
_SINGULAR = {"are": "is", "have": "has", "do": "does"}


class Phrase(NamedTuple):
    """Attributes:
    ways: to say it; `{name}` in them stands for a part.
    parts: phrases by name.
    """

    ways: tuple[str, ...]
    parts: Mapping[str, Phrase] = {}

    def say(self, rng: random.Random) -> str:
        """One of the ways, drawn; parts are drawn in the order in which they stand."""
        way = self.ways[int(rng.random() * len(self.ways))]
        return _SLOT.sub(lambda found: self.parts[found[1]].say(rng), way)


def phrase(*ways: str, **parts: Phrase) -> Phrase:
    return Phrase(ways, parts)


def one_of(*phrases: Phrase) -> Phrase:
    """Any of some phrases."""
    names = [f"way{number}" for number in range(len(phrases))]
    return Phrase(
        tuple(f"{{{name}}}" for name in names), dict(zip(names, phrases, strict=True))
    )


def singular(predicate: str) -> str:
    """ "are even" -> "is even"; verbs other than to be, have and do get an s."""
    verb, space, rest = predicate.partition(" ")
    return _SINGULAR.get(verb, verb + "s") + space + rest
