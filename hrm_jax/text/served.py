"""The model behind a server, and what it makes of a question."""

from __future__ import annotations

from typing import NamedTuple

from data_pipeline.schema import UserError
from data_pipeline.text.rows import encode_question
from data_pipeline.text.tokenizer import Tokenizer
from hrm_jax.text.engine import Request
from hrm_jax.text.grammar import Grammars
from hrm_jax.text.json_fields import Refused
from hrm_jax.text.learned import Learned
from hrm_jax.text.questions import Question
from hrm_jax.text.service import Service


class Model(NamedTuple):
    """A model behind a server.

    Attributes:
      name: that clients ask for.
      fingerprint: of the weights, for `system_fingerprint`.
      service: must be running.
      context: tokens of a prompt and its answer, at most.
      grammars: over the model's vocabulary.
      learned: what it may be asked.
    """

    name: str
    fingerprint: str
    service: Service
    tokenizer: Tokenizer
    context: int
    grammars: Grammars
    learned: Learned

    def spell(self, token: int) -> bytes:
        """The bytes of a token."""
        return self.tokenizer.decode([token])

    def requests(self, question: Question) -> list[Request]:
        """What answers a question.

        Raises:
          Refused: a prompt is too long, or the grammar cannot be.
        """
        rule = None
        if question.grammar:
            try:
                grammar = self.grammars.of(question.grammar, question.files)
            except UserError as error:
                raise Refused(400, str(error), "grammar") from error
            rule = grammar.rule
        found = []
        for text in question.prompts:
            prompt = encode_question(
                question.language, text, self.tokenizer, question.suffix
            )
            if len(prompt) >= self.context:
                raise Refused(
                    400,
                    f"The prompt has {len(prompt):,} tokens, but with an answer it "
                    f"must fit into the model's context of {self.context:,}: shorten "
                    "it.",
                    "prompt",
                    "context_length_exceeded",
                )
            for _ in range(question.n):
                request = Request(
                    prompt,
                    question.max_tokens or self.context,
                    question.temperature,
                    question.top_p,
                    question.seed + len(found),
                    rule,
                )
                found.append(request)
        return found
