"""What settings of a search are worth on tasks whose hidden tests may be run."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from commands import executing
from data_pipeline.schema import UserError
from eval.benchmarks import hidden
from eval.benchmarks.challenge import Challenge
from eval.benchmarks.hidden import Program
from eval.sandbox.sandbox import Sandbox
from hrm_jax.search import methods, settings
from hrm_jax.search.archive import Measured
from hrm_jax.search.candidate import Write
from hrm_jax.search.explore import explore
from hrm_jax.search.journal import Journal
from hrm_jax.search.judges import Judges
from hrm_jax.search.methods import Method
from hrm_jax.search.search import Search
from hrm_jax.search.settings import Budget


@dataclasses.dataclass(frozen=True)
class Measuring:
    """Searches with one budget, in which everything but the settings is the same.

    Attributes:
      samples: of a task; as many executions.
      seed: of all samples.
      write: the network.
      sandbox: runs programs.
      known: journal of all searches, which share what they have in common.
      grades: file of what hidden tests said of answers.
      judges: of the run, or None.
    """

    samples: int
    seed: int
    write: Write
    sandbox: Sandbox
    known: Journal
    grades: pathlib.Path
    judges: Judges | None

    def __call__(
        self, fields: Mapping[str, Any], debate: bool, challenges: Sequence[Challenge]
    ) -> Measured:
        """Searches, answers, and grades the answers.

        Args:
          fields: of `Settings`, the rule among them.
          debate: decides between clusters of as many votes.

        Raises:
          UserError: a setting needs judges that are not there, or a program could not
            be run.
        """
        some = dict(fields)
        chosen = settings.settings(some.pop("rule"), some)
        if self.judges is None and (chosen.value_weight or debate):
            raise UserError(methods.NO_JUDGES)
        value = self.judges.value if self.judges else None
        decide = self.judges.decide if self.judges else None
        budget = Budget.alike(self.samples)
        searches = [Search(one, chosen, budget, self.seed, value) for one in challenges]
        explore(searches, self.write, executing.executing(self.sandbox), self.known)
        final = methods.DEBATE if debate else methods.CLUSTERS
        method = Method("", chosen.rule, final)
        attempts = [methods.attempt(method, one, self.samples) for one in searches]
        asked = list(zip(challenges, attempts, strict=True))
        found = executing.answers(asked, self.sandbox, self.known, decide)
        answers = {
            Program(what.id, one.key): (what, one.source)
            for what, one in zip(challenges, found, strict=True)
        }
        grades = hidden.grades(answers, self.sandbox, self.grades)
        hidden.require_run(grades)
        costs = [attempt.cost for attempt in attempts]
        return Measured(
            tuple(grades[answer].passed for answer in answers),
            sum(cost.samples for cost in costs),
            sum(cost.executions for cost in costs),
            sum(cost.tokens for cost in costs),
        )
