"""English with paraphrases."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import NamedTuple

_SLOT = re.compile(r"\{(\w+)\}")
_SINGULAR = (
    (r"(?<!not )\b(start|begin|end|exceed|differ|leave|give|contain|stand)\b", r"\1s"),
    (r"\bare\b", "is"),
    (r"\bhave\b", "has"),
    (r"\bdo not\b", "does not"),
    (r"\bis (not )?(vowel|consonant|digit|letter|space)s\b", r"is \1a \2"),
    (r"\bis (not )?(even|odd) digits\b", r"is \1an \2 digit"),
    (r"\bno multiples\b", "no multiple"),
    (r"\bmultiples\b", "a multiple"),
)


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
    """ "are even" -> "is even", "start and end with" -> "starts and ends with"."""
    for pattern, replacement in _SINGULAR:
        predicate = re.sub(pattern, replacement, predicate)
    return predicate
