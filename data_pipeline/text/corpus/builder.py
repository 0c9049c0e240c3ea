"""Judged source files as a TensorFlow Dataset, with the manifest beside them.

Importing this takes seconds; `origin` does it when it is needed.
"""

from __future__ import annotations

import collections
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

import tensorflow_datasets as tfds

from data_pipeline import builders
from data_pipeline.schema import UserError
from data_pipeline.text.corpus import verdicts
from data_pipeline.text.corpus.kept_out import KeptOut
from data_pipeline.text.corpus.near_duplicates import Seen
from data_pipeline.text.corpus.source_file import UNKNOWN, SourceFile

MANIFEST = "manifest.jsonl"
"""In the folder of the set: what was found and what became of it, a file a line."""
FILES, FOUND, LANGUAGES = "files", "found", "languages"
"""The split of the files that are kept, and what is told: how many files had which
verdict, and the languages of those that were kept."""
KEPT = "kept"


class Content(NamedTuple):
    """Attributes:
    files: as they are found.
    languages, licences: that are wanted; of licences none stands for all.
    kept_out: rows of benchmarks that must not stand in them, if there are any.
    """

    files: Iterable[SourceFile]
    languages: Collection[str]
    licences: Collection[str]
    kept_out: KeptOut | None


class SourceFiles(builders.SetBuilder):
    """The files that are kept, in the order in which they were found."""

    VERSION = tfds.core.Version("1.0.2")
    description = "Source files, without generated, minified and duplicate ones."
    keep_order = True

    def features(self) -> tfds.features.FeaturesDict:
        text = tfds.features.Text()
        return tfds.features.FeaturesDict(
            {"path": text, "language": text, "content": text, "licence": text}
        )

    def examples(self, content: Content) -> Iterator[dict[str, Any]]:
        counts: collections.Counter[str] = collections.Counter()
        languages: set[str] = set()
        whole, near = {}, Seen()
        with (self.data_path / MANIFEST).open("w") as manifest:
            for file in content.files:
                if file.language not in (*content.languages, UNKNOWN):
                    continue
                sha256 = hashlib.sha256(file.content).hexdigest()
                verdict = verdicts.against(file, content.licences)
                if verdict is None and sha256 in whole:
                    verdict = f"duplicate: {whole[sha256]}"
                if verdict is None and content.kept_out:
                    row = content.kept_out.row_in(file.content.decode())
                    verdict = row and f"of a benchmark: {row}"
                # After that: who is near to what was kept out may stay.
                if verdict is None:
                    like = near.like(file.path, file.content, file.language)
                    verdict = KEPT if like is None else f"near-duplicate: {like}"
                counts[verdict.partition(":")[0]] += 1
                about = {
                    "path": file.path,
                    "licence": file.licence,
                    "language": file.language,
                    "sha256": sha256,
                    "verdict": verdict,
                }
                manifest.write(json.dumps(about) + "\n")
                if verdict == KEPT:
                    whole[sha256] = file.path
                    languages.add(file.language)
                    yield file._asdict()
        if not counts[KEPT]:
            why = ", ".join(f"{count:,} {name}" for name, count in counts.most_common())
            raise UserError(
                f"There is no usable source file in data.corpus for data.languages = "
                f"{', '.join(content.languages)} ({why or 'none was found'}): name "
                "other places."
            )
        self.tell(FOUND, dict(counts))
        self.tell(LANGUAGES, sorted(languages))
