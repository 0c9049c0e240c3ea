"""Byte-level BPE for code, trained and applied by the library `tokenizers`."""

from __future__ import annotations

import functools
import hashlib
import json
import pathlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import tokenizers
from tokenizers import models, pre_tokenizers, trainers

from data_pipeline.schema import UserError
from data_pipeline.text.special import Special
from eval.atomic import write_text

_BYTES = [chr(byte) for byte in range(256)]
"""A byte as the character of its number: so the library takes any bytes for text."""
LEAST_VOCABULARY = len(Special) + len(_BYTES)
LARGEST_VOCABULARY = 2**16
"""Tokens are stored in two bytes."""

_LETTERS = r"A-Za-z\x80-\xff"  # what is beyond ASCII counts as letters, in UTF-8 or not
_PIECES = "|".join(
    (
        r"(?:[ \t]*[\r\n])+[ \t]*",  # the end of a line, and how the next is indented
        r"\A[ \t]+",
        r"[0-9]",
        rf" ?_*[{_LETTERS}]+",
        rf" ?[^ \t\r\n0-9{_LETTERS}]+",
        r"[ \t]+(?= )",  # all but the last space, which goes with the word after it
        r"[ \t]+",
    )
)
"""What a token never reaches beyond. Unlike GPT-2's, an indentation is one piece with
the end of the line before it, snake_case is cut at underscores, digits are single."""


class Tokenizer:
    """Turns text into tokens and back, without loss, whatever the bytes.

    Ids begin with those of `Special`, then the 256 bytes, then what was learned, in the
    order of learning. No text is encoded as a special token.
    """

    def __init__(self, learned: tokenizers.Tokenizer):
        """Args:
        learned: as `train` makes it.
        """
        self._learned = learned
        ids = learned.get_vocab()
        self._texts = [
            text.encode("latin-1") for text in sorted(ids, key=ids.__getitem__)
        ]

    @classmethod
    def train(cls, texts: Iterable[str | bytes], vocab_size: int) -> Tokenizer:
        """Learns from texts; the same from the same ones, whatever their order.

        Args:
          vocab_size: tokens at most, the special ones among them; there are fewer where
            the texts have no more to learn.
        """
        if not LEAST_VOCABULARY <= vocab_size <= LARGEST_VOCABULARY:
            raise ValueError(f"a vocabulary of {vocab_size} tokens")
        blank = tokenizers.Tokenizer(models.BPE())
        blank.pre_tokenizer = _pre_tokenizer()
        trainer = trainers.BpeTrainer(
            vocab_size=vocab_size - len(Special),
            initial_alphabet=_BYTES,
            min_frequency=2,
            show_progress=False,
        )
        blank.train_from_iterator(map(_as_characters, texts), trainer)
        # Special tokens get their places afterwards: the library would look for those
        # that it is trained with in texts.
        merges = [
            tuple(merge) for merge in json.loads(blank.to_str())["model"]["merges"]
        ]
        return cls(_library_tokenizer(merges))

    @classmethod
    def load(cls, path: pathlib.Path) -> Tokenizer:
        """Reads what `save` wrote.

        Raises:
          UserError: the file is missing, damaged, or holds a tokenizer of another kind.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise UserError(
                f"The tokenizer {path} cannot be read ({error.strerror}): set "
                'data.tokenizer to a file of one, or to "" to train it from the data.'
            ) from error
        except ValueError as error:
            raise UserError(
                f"The tokenizer {path} is damaged ({error}): take another copy, or "
                "delete it if it was trained here, and it is trained again."
            ) from error
        try:
            merges = [(first, second) for first, second in content["model"]["merges"]]
            own = _library_tokenizer(merges)
            known = json.loads(own.to_str()) == content
        # Whatever a file of another kind provokes; the library has no exceptions of its
        # own. A merge of tokens that are not there is one of them.
        except Exception:
            known = False
        if not known:
            raise UserError(
                f"{path} holds no tokenizer of this program: set data.tokenizer to a "
                'file that it wrote, or to "" to train one from the data.'
            )
        return cls(own)

    def save(self, path: pathlib.Path) -> None:
        """Writes one JSON file, in the format of `tokenizers`, whole or not at all.

        Raises:
          UserError: it cannot be written.
        """
        write_text(path, self._learned.to_str())

    def encode(self, text: str | bytes) -> list[int]:
        """The tokens of a text; of a `str`, those of its UTF-8."""
        characters = _as_characters(text)
        return self._learned.encode(characters, add_special_tokens=False).ids

    def ends(self, text: str | bytes) -> np.ndarray:
        """Where each token of a text ends, int `[n]`, in bytes from its beginning."""
        return np.cumsum([len(self._texts[token]) for token in self.encode(text)])

    def decode(self, tokens: Iterable[int]) -> bytes:
        """The bytes of tokens; special ones are written as `Special.text`."""
        return b"".join(self._texts[token] for token in tokens)

    @property
    def vocab_size(self) -> int:
        return len(self._texts)

    @functools.cached_property
    def sha256(self) -> str:
        """Of all that decides how a text is encoded, whatever the library's version."""
        meaning = [_PIECES, [token.hex() for token in self._texts], self._merges]
        return hashlib.sha256(json.dumps(meaning).encode()).hexdigest()

    @property
    def _merges(self) -> Any:
        return json.loads(self._learned.to_str())["model"]["merges"]


def _library_tokenizer(merges: Sequence[tuple[str, str]]) -> tokenizers.Tokenizer:
    vocabulary = [special.text for special in Special] + _BYTES
    # Two merges may make the same token.
    made = dict.fromkeys(first + second for first, second in merges)
    ids = {text: number for number, text in enumerate([*vocabulary, *made])}
    learned = tokenizers.Tokenizer(models.BPE(ids, list(merges)))
    learned.pre_tokenizer = _pre_tokenizer()
    return learned


def _pre_tokenizer() -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Split(tokenizers.Regex(_PIECES), "isolated")


def _as_characters(text: str | bytes) -> str:
    # A lone surrogate has no UTF-8, but a JSON file can hold one.
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return raw.decode("latin-1")
