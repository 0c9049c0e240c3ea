"""ARC tasks as a TensorFlow Dataset: written once, read without TensorFlow.

Importing this takes seconds; `library` does it when it is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from data_pipeline import builders
from data_pipeline.arc import records
from data_pipeline.arc.tasks import Task

_DESCRIPTION = """
Tasks of ARC-AGI-1, ARC-AGI-2 or ConceptARC: pairs of grids of coloured cells that show
what to do, and grids with which it is to be done.
"""
_CITATION = """
@article{chollet2019measure,
  title={On the Measure of Intelligence},
  author={Chollet, Fran{\\c{c}}ois},
  journal={arXiv preprint arXiv:1911.01547},
  year={2019}
}
@article{chollet2025arcagi2,
  title={ARC-AGI-2: A New Challenge for Frontier AI Reasoning Systems},
  author={Chollet, Francois and Knoop, Mike and Kamradt, Gregory and Landers, Bryan and
    Pinkard, Henry},
  journal={arXiv preprint arXiv:2505.11831},
  year={2025}
}
@article{moskvichev2023conceptarc,
  title={The ConceptARC Benchmark: Evaluating Understanding and Generalization in the
    ARC Domain},
  author={Moskvichev, Arseny and Odouard, Victor Vikram and Mitchell, Melanie},
  journal={arXiv preprint arXiv:2305.07141},
  year={2023}
}
"""


class ArcTasks(builders.SetBuilder):
    """Splits "training" and "evaluation", in the order of the files; see `records`."""

    VERSION = tfds.core.Version("1.0.0")
    description = _DESCRIPTION
    homepage = "https://arcprize.org"
    citation = _CITATION
    keep_order = True

    def features(self) -> tfds.features.FeaturesDict:
        return tfds.features.FeaturesDict(
            {
                "id": tfds.features.Text(),
                "file": tfds.features.Text(),
                "demonstrations": np.int32,
                "shapes": tfds.features.Tensor(shape=(None, 2), dtype=np.uint8),
                "cells": tfds.features.Tensor(shape=(None,), dtype=np.uint8),
            }
        )

    def examples(self, content: Sequence[Task]) -> Iterator[dict[str, Any]]:
        yield from map(records.encode, content)
