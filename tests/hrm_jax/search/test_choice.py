"""Which candidate is the answer, and what each way to it costs."""

import math

import pytest

from configs import evolve
from data_pipeline.schema import UserError
from hrm_jax.search import choice, methods
from hrm_jax.search.candidate import Finalist, executions
from hrm_jax.search.journal import Ran
from hrm_jax.search.methods import METHODS
from tests.hrm_jax.search.test_search import RULES, scribbler, search
from tests.hrm_jax.search.toys import Network, Word, candidate, explored


def passing(number, **changes):
    return candidate(number, kind="passed", passed=(True,), failure=None, **changes)


def test_likelihood_is_of_a_token_and_unknown_is_least():
    long = candidate(0, log_prob=-10.0, tokens=20)
    short = candidate(1, log_prob=-4.0, tokens=4)
    unknown = candidate(2, log_prob=math.nan)
    assert choice.most_likely([short, unknown, long]) is long
    assert choice.most_likely([unknown, candidate(3, log_prob=math.nan)]) is unknown


def test_tests_come_first_and_no_program_last():
    fails, half = candidate(0), candidate(1, passed=(True, False))
    broken = candidate(2, kind="compile error", log_prob=0.0)
    assert choice.best_by_tests([fails, half, broken]) == [half]
    assert choice.best_by_tests([fails, broken]) == [fails]
    assert choice.best_by_tests([broken]) == [broken]
    assert choice.best_by_tests([half, passing(3), passing(4)])[0].number == 3
    untested = [candidate(n, kind="not run", passed=()) for n in range(2)]
    assert choice.best_by_tests(untested) == untested


def test_the_largest_cluster_answers_and_its_likeliest_speaks():
    """Three programs of one behaviour, two votes for another program."""
    made = [passing(n, key=key) for n, key in enumerate("aabcd")]
    made[3] = passing(3, key="c", log_prob=-0.5)
    found = choice.finalists([*made, candidate(9)])
    assert [(one.candidate.key, one.votes) for one in found] == [
        *(("a", 2), ("c", 1), ("b", 1), ("d", 1))
    ]
    behaviour = {"a": ("1",), "b": ("2",), "c": ("2",), "d": ("2",)}
    probed = [one._replace(probes=behaviour[one.candidate.key]) for one in found]
    assert choice.final("python", "", probed).number == 3
    assert choice.final("python", "", found).key == "a"


def test_who_returns_nothing_is_like_nobody():
    """Programs that do not compile are no cluster, many as they may be."""
    broken = [Finalist(passing(n, key=f"b{n}"), (), 1) for n in range(3)]
    alike = [Finalist(passing(n, key=f"a{n}"), ("1",), 1) for n in range(3, 5)]
    assert [len(group) for group in choice.clusters([*broken, *alike])] == [2, 1, 1, 1]


def test_what_decides_is_asked_between_equal_clusters_alone():
    asked = []

    def decide(language, prompt, finalists):
        asked.append((language, prompt, [one.candidate.number for one in finalists]))
        return [one.candidate.number for one in finalists]

    found = [Finalist(passing(n), (f"{n % 2}",), 1) for n in range(4)]
    assert choice.final("go", "p", found, decide).number == 3
    assert asked == [("go", "p", [0, 2, 1, 3])]
    third = Finalist(passing(4), ("0",), 1)
    assert choice.final("go", "p", [*found, third], decide).number == 4
    assert choice.final("go", "p", found[:1], decide).number == 0
    assert len(asked) == 2


@pytest.mark.parametrize("left, probed", [(9, 3), (2, 2), (0, 0), (-1, 0)])
def test_probes_are_paid_from_what_is_left(left, probed):
    found = [Finalist(passing(n), None, 1) for n in range(3)]
    assert len(choice.to_probe(found, left)) == probed
    assert not choice.to_probe(found[:1], left)


def test_no_way_spends_more_than_another(tmp_path):
    """Counted by what the network and the tests were really asked."""
    word, network = Word("abca"), Network(scribbler)
    searches = {rule: search(rule, word) for rule in RULES}
    explored(tmp_path / "journal", list(searches.values()), network)
    for budget in (1, 2, 5, 16):
        for name, method in METHODS.items():
            found = methods.attempt(method, searches[method.rule], budget)
            cost = found.cost
            assert cost.samples <= budget and cost.executions <= budget
            made = found.candidates
            assert cost.samples == len(made) == (1 if name == "greedy" else budget)
            if name in ("greedy", "log_prob"):
                assert cost.executions == 0
            else:
                assert cost.executions == len({m.source for m in made}) + len(
                    found.probed
                )
            assert cost.tokens == 2 * cost.samples
            mended = sum(m.parent is not None for m in made)
            assert cost.read >= len(word.prompt) * cost.samples + mended
            probes = {Ran(word.id, one.candidate.key): ("x",) for one in found.probed}
            assert found.answer(word, probes) in made
    alone = search("ucb", Word("abca"))
    network = Network(scribbler)
    explored(tmp_path / "alone", [alone], network)
    whole = methods.attempt(METHODS["ucb"], alone, 16).cost
    runs = executions(alone.tree.candidates)
    assert (whole.samples, runs) == (len(network.asked), len(alone.challenge.runs))


def test_names_of_methods():
    assert list(methods.named([])) == list(METHODS)
    assert list(methods.named(["ucb"])) == ["public", "clusters", "ucb"]
    assert list(methods.named(["log_prob"])) == ["log_prob", "public"]
    signed = ["public", "clusters", "signature"]
    assert list(methods.named(["signature"])) == signed
    for name in ("distinct", "ucb_distinct"):
        assert list(methods.named([name])) == [*signed, name]
    with pytest.raises(UserError, match="no method 'magic': take greedy, log_prob"):
        methods.named(["magic"])


def test_each_is_compared_with_what_was_given_as_much():
    assert methods.comparisons(["greedy", "public", "clusters"]) == {}
    some = ["clusters", "signature", "distinct", "ucb", "puct"]
    assert methods.comparisons(some) == {
        "clusters": set(some),
        "signature": {"signature", "distinct"},
    }
    assert methods.comparisons(["distinct", "ucb_distinct"]) == {}
    asked = methods.named(["distinct"])
    assert methods.comparisons(asked) == {
        "clusters": {"clusters", "signature", "distinct"},
        "signature": {"signature", "distinct"},
    }


def test_a_debate_is_a_method_where_there_are_judges():
    whole = methods.named([])
    assert methods.usable(whole, True, True) == whole
    without = methods.usable(whole, False, True)
    assert set(whole) - set(without) == {"debate", "ucb_debate"}
    some = methods.named(["ucb"])
    assert methods.usable(some, False, False) == some
    with pytest.raises(UserError, match="need judges: fit some"):
        methods.usable(methods.named(["debate"]), False, True)


def test_each_rule_has_a_method_and_some_have_a_debate():
    """What evolution finds, a search can do."""
    for rule in evolve.get_config()["choices"]["rule"]:
        name = methods.name_of(rule, methods.CLUSTERS)
        assert METHODS[name].rule == rule and METHODS[name].final == methods.CLUSTERS
    assert methods.name_of("ucb", methods.DEBATE) == "ucb_debate"
    assert methods.name_of("puct", methods.DEBATE) is None


def test_different_answers_need_probabilities():
    whole = methods.named([])
    assert set(whole) - set(methods.usable(whole, True, False)) == {
        "distinct",
        "ucb_distinct",
        "signature",
    }
    for name in ("distinct", "ucb_distinct", "signature"):
        told = "a server does not offer: search with a run"
        with pytest.raises(UserError, match=told):
            methods.usable(methods.named([name]), False, False)
    others = methods.named(["ucb", "puct", "greedy", "log_prob"])
    assert methods.usable(others, False, False) == others
