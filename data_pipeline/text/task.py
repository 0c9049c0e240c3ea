"""Text as a task: examples of one origin, tokenized, packed and prepared."""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import operator
import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from data_pipeline import checksums
from data_pipeline.config import DataConfig
from data_pipeline.schema import UserError
from data_pipeline.task import Dataset, Dimensions, LeftOut, Source
from data_pipeline.text import grades, rows
from data_pipeline.text.example import Example
from data_pipeline.text.origin import SPLITS, Origin
from data_pipeline.text.sampler import Rows, Shuffled
from data_pipeline.text.special import Special
from data_pipeline.text.tokenizer import Tokenizer

_LEARNED_FROM = 20_000_000
"""Characters of text, from the first, that a tokenizer is trained on."""


class TextTask:
    """See `Task`. Training rows hold several examples; others hold one."""

    def __init__(self, config: DataConfig, origin: Origin):
        self._config = config
        self._origin = origin
        self._directory = pathlib.Path(config.directory)
        self._learned_languages: Sequence[str] | None = None

    @property
    def dimensions(self) -> Dimensions:
        """Known before there is a tokenizer, which may have fewer tokens."""
        return Dimensions(self._config.vocab_size, self._config.seq_len, 1, 1, 1)

    @property
    def name(self) -> str:
        return f"{self._config.seq_len}-token rows of {self._origin.name}"

    def files(self) -> dict[str, pathlib.Path]:
        files = self._origin.files()
        if self._config.tokenizer:
            path = pathlib.Path(self._config.tokenizer)
            if not path.is_file():
                raise UserError(
                    f"data.tokenizer names {path}, which is no file: set it to one, or "
                    'to "" to train a tokenizer from the data.'
                )
            files["tokenizer"] = path
        if self._config.grades:
            files["grades"] = pathlib.Path(self._config.grades)
            grades.load(files["grades"], self.examples_digest)
        return files

    @property
    def languages(self) -> Sequence[str]:
        """Of the training rows, once these are prepared; those of the `Origin` before,
        and where an earlier version prepared them."""
        return self._learned_languages or self._origin.languages

    @property
    def recipe(self) -> Mapping[str, Any]:
        """See `Origin`."""
        return self._origin.recipe

    @property
    def examples_digest(self) -> str:
        """Of all that the examples depend on."""
        about = {**self._origin.recipe, **self._turned}
        if self._origin.divides:
            about |= {
                "tokenizer": self.tokenizer.sha256,
                "seq_len": self._config.seq_len,
            }
        return _digest(about)

    @property
    def rows_digest(self) -> str:
        """Of all that the rows depend on.

        Raises:
          UserError: a file of these is missing.
        """
        config, files = self._config, self.files()
        about = {
            **self._origin.recipe,
            "tokenizer": self.tokenizer.sha256,
            "seq_len": config.seq_len,
            "by_difficulty": bool(config.curriculum),
            "pack": config.pack,
            **self._turned,
        }
        if config.order:
            about["order"] = config.order
        if config.grades:
            about["grades"] = checksums.sha256_of(files["grades"])
        return _digest(about)

    def training_examples(self) -> Iterator[rows.Encoded]:
        """All of them, in order, in tokens; some may be too long for a row."""
        examples = self._origin.examples("train", self.tokenizer)
        if self._config.grades:
            path = pathlib.Path(self._config.grades)
            found = grades.load(path, self.examples_digest)
            examples = grades.graded(examples, found, path)
        return map(self.encode, examples)

    @functools.cached_property
    def tokenizer(self) -> Tokenizer:
        """That of the config; without one, trained on the first training examples, the
        first time.

        Raises:
          UserError: it cannot be read or written, or is too large for the config.
        """
        config = self._config
        if config.tokenizer:
            tokenizer = Tokenizer.load(pathlib.Path(config.tokenizer))
            if tokenizer.vocab_size > config.vocab_size:
                raise UserError(
                    f"data.tokenizer has {tokenizer.vocab_size:,} tokens, but "
                    f"data.vocab_size is {config.vocab_size:,}: raise it to that."
                )
            return tokenizer
        about = {**self._origin.recipe, "vocab_size": config.vocab_size}
        path = self._directory / "tokenizers" / f"{_digest(about)}.json"
        if path.exists():
            return Tokenizer.load(path)
        print(f"Training the tokenizer {path} (once)", flush=True)
        texts = _first(self._origin.texts())
        tokenizer = Tokenizer.train(texts, config.vocab_size)
        tokenizer.save(path)
        return tokenizer

    def prepare(self) -> Dataset:
        from data_pipeline import builders  # seconds; a user's mistake need not wait
        from data_pipeline.text.builder import LANGUAGES, TextRows

        config = self._config
        recipe = builders.SetConfig(
            name=f"{config.dataset}-{self.rows_digest}",
            splits=self._contents,
            sources=dict(self._origin.sources),
        )
        splits, told = builders.open_or_make_told(TextRows, recipe, self._directory)
        self._learned_languages = told.get("train", {}).get(LANGUAGES)
        nothing: Source = []
        validation, test = (
            Rows(splits.get(name, nothing), config.seq_len)
            for name in ("validation", "test")
        )
        return Dataset(
            Shuffled(splits["train"], config.seq_len, config.curriculum),
            validation,
            test,
            self._origin.sources,
            tuple(self._origin.notes()),
            left_out=(*self._origin.left_out(), *_left_out(told, config.seq_len)),
        )

    def decode(self, tokens: np.ndarray) -> list[str]:
        """Turns rows `[n S]` into text, without the padding; what is no UTF-8 is shown
        by replacement characters."""
        return [
            self.tokenizer.decode(row[row != Special.PAD].tolist()).decode(
                errors="replace"
            )
            for row in tokens
        ]

    def _contents(self) -> Mapping[str, Any]:
        from data_pipeline.text.builder import Content

        config = self._config
        return {
            name: Content(
                name, self._groups(name), config.seq_len, self._origin.count(name)
            )
            for name in SPLITS
            if name == "train" or config.counts[name]  # there are no empty splits
        }

    def _groups(self, split: str) -> Iterator[Iterable[rows.Encoded]]:
        """Examples that may share rows: in training all, those of one difficulty, or
        none."""
        if split != "train":
            examples = self._origin.examples(split, self.tokenizer)
            yield from ([self.encode(example)] for example in examples)
            return
        examples = self.training_examples()
        if not self._config.pack:
            yield from ([example] for example in examples)
        elif self._config.curriculum:
            level = operator.attrgetter("difficulty")
            for _, group in itertools.groupby(sorted(examples, key=level), level):
                yield group
        else:
            yield examples

    def encode(self, example: Example) -> rows.Encoded:
        """In tokens, in the direction of the config."""
        encoded = rows.encode(example, self.tokenizer)
        return encoded if not self._turned else rows.turned(encoded)

    @property
    def _turned(self) -> dict[str, str]:
        """What a digest tells of the direction. Tokens depend on none."""
        direction = self._config.direction
        return {} if direction == "forward" else {"direction": direction}


def _left_out(told: Mapping[str, Any], seq_len: int) -> Iterator[LeftOut]:
    for split in SPLITS:
        counts = told.get(split, {"too_long": 0})
        if counts["too_long"]:
            yield LeftOut(
                counts["too_long"],
                counts["seen"],
                f"{split} examples",
                f"longer than data.seq_len = {seq_len}",
            )


def _first(texts: Iterable[str | bytes]) -> Iterator[str | bytes]:
    size = 0
    for text in texts:
        yield text
        size += len(text)
        if size >= _LEARNED_FROM:
            return


def _digest(about: Mapping[str, Any]) -> str:
    text = json.dumps(about, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
