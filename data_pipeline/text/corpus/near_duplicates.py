"""Near-duplicates by MinHash and banding (Broder, 1997; Leskovec et al., chapter 3).

A library for it (datasketch) would bring SciPy and do the same in as many lines, but
hash shingle by shingle.
"""

from __future__ import annotations

import re
import zlib

import numpy as np

_SHINGLE = 5
"""Tokens."""
_BANDS, _ROWS = 16, 4
"""Two texts that share 7 of 10 shingles meet in a band with 99 %, 3 of 10 with 12 %."""
SIMILAR = 0.7
"""Share of equal minima from which texts count as one: an estimate of the Jaccard
similarity of their sets of shingles, with a deviation of 0.06."""
_HASHED = re.compile(rb"(?:\s*#[^\n]*)+")
_SLASHED = re.compile(rb"(?:#!/[^\n]*)?(?:\s*(?:/\*.*?\*/|//[^\n]*))+", re.DOTALL)
"""Comments at the head, of Python and of others: many files of a project share a long
licence there."""
_TOKEN = re.compile(rb"\w+|[^\w\s]")
_SHIFT = np.uint64(0x9E3779B97F4A7C15)


class Seen:
    """Remembers texts, and recognises those that are nearly the same."""

    def __init__(self):
        rng = np.random.default_rng(0)
        size = _BANDS * _ROWS
        self._factors = rng.integers(1, 2**63, (size, 1), np.uint64) | np.uint64(1)
        self._offsets = rng.integers(0, 2**63, (size, 1), np.uint64)
        self._names: list[str] = []
        self._signatures: list[np.ndarray] = []
        self._bands: dict[bytes, list[int]] = {}

    def like(self, name: str, content: bytes, language: str) -> str | None:
        """The name of an earlier text that is nearly this one; None if there is none,
        and then this one is remembered."""
        signature = self._signature(content, language)
        bands = [
            bytes([number]) + band.tobytes()
            for number, band in enumerate(signature.reshape(_BANDS, _ROWS))
        ]
        met = {index for band in bands for index in self._bands.get(band, ())}
        for index in sorted(met):
            if np.mean(self._signatures[index] == signature) >= SIMILAR:
                return self._names[index]
        for band in bands:
            self._bands.setdefault(band, []).append(len(self._names))
        self._names.append(name)
        self._signatures.append(signature)
        return None

    def _signature(self, content: bytes, language: str) -> np.ndarray:
        hashes = _shingles(content, language)
        # Multiply and shift: a random function of 64 bits, near enough.
        mixed = hashes * self._factors + self._offsets
        return (mixed ^ (mixed >> np.uint64(29))).min(axis=1)


def _shingles(content: bytes, language: str) -> np.ndarray:
    """Hashes of all runs of tokens after the header, or in it if there is nothing else,
    uint64 `[n]`; of a short text, of the whole."""
    comments = _HASHED if language == "python" else _SLASHED
    header = comments.match(content)
    tokens = _TOKEN.findall(content, header.end() if header else 0)
    tokens = tokens or _TOKEN.findall(content)
    known: dict[bytes, int] = {}
    numbers = np.array(
        [known.setdefault(token, zlib.crc32(token)) for token in tokens] or [0],
        np.uint64,
    )
    width = min(_SHINGLE, len(numbers))
    runs = np.zeros(len(numbers) - width + 1, np.uint64)
    for place in range(width):
        runs = runs * _SHIFT + numbers[place : len(numbers) - width + 1 + place]
        runs ^= runs >> np.uint64(31)
    return np.unique(runs)
