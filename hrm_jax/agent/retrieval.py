"""Which texts are about a question: BM25 over identifiers and their parts."""

from __future__ import annotations

import collections
import math
import re
from collections.abc import Mapping

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def terms(text: str) -> list[str]:
    """Identifiers in lower case, each followed by its parts where it has several:
    `countEven_2` gives countEven_2, count, even and 2."""
    found = []
    for word in _WORD.findall(text):
        found.append(word.lower())
        parts = [part.lower() for part in _PART.findall(word)]
        if len(parts) > 1:
            found += parts
    return found


class Index:
    """Texts by name, to be ranked.

    The score of a text d for a question q is, with f the frequency of a term in d,
    n the number of texts that have it, of N, and |d| the number of terms:

        sum over terms of q of ln(1 + (N - n + 0.5) / (n + 0.5))
                               * f (k1 + 1) / (f + k1 (1 - b + b |d| / mean |d|))

    Robertson and Zaragoza, The Probabilistic Relevance Framework (2009), with the
    inverse frequency of Lucene, which is never negative. A term of q counts once.
    """

    def __init__(self, texts: Mapping[str, str], k1: float, b: float):
        self._k1, self._b = k1, b
        self._counts = {
            name: collections.Counter(terms(text)) for name, text in texts.items()
        }
        self._lengths = {name: c.total() for name, c in self._counts.items()}
        self._mean = sum(self._lengths.values()) / max(len(texts), 1) or 1.0
        self._having = collections.Counter(
            term for counts in self._counts.values() for term in counts
        )

    def scores(self, question: str) -> dict[str, float]:
        """The score of each text."""
        wanted = dict.fromkeys(terms(question))
        return {name: self._score(name, wanted) for name in self._counts}

    def rank(self, question: str) -> list[str]:
        """All names, the best first; equal ones by name."""
        scores = self.scores(question)
        return sorted(scores, key=lambda name: (-scores[name], name))

    def _score(self, name: str, wanted: Mapping[str, None]) -> float:
        counts, total = self._counts[name], 0.0
        long = 1 - self._b + self._b * self._lengths[name] / self._mean
        for term in wanted:
            if often := counts[term]:
                having = self._having[term]
                rare = math.log1p((len(self._counts) - having + 0.5) / (having + 0.5))
                total += rare * often * (self._k1 + 1) / (often + self._k1 * long)
        return total
