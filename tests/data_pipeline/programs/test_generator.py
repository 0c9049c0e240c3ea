"""Tasks: the same for the same index, fit, and of behaviours that no split shares."""

import itertools
import random
import re

import pytest

from data_pipeline.programs import behaviour, generator, inputs, values
from data_pipeline.programs.interpreter import LIMIT, Interpreter
from data_pipeline.programs.tree import Call, Name, Op, Return, walk
from data_pipeline.user_error import UserError
from tests.data_pipeline.programs import trees


def tasks(split, count, seed=0, level=0):
    return [generator.task(seed, split, index, level) for index in range(count)]


def test_a_task_depends_on_its_index_alone():
    alone = generator.task(3, "train", 17)
    random.seed(5)
    among = tasks("train", 20, seed=3)
    assert among[17] == alone
    assert generator.task(4, "train", 17) != alone
    assert len({task.id for task in among}) == 20


def test_tasks_stay_the_same_between_versions():
    """What a seed means is part of every record of a run; raise the version of the
    data sets with it."""
    names = [generator.task(0, "train", index).function.name for index in range(5)]
    assert names == PINNED


PINNED = [
    "longest_run_even",
    "all_pairs",
    "get_digits",
    "first_even_length_prefixed",
    "sum_even_or_between",
]


@pytest.mark.parametrize("level", generator.LEVELS)
def test_cases_are_what_the_function_returns_and_differ(level):
    for task in tasks("train", 40, level=level):
        assert task.level == level and len(task.tests) == generator.TESTS
        interpreter = Interpreter(task.function)
        for case in task.cases:
            assert interpreter.call(case.args) == case.result
        assert len({repr(case.args) for case in task.cases}) == len(task.cases)
        for part in (task.examples, task.tests):
            assert len({values.key(case.result) for case in part}) > 1


def test_results_have_the_types_that_the_signature_says():
    kinds = {"int": int, "bool": bool, "str": str}
    for task in tasks("train", 200):
        result, kind = task.cases[0].result, task.function.result
        if kind in kinds:
            assert type(result) is kinds[kind]
        else:
            assert type(result) is (list if kind.startswith("list") else dict)
            inner = int if "int" in kind else str
            assert all(type(one) is inner for one in result)


def numbers(value):
    if isinstance(value, dict):
        value = [*value, *value.values()]
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, int):
            yield one
        elif isinstance(one, str):
            assert one.isascii()


def test_numbers_fit_and_texts_are_ascii():
    for task in tasks("train", 100):
        for case in task.cases:
            for value in (*case.args, case.result):
                assert all(-LIMIT <= one < LIMIT for one in numbers(value))


def test_splits_share_no_behaviour():
    found = {split: tasks(split, count) for split, count in COUNTS.items()}
    prints = {
        split: {task.fingerprint for task in those} for split, those in found.items()
    }
    for one, other in itertools.combinations(prints.values(), 2):
        assert not one & other
    for split, those in found.items():
        assert {task.split for task in those} == {split}
        assert {behaviour.split_of(task.fingerprint) for task in those} == {split}


COUNTS = {"train": 200, "validation": 20, "test": 20}


@pytest.mark.slow
def test_no_behaviour_of_the_test_split_is_trained_on():
    held_out = {task.fingerprint for task in tasks("test", 3_000, seed=1)}
    trained = {task.fingerprint for task in tasks("train", 40_000)}
    assert len(held_out) > 1_500 and len(trained) > 20_000
    assert not held_out & trained


def fingerprint(tree):
    return behaviour.fingerprint(tree, Interpreter(tree))


def test_the_fingerprint_is_of_the_behaviour_not_of_the_text():
    assert fingerprint(trees.SUM_OF_EVEN) == fingerprint(trees.SAME_BY_PLACE)
    assert fingerprint(trees.SUM_OF_EVEN) != fingerprint(trees.PEAK)


def test_no_fingerprint_without_a_behaviour_to_learn():
    xs, n = trees.XS, trees.N
    constant = trees.function([xs], "int", Return(Op("-", n, n, "int")))
    constant = trees.function([n], "int", *constant.body)
    identity = trees.function([xs], "list[int]", Return(xs))
    undefined = trees.function([n], "int", Return(Op("//", n, n, "int")))
    seldom = trees.function([n], "bool", Return(Op("==", n, trees.number(3), "bool")))
    for tree in (constant, identity, undefined, seldom):
        assert fingerprint(tree) is None
    half = trees.function([n], "bool", Return(Op("<", n, trees.number(6), "bool")))
    assert fingerprint(half)


def test_probes_are_fixed_and_in_every_domain():
    for types in [("list[int]",), ("list[int]", "int"), ("str",), ("dict[str]", "int")]:
        probes = inputs.probes(types)
        assert len({repr(args) for args in probes}) == inputs.PROBES
        for args in probes:
            assert all(one >= 0 for value in args for one in numbers(value))
    assert inputs.probes(("int",)) == tuple((n,) for n in range(13))


def test_levels_grow():
    sizes = [
        sum(
            sum(1 for _ in walk(task.function.body))
            for task in tasks("train", 60, level=level)
        )
        for level in generator.LEVELS
    ]
    assert sizes[0] < sizes[1] < sizes[2]


def test_statements_of_one_function_differ_in_words():
    several = 0
    for task in tasks("train", 60):
        said = {task.result.say(random.Random(n)) for n in range(20)}
        assert all(one and "{" not in one for one in said)
        several += len(said) > 1
    assert several > 50


def test_whoever_asks_for_digits_says_that_0_has_none():
    """Tests draw 0, and loops over its digits find none; as a text it has one."""
    asked = 0
    for seed in range(1_000):
        rng = random.Random(seed)
        drawn = generator.sketch(rng, 1 + seed % 3)
        if "large" in drawn.domains:
            said = drawn.result.say(rng)
            as_text = re.search(r"in base \d,? as (a )?text", said)
            assert as_text or "(0 has none)" in said, said
            asked += not as_text
    assert asked > 50


def test_every_name_is_a_parameter_or_a_variable():
    for task in tasks("train", 200):
        known = {param.id for param in task.function.params}
        for node in walk(task.function.body):
            if isinstance(node, Name):
                assert node.id != "?"
            if isinstance(node, Call) and node.name == "again":
                assert len(node.args) == len(known)


def test_bad_wishes_are_named():
    with pytest.raises(UserError, match="no split 'dev'"):
        generator.task(0, "dev", 0)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="no level 4"):
        generator.task(0, "train", 0, 4)
