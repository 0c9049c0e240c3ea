"""The interpreter against values worked out by hand, and where it must refuse."""

import pytest

from data_pipeline.programs.interpreter import Interpreter, Undefined
from data_pipeline.programs.tree import (
    Call,
    For,
    If,
    Let,
    Literal,
    Name,
    Op,
    Return,
    Update,
    While,
    arithmetic,
    compare,
    number,
)
from tests.data_pipeline.programs import trees
from tests.data_pipeline.programs.trees import K, N, S, function


@pytest.mark.parametrize("tree, calls, results", trees.CASES)
def test_returns_what_it_should(tree, calls, results):
    interpreter = Interpreter(tree)
    got = [interpreter.call(args) for args in calls]
    assert got == results
    assert [type(one) for one in got] == [type(one) for one in results]


def test_arguments_stay_as_they_are():
    words = ["zebra", "bird"]
    Interpreter(trees.LONG_ONES).call((words,))
    assert words == ["zebra", "bird"]


def returning(value):
    return function([N, K], "int", Return(value))


@pytest.mark.parametrize(
    "value, good, bad",
    [
        (arithmetic("+", N, K), (2**31 - 2, 1), (2**31 - 1, 1)),
        (arithmetic("-", N, K), (-(2**31), 0), (-(2**31), 1)),
        (arithmetic("*", N, K), (2**15, 2**15), (2**16, 2**15)),
        (arithmetic("//", N, K), (7, 2), (7, 0)),
        (arithmetic("//", N, K), (7, 2), (-7, 2)),
        (arithmetic("%", N, K), (7, 2), (7, -2)),
        (arithmetic("%", N, 5), (7, 0), (-1, 0)),
        (Call("abs", (N,), "int"), (-(2**31) + 1, 0), (-(2**31), 0)),
        (Op("-", N, K, "index"), (3, 3), (3, 4)),
    ],
)
def test_numbers_on_which_languages_differ_are_refused(value, good, bad):
    interpreter = Interpreter(returning(value))
    interpreter.call(good)
    with pytest.raises(Undefined):
        interpreter.call(bad)


def test_an_overflow_in_between_is_refused_though_the_result_would_fit():
    value = arithmetic("-", arithmetic("+", N, K), K)
    with pytest.raises(Undefined, match="32 bits"):
        Interpreter(returning(value)).call((2**31 - 1, 1))


@pytest.mark.parametrize(
    "call, good, bad",
    [
        (Call("at", (S, number(2)), "char"), "abc", "ab"),
        (Call("digit", (Call("at", (S, number(0)), "char"),), "int"), "7", "x"),
        (Call("place", (Call("at", (S, number(0)), "char"),), "int"), "b", "1"),
    ],
)
def test_characters_and_places_that_are_not_there_are_refused(call, good, bad):
    interpreter = Interpreter(function([S], call.type, Return(call)))
    interpreter.call((good,))
    with pytest.raises(Undefined):
        interpreter.call((bad,))


def test_endless_loops_and_recursion_are_refused():
    step = Update(N, "+", number(0))
    loop = function([N], "int", While(compare(">", N, 0), (step,)), Return(N))
    assert Interpreter(loop).call((0,)) == 0
    with pytest.raises(Undefined, match="steps"):
        Interpreter(loop).call((1,))
    down = function([N], "int", Return(Call("again", (N,), "int")))
    with pytest.raises(Undefined, match="deep"):
        Interpreter(down).call((1,))


def test_what_is_not_reached_is_not_computed():
    safe = Op(
        "and", compare(">", K, 0), compare(">", arithmetic("//", N, K), 1), "bool"
    )
    tree = function(
        [N, K],
        "bool",
        If(safe, (Return(Literal(True, "bool")),)),
        Return(Literal(False, "bool")),
    )
    assert Interpreter(tree).call((7, 0)) is False
    assert Interpreter(tree).call((7, 2)) is True


def test_a_function_without_a_result_is_refused():
    x = Name("x", "int")
    tree = function([trees.XS], "int", For(x, trees.XS, (Return(x),)))
    assert Interpreter(tree).call(([4, 5],)) == 4
    with pytest.raises(Undefined, match="without a result"):
        Interpreter(tree).call(([],))


def test_calls_of_one_interpreter_do_not_meet():
    tree = function(
        [trees.XS],
        "list[int]",
        Let(trees.RESULT),
        Return(trees.RESULT),
    )
    interpreter = Interpreter(tree)
    first = interpreter.call(([],))
    first.append(1)
    assert interpreter.call(([],)) == []


def test_knows_whether_all_tests_went_both_ways():
    either = Op("or", compare(">", N, 5), compare("==", K, 1), "bool")
    tree = function([N, K], "int", If(either, (Return(N),)), Return(K))
    interpreter = Interpreter(tree)
    for args, decided in (((6, 0), False), ((3, 0), False), ((3, 1), True)):
        interpreter.call(args)
        assert interpreter.decided == decided
    interpreter.forget()
    assert not interpreter.decided
    never = Op("or", compare(">", N, 5), compare("<=", N, 5), "bool")
    always = Interpreter(function([N], "int", If(never, (Return(N),)), Return(N)))
    for n in range(12):
        always.call((n,))
    assert not always.decided
