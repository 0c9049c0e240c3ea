"""What of a benchmark stands in the texts that a model is trained on.

Two signs: runs of 13 words that a problem and a text share, as Brown et al.
(arXiv:2005.14165, appendix C) look for them; and functions of the published solution
that are in a text under whatever names (see `function_hashes`). Words are letters and
digits, in small letters. Neither sign finds a problem that was told in other words.
"""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Any

from eval.benchmarks import extraction, function_hashes
from eval.benchmarks.benchmark import Benchmark
from eval.benchmarks.problem import Problem

RUN = 13
"""Words."""
LEAST_RUN = 8
"""A problem of fewer words is not looked for; of fewer than `RUN`, as a whole."""
COMMON = 10
"""A run that more problems share is their authors' frame, and no sign."""
_WORD = re.compile(r"[a-z0-9]+")


@dataclasses.dataclass
class Overlap:
    """What was found of a problem.

    Attributes:
      runs: of words, that can be found.
      found: the share of them that one text has, at most.
      texts: names of those that share a run, the first few.
      functions: names of texts with a function of the solution, the first few.
    """

    runs: int
    found: float = 0.0
    texts: list[str] = dataclasses.field(default_factory=list)
    functions: list[str] = dataclasses.field(default_factory=list)

    @property
    def contaminated(self) -> bool:
        return bool(self.texts or self.functions)


_TOLD = 10
"""Texts that are named for each problem."""


class Text:
    """A text, read once for all benchmarks.

    Attributes:
      name: for the report.
      functions: hashes of those that are in it, also in its fenced blocks.
    """

    def __init__(self, name: str, text: str):
        self.name = name
        sources = (text, *(block for _, block in extraction.fenced(text)))
        self.functions = set[str]().union(*map(function_hashes.hashes, sources))
        self._words = _WORD.findall(text.lower())
        self._runs: dict[int, set[str]] = {}

    def runs(self, length: int) -> set[str]:
        """Its runs of so many words."""
        if length not in self._runs:
            self._runs[length] = set(_windows(self._words, length))
        return self._runs[length]


class Index:
    """The signs of a benchmark's problems, to be held against texts.

    Attributes:
      overlaps: by the problems' ids, growing with each text that is seen.
      dirty: texts with a sign, so far.
    """

    def __init__(self, benchmark: Benchmark):
        self.dirty = 0
        runs = {one.id: _runs(_told(benchmark, one)) for one in benchmark.problems}
        often = collections.Counter(run for found in runs.values() for run in found)
        self._by_run: dict[str, list[str]] = {}
        self._by_function: dict[str, list[str]] = {}
        self.overlaps: dict[str, Overlap] = {}
        for problem in benchmark.problems:
            own = [run for run in runs[problem.id] if often[run] <= COMMON]
            self.overlaps[problem.id] = Overlap(len(own))
            for run in own:
                self._by_run.setdefault(run, []).append(problem.id)
            for digest in function_hashes.hashes(_solution(benchmark, problem)):
                self._by_function.setdefault(digest, []).append(problem.id)
        self._lengths = {run.count(" ") + 1 for run in self._by_run}

    def see(self, text: Text) -> bool:
        """Holds a text against all problems.

        Returns:
          It has a sign of one.
        """
        hits: collections.Counter[str] = collections.Counter()
        for length in self._lengths:
            for run in text.runs(length) & self._by_run.keys():
                hits.update(self._by_run[run])
        for problem, count in hits.items():
            overlap = self.overlaps[problem]
            overlap.found = max(overlap.found, count / overlap.runs)
            _note(overlap.texts, text.name)
        same = text.functions & self._by_function.keys()
        for digest in same:
            for problem in self._by_function[digest]:
                _note(self.overlaps[problem].functions, text.name)
        self.dirty += bool(hits or same)
        return bool(hits or same)

    def report(self) -> dict[str, Any]:
        """All that was found, the worst first."""
        found = {
            name: dataclasses.asdict(overlap)
            for name, overlap in sorted(
                self.overlaps.items(), key=lambda pair: -pair[1].found
            )
            if overlap.contaminated
        }
        return {
            "texts_with_a_sign": self.dirty,
            "problems": len(self.overlaps),
            "problems_found": len(found),
            "problems_too_short": [
                name for name, overlap in self.overlaps.items() if not overlap.runs
            ],
            "found": found,
        }


def _note(names: list[str], name: str) -> None:
    if len(names) < _TOLD and name not in names:
        names.append(name)


def _told(benchmark: Benchmark, problem: Problem) -> str:
    """What the model is asked, and the solution."""
    return f"{benchmark.prompt(problem).text}\n{benchmark.gold(problem) or ''}"


def _solution(benchmark: Benchmark, problem: Problem) -> str:
    gold = benchmark.gold(problem)
    return benchmark.extract(problem, gold) if gold else ""


def _runs(text: str) -> set[str]:
    words = _WORD.findall(text.lower())
    length = min(RUN, len(words))
    return set(_windows(words, length)) if length >= LEAST_RUN else set()


def _windows(words: Sequence[str], length: int) -> Iterator[str]:
    for start in range(len(words) - length + 1):
        yield " ".join(words[start : start + length])
