"""Packages of a model of text, for `bench/packages.py`."""

from __future__ import annotations

from bench import package_timer
from bench.packed import Packed
from configs import Config
from data_pipeline.task import Dimensions
from data_pipeline.text import tokenizer
from data_pipeline.text.tokenizer import Tokenizer
from hrm_jax import experiment
from hrm_jax.export import manifest

_TOKENIZER = "tokenizer.json"


def of(fields: Config) -> Packed:
    """Its tokenizer has learned nothing: a token of a prompt is a byte."""
    data, segments = fields.data, experiment.evaluation_config(fields).max_segments
    dimensions = Dimensions(data.vocab_size, data.seq_len, 1, 1, 1)
    model = experiment.train_config(fields, dimensions).model
    bytes_alone = Tokenizer.train([], tokenizer.LEAST_VOCABULARY)
    return Packed(
        model,
        None,
        lambda weights: manifest.of_text(model, _TOKENIZER, segments, None, ["python"]),
        lambda folder: bytes_alone.save(folder / _TOKENIZER),
        (f"after {package_timer.PROMPT}", f"{package_timer.ANSWER} tokens"),
    )
