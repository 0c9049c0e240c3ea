"""Synthetic tasks of programming as an origin of examples."""

from __future__ import annotations

import pathlib
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from data_pipeline.config import DataConfig
from data_pipeline.programs import plan, scenarios
from data_pipeline.programs.scenarios import Scene
from data_pipeline.task import LeftOut
from data_pipeline.text.example import Example
from data_pipeline.text.lintseq import sequence as lintseq
from data_pipeline.text.tokenizer import Tokenizer

_VERSION = 3
"""To be raised with every change of what `scenarios.draw` gives."""
_WHOLE = ("write", "infer", "repair")
"""Scenarios whose answer is a program."""
_LEARNED_FROM = 10_000
"""Examples that a tokenizer is trained on; more of them say nothing new."""


class Programs:
    """See `Origin`. Example i of a split is scene i of that split."""

    name = "synthetic tasks"
    divides = False
    sources: Mapping[str, str] = {}

    def __init__(self, config: DataConfig):
        self._config = config

    @property
    def languages(self) -> Sequence[str]:
        return self._config.languages

    @property
    def recipe(self) -> Mapping[str, Any]:
        config = self._config
        return {
            "programs": _VERSION,
            "scenarios": config.scenarios,
            "languages": config.languages,
            "level": config.level,
            "edits": config.edits,
            "plan": config.plan,
            "counts": config.counts,
            "seed": config.seed,
        }

    def files(self) -> dict[str, pathlib.Path]:
        return {}

    def texts(self) -> Iterator[str | bytes]:
        count = min(self._config.num_train, _LEARNED_FROM)
        for scene in self._scenes("train", count):
            for text in (scene.example.prompt, scene.example.response):
                assert isinstance(text, str)  # a scene needs no special tokens
                yield text

    def examples(self, split: str, tokenizer: Tokenizer) -> Iterator[Example]:
        del tokenizer  # nothing is divided
        scenes = self._scenes(split, self.count(split))
        for index, scene in enumerate(scenes):
            # Each draw is of its place alone: fewer examples are the first of more.
            rng = random.Random(f"edits {self._config.seed} {split} {index}")
            example = self._as_edits(scene, rng) or self._planned(scene)
            if self._config.order and split == "train":
                example = example._replace(difficulty=self._stage(scene))
            yield example

    def count(self, split: str) -> int:
        return self._config.counts[split]

    def left_out(self) -> Sequence[LeftOut]:
        return ()

    def notes(self) -> Sequence[str]:
        return ()

    def _as_edits(self, scene: Scene, rng: random.Random) -> Example | None:
        example = scene.example
        whole = example.language == "python" and scene.scenario in _WHOLE
        if not whole or rng.random() >= self._config.edits:
            return None
        assert isinstance(example.response, str)
        edits = lintseq.response(example.response, rng)
        return None if edits is None else example._replace(response=edits)

    def _planned(self, scene: Scene) -> Example:
        where = self._config.plan
        if where == "none" or scene.scenario not in _WHOLE:
            return scene.example
        return plan.planned(scene.example, scene.function, where)

    def _stage(self, scene: Scene) -> int:
        """Of an order of scenarios, from 1; what it does not name comes last."""
        order = self._config.order
        named = scene.scenario in order
        return 1 + (order.index(scene.scenario) if named else len(order))

    def _scenes(self, split: Any, count: int) -> Iterator[Scene]:
        config = self._config
        for index in range(count):
            yield scenarios.draw(
                config.seed,
                split,
                index,
                config.level,
                config.scenarios,
                config.languages,
            )
