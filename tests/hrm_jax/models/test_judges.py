"""The heads by themselves: order, padding, gradients, and what a debate can learn."""

import dataclasses
import functools

import jax
import numpy as np
import pytest

from configs import judges as preset
from configs import text
from data_pipeline.schema import UserError
from hrm_jax.models import judges
from hrm_jax.models.judges import Finalists, JudgesConfig
from hrm_jax.search import features, learning
from hrm_jax.search.finalists import KNOWN
from hrm_jax.search.fitting import FitConfig, fit
from hrm_jax.search.judged import DebateExamples, Examples
from tests.configs.test_text import model_of, parameters
from tests.tolerances import assert_close

CONFIG = JudgesConfig(width=16, heads=2, rounds=2)
E, G, F = 6, 3, 5


@functools.cache
def debate_params():
    return judges.init_debate(CONFIG, jax.random.key(0), E, G)


def drawn(rows=4, present=None, seed=0):
    """Finalists of random encodings, who agree at random."""
    rng = np.random.default_rng(seed)
    normal = lambda *shape: rng.normal(size=shape).astype(np.float32)  # noqa: E731
    part = rng.random((rows, F, F)).astype(np.float32)
    part = (part + part.swapaxes(1, 2)) / 2
    agreement = np.stack([part, (part > 0.5).astype(np.float32)], -1)
    everyone = np.ones((rows, F), bool) if present is None else present
    return Finalists(normal(rows, F, E), normal(rows, F, G), agreement, everyone)


def permuted(finalists, order):
    encodings, features, agreement, present = finalists
    return Finalists(
        encodings[:, order],
        features[:, order],
        agreement[:, order][:, :, order],
        present[:, order],
    )


def test_to_permute_the_finalists_permutes_the_scores():
    finalists, order = drawn(), np.array([3, 0, 4, 2, 1])
    scores = judges.debate(CONFIG, debate_params(), finalists)
    others = judges.debate(CONFIG, debate_params(), permuted(finalists, order))
    assert scores.shape == (2, 4, F)
    assert_close(others, scores[:, :, order])


def test_what_stands_in_padding_changes_nothing():
    present = np.arange(F)[None] < np.array([5, 3, 1, 2])[:, None]
    finalists = drawn(present=present)
    scores = judges.debate(CONFIG, debate_params(), finalists)
    other = drawn(present=present, seed=1)
    where = lambda mask, a, b: np.where(mask, a, b)  # noqa: E731
    both = present[:, :, None] & present[:, None]
    mixed = Finalists(
        where(present[..., None], finalists.encodings, other.encodings),
        where(present[..., None], finalists.features, other.features),
        where(both[..., None], finalists.agreement, other.agreement),
        present,
    )
    np.testing.assert_array_equal(scores, judges.debate(CONFIG, debate_params(), mixed))
    shares = jax.nn.softmax(scores[-1])
    assert (np.asarray(shares)[~present] == 0).all()


def test_gradient_reaches_every_parameter_of_both_heads():
    finalists = drawn()
    target = np.eye(F, dtype=np.float32)[[0, 1, 2, 3]]
    of_debate = jax.grad(functools.partial(learning.debate_loss, CONFIG))(
        debate_params(), DebateExamples(finalists, target)
    )
    value_params = judges.init_value(CONFIG, jax.random.key(1), E, G)
    batch = Examples(
        finalists.encodings[:, 0], finalists.features[:, 0], np.array([1, 0, 0, 1]) > 0
    )
    of_value = jax.grad(functools.partial(learning.value_loss, CONFIG))(
        value_params, batch
    )
    for path, leaf in jax.tree_util.tree_leaves_with_path((of_debate, of_value)):
        assert np.abs(leaf).max() > 1e-7, jax.tree_util.keystr(path)


def planted(rows, seed):
    """Problems of which a group of finalists is right, and none of it by itself.

    Finalists fall into two groups, three against two, that agree among each other.
    Right is the group of the one finalist whose first channel is large.
    """
    rng = np.random.default_rng(seed)
    finalists = drawn(rows, seed=seed)
    dealt = rng.permuted(np.tile(np.arange(F), (rows, 1)), axis=1)
    group = np.array([0, 0, 0, 1, 1])[dealt]
    alike = (group[:, :, None] == group[:, None]).astype(np.float32)
    encodings, mark = finalists.encodings.copy(), rng.integers(F, size=rows)
    encodings[:, :, 0] = 0
    encodings[np.arange(rows), mark, 0] = 8
    right = group == group[np.arange(rows), mark][:, None]
    target = right / right.sum(-1, keepdims=True)
    agreement = np.stack([0.5 + alike / 2, alike], -1)
    table = finalists._replace(encodings=encodings, agreement=agreement)
    return DebateExamples(table, target.astype(np.float32))


@pytest.mark.slow
def test_a_debate_learns_what_most_of_the_right_ones_do_not_show():
    """Only who listens to whoever agrees can know that it is the marked one's ally."""
    loss = functools.partial(learning.debate_loss, CONFIG)
    data, held = planted(512, 0), planted(128, 1)
    settings = FitConfig(5e-3, 0.01, 0.9, 0.99, 200, 64, 100)
    found = fit(loss, debate_params(), data, held, settings, 0)
    test = planted(256, 2)
    shares = jax.nn.softmax(judges.debate(CONFIG, found.params, test.finalists)[-1])
    right = test.target > 0
    assert 0.4 < right.mean() < 0.7
    # Not the choice alone: both or all three of the group have the same share.
    assert (np.asarray(shares) * right).sum(-1).mean() > 0.95
    apart = np.abs(np.asarray(shares) - test.target).max(-1)
    assert np.quantile(apart, 0.9) < 0.2


def test_a_wrong_configuration_is_named():
    with pytest.raises(UserError, match="must be a multiple of judges.heads = 3"):
        JudgesConfig(width=16, heads=3, rounds=1)


@pytest.mark.parametrize("run", text.PRESETS)
def test_all_heads_together_are_small_beside_a_run(run):
    """Value head, debate, and the insight module where a model can have one."""
    config = JudgesConfig(**preset.get_config().heads)
    key = jax.random.key(0)
    model = model_of(run)
    size = 2 * model.width  # of an encoding: `encoder.read`
    heads = jax.eval_shape(
        lambda: (
            judges.init_value(config, key, size, features.KNOWN),
            judges.init_debate(config, key, size, KNOWN),
        )
    )
    alone = parameters(model)
    count = sum(leaf.size for leaf in jax.tree.leaves(heads))
    if model.recurrence == "hierarchical":
        insight = dataclasses.replace(model, feedback="insight")
        count += parameters(insight) - alone
    assert count < 0.15 * alone
