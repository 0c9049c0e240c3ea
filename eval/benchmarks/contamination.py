"""What of a benchmark stands in the texts that a model is trained on.

Two signs (see `overlap`): runs of words that a problem and a text share, and functions
of the published solution that are in a text under whatever names.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from data_pipeline.text.corpus import function_hashes, overlap
from eval.benchmarks import extraction
from eval.benchmarks.benchmark import Benchmark
from eval.benchmarks.problem import Problem


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


class Text(overlap.Text):
    """A text, read once for all benchmarks; functions may be in its fenced blocks, too.

    Attributes:
      name: for the report.
    """

    def __init__(self, name: str, text: str):
        super().__init__(text, (block for _, block in extraction.fenced(text)))
        self.name = name


class Index:
    """The signs of a benchmark's problems, to be looked for in texts.

    Attributes:
      overlaps: by the problems' ids, growing with each text that is seen.
      dirty: texts with a sign, so far.
    """

    def __init__(self, benchmark: Benchmark):
        self.dirty = 0
        problems = benchmark.problems
        runs = overlap.rare([overlap.runs(_told(benchmark, one)) for one in problems])
        functions = (
            function_hashes.hashes(_solution(benchmark, one)) for one in problems
        )
        self._signs = overlap.Signs(runs, functions)
        self._ids = [problem.id for problem in problems]
        self.overlaps = {
            problem: Overlap(len(own))
            for problem, own in zip(self._ids, runs, strict=True)
        }

    def see(self, text: Text) -> bool:
        """Looks for the signs of all problems in a text.

        Returns:
          It has a sign of one.
        """
        hits, same = self._signs.runs(text), self._signs.functions(text)
        for place, count in hits.items():
            found = self.overlaps[self._ids[place]]
            found.found = max(found.found, count / found.runs)
            _note(found.texts, text.name)
        for place in same:
            _note(self.overlaps[self._ids[place]].functions, text.name)
        self.dirty += bool(hits or same)
        return bool(hits or same)

    def report(self) -> dict[str, Any]:
        """All that was found, the worst first."""
        found = {
            name: dataclasses.asdict(one)
            for name, one in sorted(
                self.overlaps.items(), key=lambda pair: -pair[1].found
            )
            if one.contaminated
        }
        return {
            "texts_with_a_sign": self.dirty,
            "problems": len(self.overlaps),
            "problems_found": len(found),
            "problems_too_short": [
                name for name, one in self.overlaps.items() if not one.runs
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
