"""Graphs of text against prefill and decoding in JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hrm_jax.export.graphs import text as graphs
from hrm_jax.models import cache as caches
from hrm_jax.models import reading
from tests.hrm_jax.export import drawn
from tests.hrm_jax.export.graphs.rounded import quantized
from tests.hrm_jax.export.graphs.sessions import require_whole_sums, started
from tests.hrm_jax.models.text import VOCABULARY, plain, text
from tests.tolerances import assert_close, relative_error

LENGTHS = np.array([7, 3], np.int32)
ROOM = 20
STEPS = 4

MODELS = {
    "exact": (text(l_cycles=1, gradient_window=1), 2),
    "shared": (text(shared_cache=True, gradient_window=1), 1),
    "causal": (
        plain(
            visibility="causal", positions="none", norm="post", gated_attention=False
        ),
        1,
    ),
}
prefill = jax.jit(reading.prefill, static_argnums=(0, 4))
decode = jax.jit(reading.decode, static_argnums=(0, 4))


class Host:
    """A cache as a host keeps it: room for all, of which what is filled is true."""

    def __init__(self, config, given, segments, form="standard"):
        self._prefill, self._decode = (
            started(make(config, given, segments, form))
            for make in (graphs.prefill, graphs.decode)
        )
        self.cache, self.lengths = {}, np.zeros(0, np.int32)

    def prefill(self, tokens, lengths):
        names = [output.name for output in self._prefill.get_outputs()]
        feed = {"tokens": tokens, "lengths": lengths}
        told = dict(zip(names, self._prefill.run(None, feed), strict=True))
        logits, q_halt = told.pop("logits"), told.pop("q_halt")
        for name, array in told.items():
            batch, heads, length, width = array.shape
            # What is not filled must not be seen.
            room = np.full((batch, heads, ROOM, width), 7, np.float32)
            room[:, :, :length] = array
            self.cache[name] = room
        self.lengths = lengths.copy()
        return logits, q_halt

    def decode(self, tokens):
        feed = {"tokens": tokens, "lengths": self.lengths, **self.cache}
        logits, keys, values = self._decode.run(None, feed)
        rows = np.arange(len(tokens))
        for place in range(len(keys)):
            for name, new in (("keys", keys), ("values", values)):
                self.cache[f"{name}_{place}"][rows, :, self.lengths] = new[place]
        self.lengths += 1
        return logits


@pytest.mark.parametrize("name", MODELS)
def test_tokens_after_each_other(name):
    config, segments = MODELS[name]
    given = drawn.variables(config)
    rng = np.random.default_rng(1)
    prompts = rng.integers(0, VOCABULARY, (2, 8)).astype(np.int32)
    cache = caches.empty(config, 2, ROOM, segments)
    cache = cache._replace(lengths=jnp.asarray(LENGTHS))
    logits, q_halt, cache = prefill(config, given, prompts, cache, segments)

    host = Host(config, given, segments)
    got = host.prefill(prompts, LENGTHS)
    assert_close(got[0], logits, "segment", "logits of the prompt")
    assert_close(got[1], q_halt, "segment", "q_halt")
    assert len(host.cache) == 2 * len(cache.keys)
    for step in range(STEPS):
        tokens = rng.integers(0, VOCABULARY, 2).astype(np.int32)
        logits, cache = decode(config, given, tokens, cache, segments)
        assert_close(host.decode(tokens), logits, "segment", f"step {step}")


@pytest.mark.parametrize("tied", [False, True])
def test_the_head_has_8_bits_where_activations_do(tied):
    config = text(l_cycles=1, gradient_window=1, tied_embedding=tied)
    given = drawn.variables(config)
    for make in (graphs.prefill, graphs.decode):
        kept = {
            form: {one.name for one in make(config, given, 1, form).graph.initializer}
            for form in ("nbits", "integer")
        }
        assert "answer_head.scales" in kept["integer"]
        assert "answer_head.scales" not in kept["nbits"]
    require_whole_sums()
    # Its scores come out again, but for a percent, as in test_products.py.
    prompts = np.arange(8, dtype=np.int32)[None].repeat(2, 0)
    whole, coarse = (Host(config, given, 1, form) for form in ("nbits", "integer"))
    for read in ("prefill", "decode"):
        asked = (prompts, LENGTHS) if read == "prefill" else (LENGTHS,)
        exact, rounded = (getattr(host, read)(*asked) for host in (whole, coarse))
        if read == "prefill":
            exact, rounded = exact[0], rounded[0]
        assert 1e-5 < relative_error(rounded, exact) < 2e-2


def test_a_token_takes_few_operators():
    """Each costs microseconds, however little it computes. A block with what a module
    does around it; ONNX Runtime makes one of the six of each norm."""
    counts = []
    for l_cycles in (1, 2):
        config = text(l_cycles=l_cycles, gradient_window=1)
        nodes = graphs.decode(config, drawn.variables(config), 1, "nbits").graph.node
        counts.append(sum(node.op_type != "Identity" for node in nodes))
    assert counts[1] - counts[0] <= 2 * 50, "two calls more, of one block each"


def test_weights_of_4_and_8_bits():
    config, segments = MODELS["exact"]
    wide = text(width=32, feed_forward_multiple=32, l_cycles=1, gradient_window=1)
    given = drawn.variables(wide)
    rounded, whole = quantized(given, "mixed")
    hosts = [
        Host(wide, whole, segments),
        Host(wide, rounded, segments, "nbits"),
        Host(wide, rounded, segments, "standard"),
    ]
    prompts = np.arange(8, dtype=np.int32)[None].repeat(2, 0)
    whole, *packed = (host.prefill(prompts, LENGTHS)[0] for host in hosts)
    for logits in packed:
        assert_close(logits, whole, "segment")
    tokens = np.array([1, 2], np.int32)
    after, *packed = (host.decode(tokens) for host in hosts)
    for logits in packed:
        assert_close(logits, after, "segment")
    # Of activations in 8 bits, and of a head in 8 bits.
    require_whole_sums()
    coarse = Host(wide, rounded, segments, "integer")
    assert 1e-4 < relative_error(coarse.prefill(prompts, LENGTHS)[0], whole) < 5e-2
    assert 1e-4 < relative_error(coarse.decode(tokens), after) < 5e-2
