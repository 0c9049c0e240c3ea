"""Synthetic tasks of programming as an origin of examples."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from data_pipeline.config import DataConfig
from data_pipeline.programs import scenarios
from data_pipeline.task import LeftOut
from data_pipeline.text.example import Example
from data_pipeline.text.tokenizer import Tokenizer

_VERSION = 1
"""To be raised with every change of what `scenarios.draw` gives."""
_LEARNED_FROM = 10_000
"""Examples that a tokenizer is trained on; more of them say nothing new."""


class Programs:
    """See `Origin`. Example i of a split is scene i of that split."""

    name = "synthetic tasks"
    sources: Mapping[str, str] = {}

    def __init__(self, config: DataConfig):
        self._config = config

    @property
    def recipe(self) -> Mapping[str, Any]:
        config = self._config
        return {
            "programs": _VERSION,
            "scenarios": config.scenarios,
            "languages": config.languages,
            "level": config.level,
            "counts": config.counts,
            "seed": config.seed,
        }

    def files(self) -> dict[str, pathlib.Path]:
        return {}

    def texts(self) -> Iterator[str | bytes]:
        count = min(self._config.num_train, _LEARNED_FROM)
        for example in self._drawn("train", count):
            for text in (example.prompt, example.response):
                assert isinstance(text, str)  # a scene needs no special tokens
                yield text

    def examples(self, split: str, tokenizer: Tokenizer) -> Iterator[Example]:
        del tokenizer  # nothing is divided
        yield from self._drawn(split, self._config.counts[split])

    def left_out(self) -> Sequence[LeftOut]:
        return ()

    def _drawn(self, split: Any, count: int) -> Iterator[Example]:
        config = self._config
        for index in range(count):
            scene = scenarios.draw(
                config.seed,
                split,
                index,
                config.level,
                config.scenarios,
                config.languages,
            )
            yield scene.example
