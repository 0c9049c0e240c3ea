"""Small reasoners of text, and rows for them to read."""

import jax
import jax.numpy as jnp
import numpy as np

from data_pipeline.schema import IGNORE_LABEL, Batch, Layout
from hrm_jax.models.config import ReasonerConfig
from tests.hrm_jax.models.small import small

LENGTH, VOCABULARY = 24, 23


def text(**changes) -> ReasonerConfig:
    """HRM-Text in small, the whole of a segment with gradient."""
    sizes = {
        "vocab_size": VOCABULARY,
        "seq_len": LENGTH,
        "num_puzzles": 1,
        "box_rows": 1,
        "box_cols": 1,
        "h_layers": 1,
        "h_cycles": 2,
        "l_cycles": 2,
        "gradient_window": 6,
        "injection": "start",
        "norm": "pre",
        "visibility": "prefix",
        "gated_attention": True,
        "positions": "rotary",
        "num_heads": 2,
        "norm_eps": 1e-6,
    }
    return small(**(sizes | changes))


def plain(**changes) -> ReasonerConfig:
    """A transformer: one pass through its layers."""
    once = {"recurrence": "looped", "h_layers": 0, "h_cycles": 1, "l_cycles": 1}
    return text(**(once | {"l_layers": 2, "gradient_window": 1} | changes))


def rows(*examples: tuple[list[int], list[int]], length: int = LENGTH) -> Batch:
    """One row that holds prompts and answers, all of them tokens."""
    inputs, labels, segments, prompts = [], [], [], []
    for number, (prompt, answer) in enumerate(examples, start=1):
        tokens = [*prompt, *answer]
        inputs += tokens[:-1]
        labels += [IGNORE_LABEL] * (len(prompt) - 1) + answer
        segments += [number] * (len(tokens) - 1)
        prompts += [True] * len(prompt) + [False] * (len(answer) - 1)
    missing = length - len(inputs)
    assert missing >= 0, "the examples do not fit"

    def row(values, blank, dtype):
        return np.array([values + [blank] * missing], dtype)

    return Batch(
        row(inputs, 0, np.int32),
        row(labels, IGNORE_LABEL, np.int32),
        np.zeros(1, np.int32),
        Layout(row(segments, 0, np.int32), row(prompts, False, bool)),
    )


def stacked(*batches: Batch) -> Batch:
    return jax.tree.map(lambda *rows: jnp.asarray(np.concatenate(rows)), *batches)
