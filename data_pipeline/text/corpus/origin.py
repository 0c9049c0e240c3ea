"""Source files as an origin of examples.

The content of a file alone decides its split, as the behaviour of a synthetic task
does: the first digit of its SHA-256, which stands in the manifest, is 0 for tests, 1
for validation, and another one for training. A test file of one corpus is none that a
run was trained on with another, whatever places, numbers and seed both name. This does
not see what is nearly the same: only within one corpus is no file nearly another one.
"""

from __future__ import annotations

import functools
import hashlib
import json
import pathlib
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from data_pipeline import checksums
from data_pipeline.config import DataConfig
from data_pipeline.schema import UserError
from data_pipeline.task import LeftOut, Source
from data_pipeline.text.corpus import kept_out, pieces, tables, verdicts
from data_pipeline.text.corpus.entries import Entry
from data_pipeline.text.corpus.source_file import SourceFile
from data_pipeline.text.example import Example
from data_pipeline.text.origin import SPLITS
from data_pipeline.text.tokenizer import Tokenizer

_VERSION = 3
"""Of how examples are made of files: with another one rows are prepared anew, and runs
that began before do not go on. Before 3 a draw by data.seed divided the files."""
_FIRST_DIGIT = {0: "test", 1: "validation"}
"""Of the SHA-256 of a file; all others are of training files."""
_PARTS = 16


class Corpus:
    """See `Origin`, and the module for its splits."""

    name = "source files"
    divides = True

    def __init__(self, config: DataConfig):
        self._config = config
        self._directory = pathlib.Path(config.directory)

    def files(self) -> dict[str, pathlib.Path]:
        paths = [path for entry in self._entries for path in entry.paths]
        return {str(path): path for path in (*paths, *self._kept_out)}

    @property
    def sources(self) -> Mapping[str, str]:
        return self._sha256

    @property
    def languages(self) -> Sequence[str]:
        from data_pipeline.text.corpus.builder import LANGUAGES

        # Sets of earlier versions do not tell.
        return self._prepared[1].get(LANGUAGES, self._config.languages)

    @property
    def recipe(self) -> Mapping[str, Any]:
        config = self._config
        return {
            **self._judged_by,
            "pieces": _VERSION,
            "holes": config.fill_in_middle,
            "continued": config.continued,
            "edits": config.edits,
            "counts": config.counts,
            "seed": config.seed,
        }

    def texts(self) -> Iterator[str | bytes]:
        yield from (file.content for file in self._split("train"))

    def examples(self, split: str, tokenizer: Tokenizer) -> Iterator[Example]:
        config = self._config
        number = SPLITS.index(split)
        for place, file in enumerate(self._split(split)):
            rng = np.random.default_rng([config.seed, number, place])
            if file.language == "python" and rng.random() < config.edits:
                drawn = random.Random(int(rng.integers(2**62)))
                told, file = pieces.edits(file, drawn)
                yield from told
            yield from pieces.examples(
                file,
                tokenizer,
                config.seq_len,
                config.fill_in_middle,
                config.continued,
                rng,
            )

    def count(self, split: str) -> None:
        """None: how many pieces files are divided into shows when they are."""

    def left_out(self) -> Sequence[LeftOut]:
        from data_pipeline.text.corpus.builder import FOUND, KEPT

        counts = self._prepared[1][FOUND]
        total = sum(counts.values())
        return [
            LeftOut(count, total, "source files", verdict)
            for verdict, count in counts.items()
            if verdict != KEPT
        ]

    def notes(self) -> Sequence[str]:
        return [
            f"data.num_{split} is {asked:,}, but of {len(self._prepared[0]):,} usable "
            f"files {there:,} are for it (one in {_PARTS}, by what stands in them): "
            "those are taken."
            for split in _FIRST_DIGIT.values()
            if (asked := self._config.counts[split])
            > (there := len(self._by_split[split]))
        ]

    def _split(self, split: str) -> Iterator[SourceFile]:
        places, count = self._by_split[split], self._config.counts[split]
        if split == "train" and not count:
            count = len(places)
        for place in places[:count]:  # of which there may be fewer
            yield _file(self._prepared[0][place])

    @functools.cached_property
    def _by_split(self) -> Mapping[str, Sequence[int]]:
        """Places of the files, by their checksums, so that those of a folder do not lie
        together, and fewer files are the first of more.

        Raises:
          UserError: a split of which files are asked for has none.
        """
        digests = [
            hashlib.sha256(_file(record).content).digest()
            for record in self._prepared[0]
        ]
        found: dict[str, list[int]] = {split: [] for split in SPLITS}
        for digest, place in sorted(zip(digests, range(len(digests)), strict=True)):
            found[_FIRST_DIGIT.get(digest[0] * _PARTS >> 8, "train")].append(place)
        for split in _FIRST_DIGIT.values():
            asked = self._config.counts[split]
            if asked and not found[split]:
                raise UserError(
                    f"data.num_{split} is {asked:,}, but of the {len(digests):,} "
                    f"usable files of data.corpus none is for it (one in {_PARTS} is, "
                    "by what stands in them): set it to 0, or name more."
                )
        if not found["train"]:
            raise UserError(
                f"data.corpus has {len(digests):,} usable files, of which none is to "
                "be trained on, by what stands in them: name more."
            )
        return found

    @functools.cached_property
    def _entries(self) -> tuple[Entry, ...]:
        return tuple(map(Entry.of, self._config.corpus))

    @functools.cached_property
    def _sha256(self) -> dict[str, str]:
        return {entry.text: entry.sha256(self._directory) for entry in self._entries}

    @functools.cached_property
    def _kept_out(self) -> tuple[pathlib.Path, ...]:
        return tuple(map(kept_out.checked, self._config.kept_out))

    @functools.cached_property
    def _kept_out_sha256(self) -> list[tuple[str, str]]:
        """By name, which verdicts tell."""
        return [
            (path.name, checksums.remembered_sha256(path, self._directory))
            for path in self._kept_out
        ]

    @property
    def _judged_by(self) -> dict[str, Any]:
        config = self._config
        paths = [path for entry in self._entries for path in entry.paths]
        has_tables = any(path.suffix in tables.SUFFIXES for path in paths)
        # What was not asked for is not named: sets of earlier versions stay valid.
        asked: dict[str, Any] = {"tables": tables.VERSION} if has_tables else {}
        if any(path.name in verdicts.VENDORED for path in paths):
            asked["vendored_version"] = verdicts.VENDORED_VERSION
        if config.licences:
            asked["licences_version"] = verdicts.LICENCES_VERSION
        if config.kept_out:
            asked["kept_out"] = [kept_out.VERSION, *self._kept_out_sha256]
        return {
            **asked,
            # By name: it tells the licence of files that say nothing, and is in paths.
            "corpus": list(self._sha256.items()),
            "languages": sorted(config.languages),
            "licences": sorted(config.licences),
        }

    @functools.cached_property
    def _prepared(self) -> tuple[Source, Mapping[str, Any]]:
        from data_pipeline import builders  # seconds; a mistake need not wait
        from data_pipeline.text.corpus.builder import FILES, Content, SourceFiles

        config = self._config

        def splits() -> dict[str, Content]:
            files = (file for entry in self._entries for file in entry.files())
            rows = kept_out.KeptOut(self._kept_out) if self._kept_out else None
            return {FILES: Content(files, config.languages, config.licences, rows)}

        about = json.dumps(self._judged_by, sort_keys=True)
        digest = hashlib.sha256(about.encode()).hexdigest()[:16]
        recipe = builders.SetConfig(
            name=f"corpus-{digest}", splits=splits, sources=self._sha256
        )
        found, told = builders.open_or_make_told(SourceFiles, recipe, self._directory)
        return found[FILES], told


def _file(record: Mapping[str, Any]) -> SourceFile:
    def text(name: str) -> str:
        value = record[name]
        return value.decode() if isinstance(value, bytes) else value

    content = record["content"]
    return SourceFile(
        text("path"),
        text("language"),
        content.encode() if isinstance(content, str) else content,
        text("licence"),
    )
