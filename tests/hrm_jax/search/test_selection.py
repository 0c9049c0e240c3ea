"""Where a tree grows: formulas by hand, and a bandit whose best arm is known."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.schema import UserError
from hrm_jax.search import selection
from hrm_jax.search.selection import FLAT, PUCT, UCB, Selection
from hrm_jax.search.tree import Tree
from tests.hrm_jax.search.toys import below, candidate


def grown(tree, chosen, reward, **changes):
    """Begins a candidate and settles it at once."""
    node = tree.begin(chosen)
    tree.settle(node, candidate(len(tree.settled), **changes), reward)
    return node


def test_formulas_by_hand():
    # 0.5 + sqrt(2 ln 10 / 4) = 0.5 + 1.07298...
    assert selection.ucb1(0.5, 4, 10, math.sqrt(2)) == pytest.approx(1.5729831)
    assert selection.ucb1(0.0, 0, 10, 1.0) == math.inf
    # 0.5 + 2 x 0.25 x 4 / 5
    assert selection.puct(0.5, 4, 16, 0.25, 2.0) == pytest.approx(0.9)
    # e^-1 : e^-2 = 0.731 : 0.269, and what is unknown counts as the least
    found = selection.priors([-1.0, -2.0])
    assert found == pytest.approx([0.7310586, 0.2689414])
    third = selection.priors([-1.0, math.nan, -2.0])
    assert third[1] == third[2] < third[0] and sum(third) == pytest.approx(1.0)
    assert selection.priors([math.nan] * 4) == [0.25] * 4
    assert selection.priors([-5000.0, -1.0]) == pytest.approx([0.0, 1.0])


@pytest.mark.parametrize(
    "widening, power, visits, most",
    [
        (1, 0.5, 0, 1),
        (1, 0.5, 1, 1),
        (1, 0.5, 2, 2),
        (1, 0.5, 4, 2),
        (1, 0.5, 5, 3),
        (2, 0.5, 9, 6),
        (1, 1 / 3, 27, 3),
        (3, 0, 1000, 3),
        (0.1, 0.5, 4, 1),
    ],
)
def test_so_many_children_a_node_may_have(widening, power, visits, most):
    assert selection.most_children(float(widening), float(power), visits) == most


def test_an_unknown_rule_is_named():
    with pytest.raises(UserError, match="no selection 'best': take flat, signature"):
        Selection("best", 1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize("rule", [UCB, PUCT])
def test_a_bandit_learns_its_best_arm(rule):
    """Five programs; what comes of mending them is drawn with known chances."""
    chances = (0.1, 0.3, 0.8, 0.2, 0.4)
    rng, tree = random.Random(3), Tree()
    arms = [grown(tree, tree.root, 0.5) for _ in chances]
    rules = Selection(rule, 1.0, 5.0, 5.0, 0.0)  # five children, however many visits
    pulled = []
    for _ in range(200):
        chosen = selection.choose(tree.root, rules)
        (arm,) = [n for n in chosen.upwards() if n.parent is tree.root]
        pulled.append(arms.index(arm))
        grown(tree, chosen, float(rng.random() < chances[pulled[-1]]))
    regret = [max(chances) - chances[arm] for arm in pulled]
    assert sum(regret[100:]) < 0.6 * sum(regret[:100])
    assert pulled[100:].count(2) > 50 and set(pulled) == set(range(5))


@pytest.mark.parametrize("rule", [UCB, PUCT])
def test_what_is_pending_spreads_a_batch(rule):
    tree = Tree()
    for reward in (0.5, 0.5, 0.5, 0.4):
        grown(tree, tree.root, reward)
    rules = Selection(rule, 1.0, 4.0, 4.0, 0.0)
    first = []
    for _ in range(4):
        chosen = selection.choose(tree.root, rules)
        first.append(chosen)
        tree.begin(chosen)
    assert set(first) == set(tree.root.children)
    # Without virtual visits, the first choice would have been made four times.
    assert tree.root.pending == 4 and tree.root.visits == 4


def test_flat_never_leaves_the_root():
    tree = Tree()
    for _ in range(20):
        chosen = selection.choose(tree.root, Selection(FLAT, 1.0, 1.0, 1.0, 0.0))
        assert chosen is tree.root
        grown(tree, chosen, 1.0)


def test_dead_ends_are_passed_by():
    """What passes, what is there twice and what says nothing cannot be mended."""
    tree = Tree()
    grown(tree, tree.root, 1.0, failure=None, kind="passed")
    grown(tree, tree.root, 0.9, key="k0")
    assert selection.choose(tree.root, Selection(UCB, 1.0, 1.0, 1.0, 0.0)) is tree.root
    mended = grown(tree, tree.root, 0.1)
    assert selection.choose(tree.root, Selection(UCB, 1.0, 1.0, 1.0, 0.0)) is mended
    tree.begin(mended)  # and it has all the children that it may have
    assert selection.choose(tree.root, Selection(UCB, 1.0, 1.0, 1.0, 0.0)) is mended


def opens(node):
    """Something can be made at it or below."""
    return any(one.expandable for one in below(node))


actions = st.lists(
    st.tuples(st.booleans(), st.floats(-0.1, 1.0), st.integers(0, 12), st.booleans()),
    max_size=60,
)


@settings(max_examples=25, deadline=None)
@given(actions, st.sampled_from([UCB, PUCT]), st.integers(1, 3), st.floats(0, 1))
def test_sums_are_those_of_the_candidates_and_children_are_few(
    actions, rule, widening, power
):
    """Any order of beginning and settling; the sums are counted again from nothing."""
    rules = Selection(rule, 1.0, 2.0 * widening, float(widening), power)
    tree, begun, rewards = Tree(), [], {}
    for settles, reward, key, fails in actions:
        if settles and begun:
            node = begun.pop(0)
            failure = "f" if fails else None
            one = candidate(len(tree.settled), key=f"k{key}", failure=failure)
            rewards[node] = reward
            tree.settle(node, one, reward)
        else:
            chosen = selection.choose(tree.root, rules)
            c = rules.repair_widening if chosen.parent else rules.fresh_widening
            seen = [one for one in below(chosen) if not one.duplicate]
            seen = len(seen) - (chosen is tree.root)  # which is no candidate
            room = selection.most_children(c, power, seen)
            assert len(chosen.children) < room or not any(map(opens, chosen.children))
            # Whether a subtree can grow is told by its top, without a walk.
            assert all(opens(one) == one.expandable for one in below(tree.root))
            begun.append(tree.begin(chosen))
    seen = set()
    gained = {}
    for node in tree.settled:
        key = node.candidate.key
        gained[node] = 0.0 if key in seen else rewards[node]
        assert node.duplicate == (key in seen)
        seen.add(key)
    for node in below(tree.root):
        settled = [one for one in below(node) if one.candidate is not None]
        assert node.visits == len(settled)
        assert node.total == pytest.approx(sum(gained[one] for one in settled))
        assert node.pending == sum(one in begun for one in below(node))
