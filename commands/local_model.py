"""The run in a workdir as a model under test."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

from commands.flags import CommandLine
from commands.text_run import TextRun
from data_pipeline.text.lintseq import sequence as lintseq
from data_pipeline.text.rows import encode_prompt
from data_pipeline.text.special import LANGUAGES
from eval.benchmarks import extraction
from eval.benchmarks.endpoint import Sampling
from eval.benchmarks.models import Completion, ContextExhausted
from eval.benchmarks.problem import Problem, Prompt
from hrm_jax.text.engine import Request
from hrm_jax.text.service import Service


@dataclasses.dataclass(frozen=True)
class LocalModel:
    """A `models.Model`; what it draws depends on seed, problem and sample alone."""

    name: str
    run: TextRun
    service: Service
    sampling: Sampling
    at_once: int

    def available(self, problem: Problem) -> int:
        """As many as are wanted.

        Raises:
          UserError: the run has not learned the language of the problem.
        """
        self._language(problem)
        return 1_000_000

    def complete(self, problem: Problem, prompt: Prompt, index: int) -> Completion:
        """One answer.

        Raises:
          ContextExhausted: the model's context does not hold the prompt.
          UserError: see `available`.
        """
        language = self._language(problem)
        tokens = encode_prompt(language, prompt.whole, self.run.tokenizer)
        if len(tokens) >= self.run.train_config.model.seq_len:
            raise ContextExhausted
        request = Request(
            tokens,
            self.sampling.max_tokens,
            self.sampling.temperature,
            self.sampling.top_p,
            seed=self.sampling.seed_of(problem.id, index),
        )
        # Stop words are of programs: an edit says the lines of one in any order.
        edits = self.run.form.edits
        pieces = list(self.service.answer(request, () if edits else prompt.stop))
        text, last = "".join(piece.text for piece in pieces), pieces[-1]
        if edits:
            text = extraction.until(lintseq.program(text), prompt.stop)
        cut = last.reason == "length"
        return Completion(text, cut, tokens=last.tokens, segments=last.segments)

    def _language(self, problem: Problem) -> str:
        """That of a problem; where what is asked for is no program, the usual one."""
        if problem.language not in LANGUAGES:
            return self.run.learned.usual
        self.run.require_languages("There are problems", [problem.language])
        return problem.language


@contextlib.contextmanager
def opened(line: CommandLine, sampling: Sampling, at_once: int) -> Iterator[LocalModel]:
    """The model of a workdir, with so many answers at once.

    Raises:
      UserError: there is no run of text.
    """
    run = TextRun.of(line)
    with Service(run.engine(at_once), run.tokenizer) as service:
        yield LocalModel(run.name, run, service, sampling, at_once)
