"""Whole searches, with a network that is a function: budgets, resumption, mending."""

import dataclasses
import json
import math
import random

import pytest

from configs import search as defaults
from data_pipeline.schema import UserError
from eval.benchmarks.problem import Kind
from eval.benchmarks.synthetic.trial import Trial
from hrm_jax.search import journal, methods, selection, settings
from hrm_jax.search.candidate import Sample
from hrm_jax.search.search import Search
from hrm_jax.search.settings import Budget
from tests.hrm_jax.search.toys import Network, Word, below, explored

FIELDS = defaults.get_config().to_dict()
RULES = selection.RULES


def search(rule, word, samples=16, seed=0, executions=None, value=None, **changes):
    budget = Budget(samples, samples if executions is None else executions)
    return Search(word, settings.settings(rule, FIELDS | changes), budget, seed, value)


def mender(ask):
    """Writes nonsense, but mends the letter that it is told."""
    if ": letter " not in ask.prompt:
        return "zzz"[: ask.seed % 3] + "y"
    source, _, rest = ask.prompt.partition(": letter ")
    place, letter = int(rest.split()[0]), rest.split()[-1]
    return source[:place].ljust(place, "q") + letter + source[place + 1 :]


def scribbler(ask):
    """Draws three letters by the seed of the ask."""
    drawn = random.Random(f"{ask.prompt} {ask.temperature} {ask.seed}")
    return "".join(drawn.choices("abc-", k=3))


def test_who_is_to_differ_is_told_all_before(tmp_path):
    """One after the other, at one temperature; the journal keeps what was said."""
    asked = []

    def network(asks):
        for place, ask in enumerate(asks):
            asked.append(ask)
            said = ((len(ask.apart), -0.5), (1, -0.25))
            yield place, Sample("ab"[len(ask.apart) % 2], -0.75, 2, False, said)

    def paths(count):
        return tuple(((number, -0.5), (1, -0.25)) for number in range(count))

    explored(tmp_path / "journal", [search("distinct", Word("abc"), 5)], network)
    assert [ask.apart for ask in asked] == [paths(n) for n in range(5)]
    assert {ask.temperature for ask in asked} == {FIELDS["distinct_temperature"]}
    again = search("distinct", Word("abc"), 7)
    explored(tmp_path / "journal", [again], network)
    assert [ask.apart for ask in asked[5:]] == [paths(5), paths(6)]
    assert [one.source for one in again.tree.candidates] == [*"abababa"]


@pytest.mark.parametrize("rule", RULES)
def test_some_are_told_what_to_begin_with(rule, tmp_path):
    """Fresh candidates and repairs; the same question otherwise is another one."""
    network = Network(scribbler)
    one = search(rule, Word("abcab", begins="a"))
    explored(tmp_path / "journal", [one], network)
    told = {ask.begins for ask in network.asked}
    assert told == {"a" if rule in selection.OF_SIGNATURE else ""}
    ask = network.asked[0]
    assert journal.asked(one.challenge, ask) != journal.asked(
        one.challenge, ask._replace(begins="b")
    )


def test_in_a_tree_answers_to_one_prompt_differ(tmp_path):
    """Each prompt is told its own answers alone, all of them."""
    asked, said = [], {}

    def network(asks):
        for place, ask in enumerate(asks):
            asked.append(ask)
            text = scribbler(ask)
            path = ((len(asked), -0.5),)
            assert ask.apart == tuple(said.setdefault(ask.prompt, []))
            said[ask.prompt].append(path)
            yield place, Sample(text, -0.5, 1, False, path)

    one = search("ucb_distinct", Word("abcab"), samples=30)
    explored(tmp_path / "journal", [one], network)
    ways = {made.way for made in one.tree.candidates}
    assert len(asked) == 30 and len(said) > 2 and ways == {"fresh", "repair"}
    assert max(map(len, said.values())) > 2


@pytest.mark.parametrize("rule", ["ucb", "puct", "ucb_distinct"])
def test_what_only_repair_solves_is_found_by_a_tree_alone(rule, tmp_path):
    flat, tree = (search(one, Word("abcd"), samples=32) for one in ("flat", rule))
    explored(tmp_path / "journal", [flat, tree], Network(mender))
    assert not any(one.solved for one in flat.tree.candidates)
    (found, *_) = [one for one in tree.tree.candidates if one.solved]
    assert found.source == "abcd" and found.way == "repair"
    # It was mended letter by letter, and each time by what the last one failed.
    steps = [found]
    while steps[-1].parent is not None:
        steps.append(tree.tree.candidates[steps[-1].parent])
    assert [one.share for one in reversed(steps)] == [0, 0.25, 0.5, 0.75, 1]


@pytest.mark.parametrize("rule", RULES)
def test_budgets_are_kept_and_counted(rule, tmp_path):
    word, network = Word("abc"), Network(scribbler)
    one = search(rule, word, samples=21)
    explored(tmp_path / "journal", [one], network)
    assert len(one.tree.candidates) == len(network.asked) == 21
    assert len(word.runs) == one.executions == len(set(word.runs)) <= 21
    # What is there twice has cost its sample, but no run.
    keys = [candidate.key for candidate in one.tree.candidates]
    assert len(set(keys)) == one.executions < len(keys)


def test_runs_end_a_search_as_samples_do(tmp_path):
    word, network = Word("abc"), Network(lambda ask: scribbler(ask)[:1])
    one = search("ucb", word, samples=50, executions=3)
    explored(tmp_path / "journal", [one], network)
    assert one.executions == len(word.runs) == 3 < len(one.tree.candidates) < 50


def test_nothing_may_be_spent():
    assert not search("ucb", Word("abc"), samples=0).expand()


def test_it_stops_at_the_first_that_passes_if_it_is_told_to(tmp_path):
    for stops in (True, False):
        network = Network(lambda ask: "abc" if ask.temperature else "abd")
        one = search("ucb", Word("abc"), batch=1, stop_when_passed=stops)
        explored(tmp_path / f"{stops}", [one], network)
        assert len(one.tree.candidates) == (2 if stops else 16)
        assert all(made.way == "fresh" for made in one.tree.candidates[2:])


def test_ways_share_their_fresh_candidates(tmp_path):
    network, word = Network(scribbler), Word("abc")
    found = [search(rule, word) for rule in ("flat", "ucb", "puct")]
    explored(tmp_path / "journal", found, network)
    fresh = [
        [one.source for one in each.tree.candidates if one.way == "fresh"]
        for each in found
    ]
    for some in fresh[1:]:
        assert len(some) >= 2 and some == fresh[0][: len(some)]
    assert len(network.asked) == len(set(network.asked))
    assert len(word.runs) == len(set(word.runs))
    other = search("flat", word, seed=1)
    explored(tmp_path / "journal", [other], network)
    assert [one.source for one in other.tree.candidates] != fresh[0]


@pytest.mark.parametrize("rule", RULES)
def test_idle_settings_change_nothing(rule, tmp_path):
    """And of the others those that do are not called idle."""
    changed = {
        **{"exploration": 1.5, "fresh_widening": 1.0, "repair_widening": 0.3},
        **{"widening_power": 0.2, "temperatures": (0.5,), "distinct_temperature": 0.7},
        **{"batch": 1, "value_weight": 0.9},
    }

    def taste(language, prompt, made):
        return [one.source.count("b") / 3 for one in made]

    def candidates(**changes):
        one = search(rule, Word("abcab"), samples=40, value=taste, **changes)
        explored(tmp_path / "journal", [one], Network(scribbler))
        return one.tree.candidates

    usual = candidates()
    idle = {name for name in changed if candidates(**{name: changed[name]}) == usual}
    assert idle == settings.idle(rule, stop_when_passed=False)


def test_the_order_of_answers_changes_nothing(tmp_path):
    found = []
    for backwards in (False, True):
        one = search("ucb", Word("abcab"))
        network = Network(scribbler, backwards)
        explored(tmp_path / f"{backwards}", [one], network)
        found.append(one.tree.candidates)
    assert found[0] == found[1]


def test_a_smaller_budget_is_the_beginning_of_a_larger_one(tmp_path):
    for rule in RULES:
        large, small = (search(rule, Word("abcab"), n) for n in (16, 7))
        explored(tmp_path / rule, [large, small], Network(scribbler))
        assert large.tree.candidates[:7] == small.tree.candidates


def test_killed_at_any_point_it_comes_to_the_same_tree(tmp_path):
    whole = tmp_path / "whole"

    def gone_through(path):
        one, network = search("puct", Word("abcab"), 8, seed=4), Network(scribbler)
        explored(path, [one], network)
        sums = [(n.visits, n.total) for n in below(one.tree.root)]
        return one.tree.candidates, sums, len(network.asked)

    candidates, sums, asked = gone_through(whole)
    lines = whole.read_bytes().splitlines(keepends=True)
    assert len(lines) > asked == 8
    for kept in range(len(lines) + 1):
        path = tmp_path / f"{kept}"
        torn = lines[kept][:9] if kept < len(lines) else b""
        path.write_bytes(b"".join(lines[:kept]) + torn)
        again, same, more = gone_through(path)
        assert (again, same) == (candidates, sums)
        assert more == asked - sum(b'"sample"' in line for line in lines[:kept])
        assert sorted(path.read_bytes().splitlines()) == sorted(
            whole.read_bytes().splitlines()
        )


def test_a_network_that_dies_loses_nothing(tmp_path):
    class Dying(Network):
        def __call__(self, asks):
            for one in super().__call__(asks):
                if len(self.asked) == 6:
                    raise UserError("It is gone.")
                yield one

    path = tmp_path / "journal"
    with pytest.raises(UserError, match="gone"):
        explored(path, [search("ucb", Word("abc"))], Dying(scribbler))
    network, one = Network(scribbler), search("ucb", Word("abc"))
    explored(path, [one], network)
    assert len(network.asked) == 16 - 5 and len(one.tree.candidates) == 16


def test_what_a_machine_could_not_run_is_run_by_one_that_can(tmp_path):
    class Bare(Word):
        def public(self, source, sandbox=None):
            return Trial(Kind.NOT_RUN, (), (False,) * len(self.wanted), "", 0.0)

    path = tmp_path / "journal"
    explored(path, [search("flat", Bare("abc"))], Network(scribbler))
    network, word = Network(scribbler), Word("abc")
    one = search("flat", word)
    explored(path, [one], network)
    assert not network.asked and len(word.runs) == one.executions > 1
    assert Kind.NOT_RUN not in {made.kind for made in one.tree.candidates}
    explored(path, [search("flat", word)], network)
    assert len(word.runs) == one.executions


def test_foreign_lines_are_named(tmp_path):
    path = tmp_path / "journal"
    path.write_text('{"poem": 1}\n')
    with pytest.raises(UserError, match="journal:1 is nothing that a search wrote"):
        explored(path, [], Network(scribbler))


def test_without_public_tests_nothing_is_run(tmp_path):
    word = Word("")
    one = search("ucb", word)
    explored(tmp_path / "journal", [one], Network(scribbler))
    assert not word.runs and not one.executions
    assert {made.way for made in one.tree.candidates} == {"fresh"}
    found = methods.attempt(methods.METHODS["ucb"], one, 16)
    assert 1 < len(found.probed) == found.cost.executions <= 16


def test_answers_without_a_program_cost_no_run(tmp_path):
    word = Word("abc")
    one = search("ucb", word)
    explored(tmp_path / "journal", [one], Network(lambda ask: " "))
    assert not word.runs and {made.kind for made in one.tree.candidates} == {
        "malformed"
    }
    assert one.tree.root.mean < 0.01


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_value_head_leads_as_far_as_it_is_trusted(value, tmp_path):
    """A head that knows the first letter, and nothing else."""

    def head(language, prompt, candidates):
        return [float(one.source[:1] == "b") for one in candidates]

    word = Word("abc")
    fields = settings.settings("ucb", FIELDS | {"value_weight": value})
    one = Search(word, fields, Budget(12, 12), 0, head)
    explored(tmp_path / "journal", [one], Network(scribbler))
    for node in one.tree.settled:
        made = node.candidate
        reward = head("", "", [made])[0] if value else made.reward
        own = node.total - sum(child.total for child in node.children)
        assert own == pytest.approx(0.0 if node.duplicate else reward)


@pytest.mark.parametrize(
    "change, told",
    [
        ({"batch": 0}, "search.batch is 0, but it must be at least 1"),
        ({"temperatures": ()}, r"temperatures is \(\), but it must be one number or"),
        ({"temperatures": (0.6, math.nan)}, r"\(0.6, nan\), but .* all above 0"),
        ({"distinct_temperature": 0}, "distinct_temperature is 0.0, but it must be ab"),
        ({"exploration": -1}, "search.exploration is -1.0, but it must be finite, and"),
        ({"repair_widening": math.inf}, "repair_widening is inf, but it must be fini"),
        ({"fresh_widening": 0}, "search.fresh_widening is 0.0, .* and above 0"),
        ({"widening_power": 1.5}, "widening_power is 1.5, but it must be from 0 to 1"),
        (
            {"temperatures": ("warm",)},
            r"temperatures is \('warm',\), but must be a list",
        ),
        ({"temperatures": "68"}, "temperatures is '68', but must be a list of numbers"),
        ({"temperatures": 0.6}, "temperatures is 0.6, but must be a list of numbers"),
        ({"stop_when_passed": "false"}, "is 'false', but must be true or false"),
        ({"stop_when_passed": 0}, "stop_when_passed is 0, but must be true or false"),
        ({"batch": 2.7}, "batch is 2.7, but must be a whole number"),
        ({"batch": True}, "batch is True, but must be a whole number"),
        ({"exploration": "0.3"}, "exploration is '0.3', but must be a number"),
        ({"value_weight": None}, "value_weight is None, but must be a number"),
        ({"value_weight": 2}, "search.value_weight is 2.0, but it must be from 0 to 1"),
        ({"depth": 2}, "depth is unknown"),
    ],
)
def test_settings_out_of_bounds_are_named(change, told):
    with pytest.raises(UserError, match=told):
        settings.settings("ucb", FIELDS | change)
    short = {name: FIELDS[name] for name in FIELDS if name != "batch"}
    with pytest.raises(UserError, match="batch is missing"):
        settings.settings("ucb", short)


def test_settings_are_frozen_and_as_a_file_of_json_writes_them():
    made = settings.settings("ucb", json.loads(json.dumps(FIELDS)))
    assert made == settings.settings("ucb", FIELDS)
    whole = settings.settings("ucb", FIELDS | {"temperatures": [1]})
    assert repr(whole.temperatures) == "(1.0,)"
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.batch = 2
    fresh = [made.temperature("fresh", n) for n in range(5)]
    assert fresh == [0.0, 0.6, 0.8, 1.0, 0.6]
    assert [made.temperature("repair", n) for n in range(4)] == [0.6, 0.8, 1.0, 0.6]
