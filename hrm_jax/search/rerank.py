"""Choosing among programs by two models that read in opposite directions.

Of a prompt x and programs y, with w a weight,

    score(y) = log p(y | x) + w log p_back(x | y)

where p_back is a model of the prompt given the program, trained on the same examples
from their ends (`data_pipeline.text.rows.turned`). It is the reranking of LEDOM
(arXiv:2507.01335), p(y | x)^(1 - l) p_back(x | y)^l, with w = l / (1 - l). A program
that suits many prompts makes none of them likely: that is what the second part takes
off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from data_pipeline.text.example import Example

LogProbs = Callable[[Sequence[Example]], np.ndarray]
"""Of each example, `[n]`, in nats: how likely a model holds its response, given its
prompt; a backward one its prompt, given its response. -inf where it cannot read it."""


class Reading(NamedTuple):
    """What both models say of n programs.

    Attributes:
      forward: log p(y | x), float `[n]`.
      backward: log p_back(x | y), float `[n]`.
    """

    forward: np.ndarray
    backward: np.ndarray

    def scores(self, weight: float) -> np.ndarray:
        """Float `[n]`; -inf of what a model that counts could not read."""
        if weight == 0:
            return self.forward
        return self.forward + weight * self.backward


def read(
    problems: Sequence[Sequence[Example]], forward: LogProbs, backward: LogProbs
) -> list[Reading]:
    """Has both models read programs, those of all problems together.

    Args:
      problems: the programs of each, with the line end that those of training have, as
        responses to the prompt that they answer.
    """
    examples = [example for programs in problems for example in programs]
    ends = np.cumsum([len(programs) for programs in problems])[:-1]
    parts = (np.split(model(examples), ends) for model in (forward, backward))
    return [Reading(*pair) for pair in zip(*parts, strict=True)]
