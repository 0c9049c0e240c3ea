"""Rows of tokens as a TensorFlow Dataset: written once, read without TensorFlow.

Importing this takes seconds; `task` does it when it is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow_datasets as tfds

from data_pipeline import builders
from data_pipeline.progress import Progress
from data_pipeline.schema import UserError
from data_pipeline.text import rows
from data_pipeline.text.packing import Packer
from data_pipeline.text.rows import Encoded
from data_pipeline.text.special import Special

LANGUAGES = "languages"
"""What is told of a split; not of one that an earlier version made."""


class Content(NamedTuple):
    """What a split is made of.

    Attributes:
      name: of the split.
      groups: examples of which those of one group may share a row; read once.
      seq_len: tokens of a row.
      total: examples, where that is known.
    """

    name: str
    groups: Iterable[Iterable[Encoded]]
    seq_len: int
    total: int | None


class TextRows(builders.SetBuilder):
    """Rows in the order in which they were packed; see `rows.to_record`.

    Of each split it tells how many examples were seen, how many of them were "too_long"
    for a row and are not there, and the languages of those that are.
    """

    VERSION = tfds.core.Version("1.0.0")
    description = "Programs and what is asked about them, as rows of tokens."
    keep_order = True

    def features(self) -> tfds.features.FeaturesDict:
        def array(dtype: Any) -> tfds.features.Tensor:
            return tfds.features.Tensor(shape=(None,), dtype=dtype)

        return tfds.features.FeaturesDict(
            {
                "tokens": array(np.uint16),
                "lengths": array(np.int32),
                "prompts": array(np.int32),
                "rating": np.int32,
            }
        )

    def examples(self, content: Content) -> Iterator[dict[str, Any]]:
        packer, first_tokens = Packer(content.seq_len), set[int]()
        with Progress(f"Examples for the {content.name} split") as progress:
            for group in content.groups:
                for row in packer.rows(group):
                    first_tokens.update(int(example.tokens[0]) for example in row)
                    yield rows.to_record(row)
                    progress(packer.seen, content.total)
        if packer.seen == packer.too_long:
            raise UserError(
                f"None of the {packer.seen:,} examples for the {content.name} split "
                f"fits into data.seq_len = {content.seq_len} tokens: raise it."
            )
        told = {
            "seen": packer.seen,
            "too_long": packer.too_long,
            LANGUAGES: [Special(token).language for token in sorted(first_tokens)],
        }
        self.tell(content.name, told)
