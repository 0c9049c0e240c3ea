"""An equivariant reasoner: renaming the digits renames the answer, and no more."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import UserError
from hrm_jax.models import reasoner, symbols
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Latents
from tests.hrm_jax.models.small import draw, small
from tests.tolerances import assert_close


def board(**changes) -> ReasonerConfig:
    """On 4x4, which is compiled and run sooner."""
    sizes = {"vocab_size": 6, "seq_len": 16, "box_rows": 2, "box_cols": 2}
    cycles = {"h_cycles": 1, "l_cycles": 1, "gradient_window": 2}
    fields = sizes | cycles | {"width": 24, "num_heads": 3, "equivariant": True}
    return small(**(fields | changes))


VARIANTS = (
    board(attention_scopes=("row", "column", "box"), positions="none", prefix_len=1),
    board(positions="rotary", conv_width=2, puzzle_width=8, prefix_len=2),
    board(mixer="mlp", h_layers=1, prefix_len=1),
    board(recurrence="looped", l_cycles=2, prefix_len=1),
)


def renaming(config: ReasonerConfig, seed: int) -> np.ndarray:
    """Which token each token becomes; what is no symbol keeps its name."""
    order = np.random.default_rng(seed).permutation(config.num_symbols)
    return np.concatenate([[0, 1], 2 + order])


def renamed(config: ReasonerConfig, latents: Latents, names: np.ndarray) -> Latents:
    """The latents of each symbol, where those of its new name belong."""
    order = np.argsort(names[2:])

    def move(z):
        apart = z.reshape(-1, config.num_symbols, config.tokens, config.width)
        return apart[:, order].reshape(z.shape)

    return Latents(*map(move, latents))


def gradient(config, variables, latents, inputs, rows, labels):
    """What comes out, and the gradient of a loss that asks for the labels."""

    def loss(params):
        after, output = reasoner.run_segment(
            config, variables._replace(params=params), latents, inputs, rows
        )
        asked = jax.nn.one_hot(labels, config.vocab_size)
        picked = (jax.nn.log_softmax(output.logits) * asked).sum()
        return picked + output.q_halt_logit.sum(), (after, output)

    grads, aux = jax.grad(loss, has_aux=True)(variables.params)
    return *aux, grads


@pytest.mark.parametrize("config", VARIANTS)
def test_renaming_the_symbols_renames_the_answer(config):
    """From any latents and with any weights; what it learns does not change at all."""
    init = functools.partial(reasoner.init_variables, config)
    rng = np.random.default_rng(0)
    variables = jax.tree.map(
        lambda leaf: jnp.asarray(rng.normal(0, 0.3, leaf.shape), jnp.float32),
        jax.eval_shape(init, jax.random.key(0)),
    )
    latents, inputs, rows = draw(config)
    labels = rng.integers(2, config.vocab_size, inputs.shape)
    run = jax.jit(functools.partial(gradient, config))
    after, output, grads = run(variables, latents, inputs, rows, labels)
    for seed in range(3):
        names = renaming(config, seed)
        start = renamed(config, latents, names)
        moved, answer, learned = run(
            variables, start, names[inputs], rows, names[labels]
        )
        assert_close(answer.logits[..., names], output.logits, "segment")
        assert_close(answer.q_halt_logit, output.q_halt_logit, "segment")
        expected = renamed(config, after, names)
        for z, other in zip(moved, expected, strict=True):
            assert_close(z, other, "segment")
        for leaf, other in zip(*map(jax.tree.leaves, (learned, grads)), strict=True):
            assert_close(leaf, other, "segment")


def test_every_weight_learns():
    config = VARIANTS[0]
    variables = reasoner.init_variables(config, jax.random.key(0))
    _, inputs, rows = draw(config)
    inputs = inputs.at[0, :6].set(jnp.arange(6))  # every token occurs
    start = reasoner.initial_latents(config, variables, len(inputs))
    run = jax.jit(functools.partial(gradient, config))
    *_, grads = run(variables, start, inputs, rows, inputs)
    for path, leaf in jax.tree_util.tree_leaves_with_path(grads):
        assert jnp.abs(leaf).max() > 0, jax.tree_util.keystr(path)


def test_all_symbols_begin_alike():
    config = VARIANTS[0]
    variables = reasoner.init_variables(config, jax.random.key(0))
    start = reasoner.initial_latents(config, variables, 2)
    for z, moved in zip(
        start, renamed(config, start, renaming(config, 0)), strict=True
    ):
        np.testing.assert_array_equal(z, moved)


def test_the_same_weights_do_for_any_number_of_symbols():
    """What a larger board needs is more latents, and one attention more per block."""

    def weight(config):
        init = functools.partial(reasoner.init_variables, config)
        shapes = jax.eval_shape(init, jax.random.key(0)).params
        return sum(leaf.size for leaf in jax.tree.leaves(shapes))

    equivariant = board(positions="none")
    wider = board(positions="none", vocab_size=11, seq_len=81, box_rows=3, box_cols=3)
    assert weight(wider) == weight(equivariant)
    assert wider.length == 9 * 81
    width = equivariant.width
    plain = weight(board(positions="none", equivariant=False))
    tables = width * (symbols.KINDS + symbols.SCORES - 2 * equivariant.vocab_size)
    assert weight(equivariant) - plain == 4 * width**2 + tables


def test_what_a_token_is_to_each_symbol():
    kinds = symbols.kinds(jnp.asarray([[0, 1, 2, 4]]), 3)
    np.testing.assert_array_equal(kinds[0], [[0, 1, 2, 3], [0, 1, 3, 3], [0, 1, 3, 2]])


def test_without_symbols_there_is_nothing_to_rename():
    with pytest.raises(UserError, match=r"model\.equivariant"):
        board(vocab_size=2)
