"""Evolution on landscapes whose best place is known."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.schema import UserError
from hrm_jax.search import archive
from hrm_jax.search.archive import Archive, EvolutionConfig, Gene, Measured

GENES = (
    Gene("exploration", (0.2, 0.5, 1.0, 1.4, 2.0), True),
    Gene("rule", ("flat", "ucb", "puct"), False),
    Gene("temperatures", ((0.6,), (0.6, 0.8), (0.8, 1.0)), True),
    Gene("debate", (False, True), False),
)
BEGIN = (0.2, "flat", (0.6,), False)
BEST = (1.4, "ucb", (0.8, 1.0), True)


def config(members=60, seed=0):
    return EvolutionConfig(GENES, members, pressure=1.0, seed=seed)


def landscape(settings):
    """100 tasks; each gene that is nearer to the best place solves more of them."""
    near = 0.0
    for gene, value, best in zip(GENES, settings, BEST, strict=True):
        steps = abs(gene.values.index(value) - gene.values.index(best))
        near += 1 - steps / (len(gene.values) - 1) if gene.ordered else value == best
    count = round(100 * near / len(GENES))
    return Measured(tuple(i < count for i in range(100)), 16, 20, 900)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_best_settings_are_found_without_trying_all(seed, tmp_path):
    """Of 90 settings 45 are measured, half of which by chance would be enough."""
    found = archive.evolve(config(45, seed), BEGIN, landscape, tmp_path / "a.jsonl")
    assert found.best.settings == BEST
    assert len({member.settings for member in found.members}) == 45


def test_where_all_is_worth_the_same_the_cheapest_wins(tmp_path):
    def flat(settings):
        return Measured((True, False), 16, 10 if settings[3] else 20, 900)

    found = archive.evolve(config(20), BEGIN, flat, tmp_path / "a.jsonl")
    assert found.best.settings[3] is True and not found.members[0].settings[3]


def test_an_evolution_that_was_stopped_goes_on_as_if_it_never_had_been(tmp_path):
    whole = archive.evolve(config(25), BEGIN, landscape, tmp_path / "whole.jsonl")
    lines = (tmp_path / "whole.jsonl").read_text().splitlines(keepends=True)
    for kept in (0, 1, 7, 24, 25):
        path = tmp_path / f"{kept}.jsonl"
        # What was being written when the end came is half a line.
        path.write_text("".join(lines[:kept]) + lines[-1][:20] * (kept < 25))
        asked = []

        def counted(settings, asked=asked):
            asked.append(settings)
            return landscape(settings)

        again = archive.evolve(config(25), BEGIN, counted, path)
        assert again.members == whole.members and len(asked) == 25 - kept
        assert path.read_text() == "".join(lines)


@given(st.integers(0, 2**32), st.integers(0, 89))
def test_mutations_stay_in_bounds_and_change_something(seed, start):
    rng = random.Random(seed)
    settings = tuple(gene.values[start % len(gene.values)] for gene in GENES)
    for _ in range(10):
        other = archive.mutated(GENES, settings, rng)
        assert other != settings
        for gene, before, after in zip(GENES, settings, other, strict=True):
            steps = abs(gene.values.index(before) - gene.values.index(after))
            assert steps <= 1 or not gene.ordered
        settings = other


def test_parents_are_drawn_by_score_and_by_how_few_children_they_have():
    """By hand: scores 0, 1 and 1, mean 2/3, deviation sqrt(2)/3; two have a child each.

    sigmoid(-sqrt 2) = 0.19557, sigmoid(1 / sqrt 2) = 0.66976.
    """
    some = Archive(config(), BEGIN)
    for parent, right in ((None, False), (0, True), (1, True)):
        some.add(parent, BEGIN, Measured((right,), 1, 1, 1))
    expected = [0.19557 / 2, 0.66976 / 2, 0.66976]
    assert some.weights() == pytest.approx(expected, rel=1e-4)


def test_it_ends_where_everything_has_been_tried(tmp_path):
    """Ninety settings, and room for more."""
    found = archive.evolve(config(200), BEGIN, landscape, tmp_path / "a.jsonl")
    assert 80 <= len(found.members) <= 90


def test_what_makes_no_difference_is_not_tried(tmp_path):
    """Of what samples afresh alone, exploration has none."""

    def effect(settings):
        return settings[settings[1] == "flat" :]

    args = config(200), BEGIN, landscape, tmp_path / "a.jsonl"
    found = archive.evolve(*args, effect=effect)
    flat = [one for one in found.members if one.settings[1] == "flat"]
    others = [one for one in found.members if one.settings[1] != "flat"]
    assert len(flat) == len({one.settings[1:] for one in flat}) <= 6
    assert len({one.settings[0] for one in others}) > 2


def test_files_of_others_and_values_that_no_gene_has_are_named(tmp_path):
    path = tmp_path / "a.jsonl"
    archive.evolve(config(5), BEGIN, landscape, path)
    with pytest.raises(UserError, match="another seed"):
        archive.evolve(config(9, seed=4), BEGIN, landscape, path)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    del rows[1]["passed"]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(UserError, match=r"a.jsonl:2 is no member"):
        archive.evolve(config(9), BEGIN, landscape, path)
    with pytest.raises(UserError, match=r"exploration is 3.0, but evolution knows 0.2"):
        archive.evolve(config(), (3.0, *BEGIN[1:]), landscape, tmp_path / "b.jsonl")
