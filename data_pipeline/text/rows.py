"""Rows of tokens: what a model sees of examples of text, and what it is to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from data_pipeline.schema import IGNORE_LABEL
from data_pipeline.text.example import Example, Text, around
from data_pipeline.text.special import Special
from data_pipeline.text.tokenizer import Tokenizer


class Encoded(NamedTuple):
    """An example as tokens.

    Attributes:
      tokens: uint16 `[n]`: of its language, the prompt, `ANSWER`, the response, `END`.
      prompt: how many of them stand before the response, `ANSWER` among them.
      difficulty: as `Example` has it.
    """

    tokens: np.ndarray
    prompt: int
    difficulty: int

    @property
    def places(self) -> int:
        """It takes of a row: the last token is only ever predicted."""
        return len(self.tokens) - 1


def encode_prompt(language: str, prompt: Text, tokenizer: Tokenizer) -> list[int]:
    """What a response follows: the language, the prompt and `ANSWER`."""
    return [Special.of(language), *_tokens(prompt, tokenizer), Special.ANSWER]


def encode_question(
    language: str, text: str, tokenizer: Tokenizer, suffix: str = ""
) -> list[int]:
    """A prompt that somebody types: its last line ends, as those of examples do; an
    empty one has none.

    Args:
      suffix: what stands behind the answer, in which case the prompt is what stands
        before it, as it is.
    """
    if suffix:
        return encode_prompt(language, around(text, suffix), tokenizer)
    ended = f"{text}\n" if text and not text.endswith("\n") else text
    return encode_prompt(language, ended, tokenizer)


def encode(example: Example, tokenizer: Tokenizer) -> Encoded:
    """Turns an example into tokens."""
    prompt = encode_prompt(example.language, example.prompt, tokenizer)
    tokens = [*prompt, *_tokens(example.response, tokenizer), Special.END]
    return Encoded(np.array(tokens, np.uint16), len(prompt), example.difficulty)


def turned(encoded: Encoded) -> Encoded:
    """The same example in the other direction: the response is read, the prompt said.

    Both in the order of a text that is read from its end, token for token, as a reverse
    language model has it (LEDOM, arXiv:2507.01335). Turned twice it is what it was.
    """
    language, *rest = encoded.tokens.tolist()
    *response, end = rest[encoded.prompt - 1 :]
    *prompt, answer = rest[: encoded.prompt - 1]
    read = [language, *reversed(response), answer]
    tokens = [*read, *reversed(prompt), end]
    return Encoded(np.array(tokens, np.uint16), len(read), encoded.difficulty)


def to_record(examples: Sequence[Encoded]) -> dict[str, Any]:
    """A row of examples, as it is stored; its "rating" is that of the hardest."""
    return {
        "tokens": np.concatenate([example.tokens for example in examples]),
        "lengths": np.array([len(example.tokens) for example in examples], np.int32),
        "prompts": np.array([example.prompt for example in examples], np.int32),
        "rating": max(example.difficulty for example in examples),
    }


def from_record(record: Mapping[str, Any], seq_len: int) -> dict[str, Any]:
    """A stored row as `task.Source` has it, padded to `seq_len`.

    A token's label is the next one where that belongs to a response, `END` included.
    """
    tokens = np.asarray(record["tokens"], np.int32)
    lengths = np.asarray(record["lengths"], np.int64)
    prompts = np.asarray(record["prompts"], np.int64)
    ends = np.cumsum(lengths)
    places = lengths - 1
    of_example = np.repeat(np.arange(len(lengths)), places)
    within = np.arange(len(of_example)) - (np.cumsum(places) - places)[of_example]
    following = np.delete(tokens, ends - lengths)
    said = within >= prompts[of_example] - 1
    row = {
        "inputs": np.full(seq_len, Special.PAD, np.int32),
        "labels": np.full(seq_len, IGNORE_LABEL, np.int32),
        "segments": np.zeros(seq_len, np.int32),
        "prompt": np.zeros(seq_len, bool),
    }
    used = slice(len(of_example))
    row["inputs"][used] = np.delete(tokens, ends - 1)
    row["labels"][used] = np.where(said, following, IGNORE_LABEL)
    row["segments"][used] = of_example + 1
    row["prompt"][used] = within < prompts[of_example]
    return {**row, "rating": int(record["rating"])}


def _tokens(text: Text, tokenizer: Tokenizer) -> list[int]:
    tokens: list[int] = []
    for part in text if isinstance(text, tuple) else (text,):
        if isinstance(part, Special):
            tokens.append(part)
        else:
            tokens.extend(tokenizer.encode(part))
    return tokens
