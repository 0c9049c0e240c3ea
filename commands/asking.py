"""A model behind HTTP that answers asks, one at a time."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from data_pipeline.schema import UserError
from eval.benchmarks.endpoint import Endpoint
from eval.benchmarks.models import ContextExhausted
from eval.benchmarks.problem import Prompt
from hrm_jax.search.candidate import Ask, Sample

TOO_LONG = Sample("", math.nan, 0, True)
"""The answer to a prompt that no context holds."""


class Asking:
    """Turns asks into samples; many threads may. The server may heed the seed or not.
    Log-probabilities are asked for as long as none of its answers is a refusal of that.
    """

    def __init__(self, endpoint: Endpoint):
        """Args:
        endpoint: its temperature is each ask's own.
        """
        self._endpoint = endpoint
        self._likely: dict[str, Any] = {"logprobs": True if endpoint.chat else 0}

    def sample(self, ask: Ask, more: Mapping[str, Any] | None = None) -> Sample:
        """The answer to one ask; a cut one where the context does not hold the prompt.

        Args:
          more: fields of the question, beside those of the endpoint.

        Raises:
          OutOfTime: the ask's seconds were over.
          UserError: the server does not answer.
        """
        endpoint, likely = self._endpoint, dict(self._likely)
        asked = dataclasses.replace(
            endpoint,
            sampling=dataclasses.replace(
                endpoint.sampling, temperature=ask.temperature
            ),
            more={"seed": ask.seed, **likely, **endpoint.more, **(more or {})},
            within=ask.seconds,
        )
        try:
            found = asked.completion(Prompt(ask.prompt))
        except ContextExhausted:
            return TOO_LONG
        except UserError as error:
            if likely and "logprobs" in str(error).lower():
                self._likely.clear()
                return self.sample(ask, more)
            raise
        # Those that have probabilities: a server may count hidden thinking, too.
        count = len(found.log_probs)
        total = math.fsum(found.log_probs) if count else math.nan
        tokens = count or found.tokens or 0
        return Sample(found.text, total, tokens, found.cut, read=found.read or 0)
