"""Scores of ways to search, against numbers worked out by hand."""

import pytest

from eval import search_report, search_scores
from eval.search_scores import Answer
from eval.statistics import Rate
from hrm_jax.search.methods import METHODS


def answers(method, passed, tokens=10):
    """passed: by seed and problem."""
    return [
        Answer(method, 4, f"p{problem}", seed, solved, 4, 3, tokens, 5 * tokens)
        for seed, row in enumerate(passed)
        for problem, solved in enumerate(row)
    ]


def test_means_gains_and_costs():
    base = answers("public", [[True, False, False, False], [True, True, False, False]])
    ours = answers("ucb", [[True, True, True, False], [True, True, False, False]], 20)
    found = search_scores.scores([*base, *ours], "public")
    public, ucb = found["public"][4], found["ucb"][4]
    assert public.solved == pytest.approx(3 / 8) and ucb.solved == pytest.approx(5 / 8)
    assert (public.gain, public.gain_interval, public.p_value) == (0, None, 1)
    assert ucb.gain == pytest.approx(1 / 4)
    assert ucb.relative == pytest.approx(2 / 3)
    # Seed 0 alone: two that ours alone solves, none the other way: 2 / 2^2.
    assert ucb.p_value == pytest.approx(0.5)
    assert (ucb.samples, ucb.executions, ucb.tokens, ucb.read) == (4, 3, 20, 100)
    # Differences of the four tasks are 0, 1/2, 1/2 and 0.
    low, high = ucb.gain_interval
    assert 0 <= low < 1 / 4 < high <= 1 / 2


def test_renderings_of_a_task_are_no_more_evidence_than_one():
    passed = [True, False, False, True, False, False, True, False]
    better = [True, True, True, False, True, True, True, False]
    tasks = {f"p{number}": f"task {number % 8}" for number in range(24)}
    once, thrice = (
        search_scores.scores(
            answers("public", [times * passed]) + answers("ucb", [times * better]),
            "public",
            tasks,
        )["ucb"][4]
        for times in (1, 3)
    )
    assert thrice.p_value == once.p_value == pytest.approx(2 * (1 + 5) / 2**5)
    assert thrice.interval == pytest.approx(once.interval)
    assert thrice.gain_interval == pytest.approx(once.gain_interval)


def test_gains_alone_are_those_of_the_large_table():
    base = answers("clusters", [[True, False, False, False]])
    ours = answers("ucb", [[True, True, True, False]])
    found = search_scores.scores([*base, *ours], "clusters")
    (head, *gains), (whole, *rows) = (
        search_scores.gains(found, 4),
        search_scores.rows(found, 4),
    )
    places = [whole.index(name) for name in ("method", "gain", "relative", "p")]
    assert [head[place] for place in (0, 1, 3, 4)] == [whole[n] for n in places]
    for short, long in zip(gains, rows, strict=True):
        assert [short[place] for place in (0, 1, 3, 4)] == [long[n] for n in places]
    assert gains[1][:2] == ("ucb", "+50.0%") and gains[1][3:] == ("+200.0%", "0.500")


def test_order_of_answers_does_not_count():
    base = answers("public", [[True, False, True]])
    ours = answers("ucb", [[True, True, False]])
    one = search_scores.scores([*base, *ours], "public")
    other = search_scores.scores([*reversed(ours), *reversed(base)], "public")
    assert one["ucb"] == other["ucb"]


def test_a_baseline_that_solves_nothing_has_no_relative_gain():
    found = search_scores.scores(answers("public", [[False] * 5]), "public")
    score = found["public"][4]
    assert score.relative is None and score.interval == Rate(0, 5).interval()
    table = search_scores.rows(found, 4)
    assert len({len(row) for row in table}) == 1
    assert search_scores.curve(found) == [("samples", "4"), ("public", "0.0%")]


def test_each_method_has_a_line_of_its_own():
    looks = [search_report._look(number) for number in range(len(METHODS))]
    assert len(set(looks)) == len(METHODS)
