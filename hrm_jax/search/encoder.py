"""What a reasoner makes of programs, for the heads that judge them.

The reasoner, as it was trained, reads prompt and program once, as if it had written it
(teacher forcing). However a program came about, it is read as the answer to its task,
so that all programs of a task are comparable, those of other models too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float32

from data_pipeline.batches import stack
from data_pipeline.schema import IGNORE_LABEL, Batch
from data_pipeline.text import rows
from data_pipeline.text.example import Example
from data_pipeline.text.tokenizer import Tokenizer
from hrm_jax.losses import cross_entropy
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.text import likelihood
from hrm_jax.types import Variables

_SHORTEST = 32
"""Programs are read at lengths that are powers of two, few in all."""
_FEW = 4
"""Programs that are read as so many, not padded to all that could be."""


class Writing(NamedTuple):
    """A program, and what it answers.

    Attributes:
      language: of `LANGUAGES`.
      prompt: of the task, not of a repair.
      source: the program.
    """

    language: str
    prompt: str
    source: str


class Readings(NamedTuple):
    """Of N programs.

    Attributes:
      encodings: E = 2 D: z_h at the last place of the program, and its mean over all.
      log_probs: of the programs, their ends included, in nats.
      tokens: of the programs, with their ends.
    """

    encodings: np.ndarray
    log_probs: np.ndarray
    tokens: np.ndarray


Encode = Callable[[Sequence[Writing]], Readings]


def read(
    config: ReasonerConfig, segments: int, variables: Variables, batch: Batch
) -> tuple[Float32[Array, "B E"], Float32[Array, " B"]]:
    """Encodings of rows that hold one example each, cut from the gradient.

    Args:
      config: of rows as long as these.
      segments: after which the state is looked at.

    Returns:
      The encodings, and the log-probabilities of the answers.
    """
    latents, output = likelihood.read_along(config, variables, batch, segments)
    states = jax.lax.stop_gradient(latents.z_h).astype(jnp.float32)
    said = (batch.labels != IGNORE_LABEL).astype(jnp.float32)
    mean = jnp.einsum("btd,bt->bd", states, said) / said.sum(-1, keepdims=True)
    places = jnp.arange(said.shape[1])[None]
    last = jnp.where(said > 0, places, 0).max(-1)
    at_end = jnp.take_along_axis(states, last[:, None, None], axis=1)[:, 0]
    nats = cross_entropy(output.logits, batch.labels, "softmax").sum(-1)
    return jnp.concatenate([at_end, mean], axis=-1), jax.lax.stop_gradient(-nats)


_read = jax.jit(read, static_argnums=(0, 1))


class Encoder:
    """An `Encode` of a trained run; it compiles twice for each length, not for each
    text."""

    def __init__(
        self,
        config: ReasonerConfig,
        variables: Variables,
        tokenizer: Tokenizer,
        segments: int,
        at_once: int = 32,
    ):
        """Args:
        at_once: programs that are read side by side.
        """
        self._config = config
        self._variables = variables
        self._tokenizer = tokenizer
        self._segments = segments
        self._at_once = at_once

    @property
    def size(self) -> int:
        """E."""
        return 2 * self._config.width

    def __call__(self, writings: Sequence[Writing]) -> Readings:
        """Reads programs; of one that is longer than the context, what it holds."""
        found = [self._encoded(one) for one in writings]
        lengths = np.array([self._length(one) for one in found], np.int64)
        readings = Readings(
            np.zeros((len(found), self.size), np.float32),
            np.zeros(len(found), np.float32),
            np.array([len(one.tokens) - one.prompt for one in found], np.int64),
        )
        for length in np.unique(lengths):
            places = np.flatnonzero(lengths == length)
            for start in range(0, len(places), self._at_once):
                some = places[start : start + self._at_once]
                encodings, log_probs = self._read([found[i] for i in some], int(length))
                readings.encodings[some] = encodings
                readings.log_probs[some] = log_probs
        return readings

    def _encoded(self, writing: Writing) -> rows.Encoded:
        example = Example(writing.language, writing.prompt, writing.source)
        whole = rows.encode(example, self._tokenizer)
        context = self._config.seq_len
        # A label needs a place of the prompt to be predicted from.
        return rows.Encoded(
            whole.tokens[: context + 1], min(whole.prompt, context), whole.difficulty
        )

    def _length(self, encoded: rows.Encoded) -> int:
        power = 1 << (max(encoded.places, _SHORTEST) - 1).bit_length()
        return min(power, self._config.seq_len)

    def _read(
        self, some: Sequence[rows.Encoded], length: int
    ) -> tuple[np.ndarray, np.ndarray]:
        # Always as many, or as few, so that two programs do: the last stands in for
        # more. Few at a time are what a search asks about.
        few = min(_FEW, self._at_once)
        count = few if len(some) <= few else self._at_once
        filled = [*some, *[some[-1]] * (count - len(some))]
        batch = stack(
            [rows.from_record(rows.to_record([one]), length) for one in filled]
        )
        # The reasoner of shorter rows is the same one.
        config = dataclasses.replace(self._config, seq_len=length)
        encodings, log_probs = _read(config, self._segments, self._variables, batch)
        own = slice(len(some))
        return np.asarray(encodings)[own], np.asarray(log_probs)[own]
