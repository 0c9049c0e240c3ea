"""A reasoner of text: nobody sees the future or another example; the cache is exact."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import IGNORE_LABEL, UserError
from hrm_jax import losses
from hrm_jax.losses import LossConfig
from hrm_jax.models import cache, reading, reasoner
from hrm_jax.types import Latents
from tests.hrm_jax.models.small import cut_where, init_variables
from tests.hrm_jax.models.text import plain, rows, stacked, text
from tests.tolerances import assert_close

told = functools.partial(text, feedback="insight", l_cycles=1, gradient_window=4)

FIRST = ([5, 6, 7, 8], [9, 10, 11, 3])
SECOND = ([12, 13, 14], [15, 16, 3])
NOWHERE = jnp.zeros((1, 0))

run_segment = jax.jit(reasoner.run_segment, static_argnums=0)
initial_latents = jax.jit(reasoner.initial_latents, static_argnums=(0, 2))
prefill = jax.jit(reading.prefill, static_argnums=(0, 4))
decode = jax.jit(reading.decode, static_argnums=(0, 4))


def logits_of(config, variables, batch, segments=1):
    count = len(batch.inputs)
    latents = initial_latents(config, variables, count)
    for _ in range(segments):
        latents, output = run_segment(
            config,
            variables,
            latents,
            batch.inputs,
            jnp.zeros((count, 0)),
            batch.layout,
        )
    return output.logits


def spread(variables):
    """Away from zeros and symmetries, so that a difference would be seen."""
    rng = np.random.default_rng(7)

    def move(leaf):
        noise = rng.normal(0.0, 0.1, leaf.shape).astype(np.float32)
        return jnp.asarray(np.asarray(leaf) + noise)

    return variables._replace(params=jax.tree.map(move, variables.params))


def brief(**changes):
    """With fewer calls to compile, where how many there are is no matter."""
    return text(**({"h_cycles": 1, "l_cycles": 1, "gradient_window": 2} | changes))


def drawn(config):
    """The same for all that see, repeat and learn otherwise: they weigh the same."""
    once = {"h_cycles": 1, "l_cycles": 1, "gradient_window": 1, "visibility": "prefix"}
    return _drawn(dataclasses.replace(config, **once))


@functools.cache
def _drawn(config):
    return spread(init_variables(config, jax.random.key(1)))


@pytest.mark.parametrize("visibility", ["prefix", "causal"])
@pytest.mark.parametrize("made", [text, plain, told])
def test_a_token_moves_no_logit_before_it(made, visibility):
    """Each token in turn is changed; whoever may not see it gives the same logits."""
    config = made(visibility=visibility)
    variables = drawn(config)
    batch = rows(FIRST, SECOND)
    before = np.asarray(logits_of(config, variables, batch))[0]
    segments, prompt = (np.asarray(part)[0] for part in batch.layout)
    for place in range(int((segments > 0).sum())):
        inputs = batch.inputs.copy()
        inputs[0, place] = (inputs[0, place] + 1) % config.vocab_size
        after = np.asarray(logits_of(config, variables, batch._replace(inputs=inputs)))
        moved = np.abs(after[0] - before).max(-1) > 0
        own = segments == segments[place]
        later = np.arange(len(segments)) >= place
        sees = own & (later | (prompt[place] & (visibility == "prefix")))
        np.testing.assert_array_equal(moved, sees, err_msg=f"token {place}")


def test_in_a_prompt_only_the_answers_see_in_one_direction():
    """The gradient of a logit by a later token of the prompt is not zero."""
    config = brief()
    before, after = rows(FIRST), rows(([5, 6, 7, 9], FIRST[1]))
    variables = drawn(config)
    first = logits_of(config, variables, before)[0, 0]
    assert np.abs(first - logits_of(config, variables, after)[0, 0]).max() > 1e-4


@pytest.mark.parametrize("made", [text, told])
def test_two_examples_in_a_row_are_two_rows(made):
    config = made()
    variables = drawn(config)
    packed = logits_of(config, variables, rows(FIRST, SECOND))[0]
    apart = logits_of(config, variables, stacked(rows(FIRST), rows(SECOND)))
    long, short = (sum(map(len, example)) - 1 for example in (FIRST, SECOND))
    assert_close(packed[:long], apart[0, :long], "segment")
    assert_close(packed[long : long + short], apart[1, :short], "segment")


def test_the_loss_of_packed_examples_is_theirs_and_counts_answers_only():
    config = brief()
    variables = drawn(config)
    loss = LossConfig("softmax", "token", 0.0)

    def mean_loss(params, batch):
        count = len(batch.inputs)
        own = variables._replace(params=params)
        latents = reasoner.initial_latents(config, own, count)
        _, output = reasoner.run_segment(
            config, own, latents, batch.inputs, jnp.zeros((count, 0)), batch.layout
        )
        total, _ = losses.segment_loss(output, batch.labels, None, loss)
        return total / count

    grad = jax.jit(jax.value_and_grad(mean_loss))
    # A row of padding beside them, so that one program takes both.
    packed = stacked(rows(FIRST, SECOND), rows())
    value, grads = grad(variables.params, packed)
    both = stacked(rows(FIRST), rows(SECOND))
    other_value, other_grads = grad(variables.params, both)
    assert_close(value, other_value)
    jax.tree.map(lambda a, b: assert_close(a, b, "segment"), grads, other_grads)
    logits = logits_of(config, variables, packed)[0]
    own = jax.nn.log_softmax(logits, axis=-1)
    labelled = [(3, 9), (4, 10), (5, 11), (6, 3), (9, 15), (10, 16), (11, 3)]
    by_hand = -sum(own[place, label] for place, label in labelled) / len(labelled)
    assert_close(value, by_hand)
    assert (packed.labels != IGNORE_LABEL).sum() == len(labelled)


CACHED = {
    "hierarchical": text(),
    "one module": text(h_layers=0),
    "causal": brief(visibility="causal", gated_attention=False),
    "tied": brief(tied_embedding=True),
    "looped": plain(l_cycles=3, gradient_window=3),
    "repeated": plain(l_cycles=2, gradient_window=2, injection="every_call"),
    "post-norm": brief(norm="post", positions="none"),
    "bfloat16": brief(dtype="bfloat16"),
    "feedback": told(),
    "feedback, causal, post-norm": told(visibility="causal", norm="post"),
}


@pytest.mark.parametrize("name", CACHED)
def test_generation_with_a_cache_is_the_whole_forward_pass(name):
    """Token by token, rows of different lengths at once."""
    config = CACHED[name]
    tolerance = "bfloat16" if config.dtype == "bfloat16" else "segment"
    segments = 2 if name in ("hierarchical", "looped") else 1
    variables = drawn(config)
    examples = [([5, 6, 7, 8, 4], [9, 10, 11, 3]), ([12, 13], [15, 16, 17, 3])]
    batch = stacked(*map(rows, examples))
    whole = [
        np.asarray(logits_of(config, variables, batch, number + 1))
        for number in range(segments)
    ]
    lengths = jnp.array([5, 2])
    prompts = jnp.array([[5, 6, 7, 8, 4, 0, 0], [12, 13, 0, 0, 0, 0, 0]])
    empty = cache.empty(config, 2, 16, segments)._replace(lengths=lengths)
    logits, _, kept = prefill(config, variables, prompts, empty, segments)
    for number in range(4):
        assert len(logits) == segments
        for said, expected in zip(np.asarray(logits), whole, strict=True):
            for row, (prompt, _) in enumerate(examples):
                place = len(prompt) - 1 + number
                assert_close(said[row], expected[row, place], tolerance)
        tokens = jnp.array([answer[number] for _, answer in examples])
        logits, kept = decode(config, variables, tokens, kept, segments)
    assert len(logits) == segments
    np.testing.assert_array_equal(kept.lengths, lengths + 4)


def test_a_shared_cache_is_smaller_and_exact_where_there_is_one_call():
    config = text()
    assert cache.bytes_per_token(config, 1) == 2 * 4 * 6 * config.width
    shared = text(shared_cache=True)
    assert cache.bytes_per_token(shared, 1) == 2 * 4 * 2 * config.width
    assert cache.bytes_per_token(shared, 3) == cache.bytes_per_token(shared, 1)
    one, other = plain(), plain(shared_cache=True)
    assert cache.bytes_per_token(one, 1) == cache.bytes_per_token(other, 1)


def test_calls_that_share_a_cache_see_the_last_call_s_keys_of_tokens_before():
    """With one token before, whose last call alone counts, and itself in each call."""
    config = plain(l_cycles=2, gradient_window=2)
    variables, prompts = drawn(config), jnp.array([[5, 6]])
    found = {}
    for shared in (False, True):
        config = dataclasses.replace(config, shared_cache=shared)
        empty = cache.empty(config, 1, 8, 1)._replace(lengths=jnp.array([2]))
        first, _, kept = prefill(config, variables, prompts, empty, 1)
        logits, kept = decode(config, variables, jnp.array([9]), kept, 1)
        found[shared] = np.asarray(first[0, 0]), np.asarray(logits[0, 0]), kept
    # A prompt is read as ever; what the last call has left is the same.
    assert_close(found[True][0], found[False][0], "segment")
    layers = config.l_layers
    for shared, own in zip(
        found[True][2].keys, found[False][2].keys[layers:], strict=True
    ):
        assert_close(shared[:, :, :2], own[:, :, :2], "segment")
    assert np.abs(found[True][1] - found[False][1]).max() > 1e-3


@pytest.mark.parametrize("window", [1, 3, 6])
def test_the_embedding_learns_where_the_config_says_so(window):
    """Of windows between them see the next test."""
    config = text(gradient_window=window)
    variables = drawn(config)
    batch = stacked(rows(FIRST))

    def loss(params):
        own = variables._replace(params=params)
        latents = reasoner.initial_latents(config, own, 1)
        _, output = reasoner.run_segment(
            config, own, latents, batch.inputs, NOWHERE, batch.layout
        )
        return jnp.sin(output.logits).sum()

    assert_embedding_learns(config, jax.jit(jax.grad(loss))(variables.params))


def assert_embedding_learns(config, grads):
    assert bool(grads["token_embedding"]["embedding"].any()) == config.embedding_learns
    assert config.embedding_learns == (config.gradient_window >= 4)


def test_the_window_cuts_where_an_unrolled_loop_would():
    """z_h <- x; twice: twice z_l <- L(z_l + z_h), then z_h <- H(z_h + z_l)."""
    variables = drawn(text())
    batch = stacked(rows(FIRST))

    @jax.jit
    @jax.value_and_grad
    def by_hand(params, window):
        config = text()
        module = reasoner.Reasoner(config).bind(
            {**variables._asdict(), "params": params}
        )
        attend = reasoner.sight.in_text(config, batch.layout).attend
        z_h = module.embed(batch.inputs, NOWHERE)
        z_l = reasoner.initial_latents(config, variables, 1).z_l
        calls = ["l", "l", "h"] * 2
        for number, call in enumerate(calls):
            outside = number < len(calls) - window
            if call == "l":
                z_l = cut_where(outside, module.l_module(z_l + z_h, attend))
            else:
                z_h = cut_where(outside, module.h_module(z_h + z_l, attend))
        return jnp.sin(z_h).sum()

    for window in (2, 4):
        config = text(gradient_window=window)

        def ours(params, config=config):
            own = variables._replace(params=params)
            latents = reasoner.initial_latents(config, own, 1)
            after, _ = reasoner.run_segment(
                config, own, latents, batch.inputs, NOWHERE, batch.layout
            )
            return jnp.sin(after.z_h).sum()

        value, grads = by_hand(variables.params, window)
        our_value, our_grads = jax.jit(jax.value_and_grad(ours))(variables.params)
        assert_close(our_value, value)
        jax.tree.map(lambda a, b: assert_close(a, b, "segment"), our_grads, grads)
        assert_embedding_learns(config, our_grads)


def test_states_stay_bounded_at_a_module_s_exit():
    config = brief()
    variables = drawn(config)
    batch = rows(FIRST)
    latents = reasoner.initial_latents(config, variables, 1)
    large = Latents(latents.z_h + 100.0, latents.z_l * 100.0)
    after, _ = run_segment(
        config, variables, large, batch.inputs, NOWHERE, batch.layout
    )
    for state in after:
        assert_close(jnp.square(state).mean(-1), jnp.ones(state.shape[:2]), "segment")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"prefix_len": 1}, "prefix_len"),
        ({"conv_width": 2}, "conv_width"),
        ({"positions": "learned"}, "positions"),
        ({"mixer": "mlp", "positions": "none", "norm": "post"}, "mixer"),
        ({"visibility": "some"}, "visibility"),
        ({"norm": "none"}, "norm"),
        ({"injection": "never"}, "injection"),
    ],
)
def test_what_text_cannot_have_is_named(change, named):
    with pytest.raises(UserError, match=rf"model\.{named} is"):
        text(**change)
