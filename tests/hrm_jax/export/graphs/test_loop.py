"""The whole search as one graph against the loop in JAX."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import Batch
from hrm_jax import inference
from hrm_jax.export.graphs import segment
from hrm_jax.halting import HaltingConfig
from tests.hrm_jax.export import drawn
from tests.hrm_jax.export.graphs.sessions import started
from tests.hrm_jax.models import small
from tests.tolerances import assert_close

EXAMPLES = 24
MODELS = {
    "hierarchical": small.small(num_heads=2, puzzle_width=5, prefix_len=1),
    "from the start": small.small(norm="pre", injection="start", num_heads=2),
}
answer_until_halted = jax.jit(
    inference.answer_until_halted, static_argnums=(0, 1), static_argnames=("slots",)
)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("min_confidence, q_learning", [(0.0, True), (0.7, False)])
def test_each_row_halts_by_itself(name, min_confidence, q_learning):
    config, given = MODELS[name], drawn.variables(MODELS[name])
    halting = HaltingConfig(
        max_segments=6,
        exploration_prob=0.0,
        min_confidence=min_confidence,
        residual=0.0,
        q_learning=q_learning,
    )
    rng = np.random.default_rng(2)
    tokens = rng.integers(0, config.vocab_size, (EXAMPLES, config.seq_len))
    tokens = tokens.astype(np.int32)
    table, feed = None, {"tokens": tokens}
    if config.puzzle_width:
        table = rng.standard_normal((3, config.puzzle_width)).astype(np.float32)
        feed["puzzle_vectors"] = table[np.arange(EXAMPLES) % 3]
    batch = Batch(tokens, tokens, jnp.arange(EXAMPLES, dtype=jnp.int32) % 3)
    expected = answer_until_halted(config, halting, given, table, batch, slots=EXAMPLES)

    model = segment.loop(config, dataclasses.asdict(halting), given, "standard")
    answer, segments, confidence = started(model).run(None, feed)
    np.testing.assert_array_equal(segments, expected.segments)
    np.testing.assert_array_equal(answer, expected.tokens)
    assert_close(confidence, expected.halt_probability, "segment")
    assert answer.dtype == segments.dtype == np.int32
    # It says something: some halt early, some later, some at the end.
    assert len(set(segments.tolist())) >= 4 and segments.max() == 6
