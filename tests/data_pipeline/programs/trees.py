"""Functions written by hand, with what they return by anybody's reckoning."""

from data_pipeline.programs.tree import (
    Append,
    Assign,
    Call,
    Count,
    For,
    Function,
    If,
    Let,
    Literal,
    Name,
    Not,
    Op,
    Put,
    Range,
    Return,
    Sort,
    Update,
    While,
    arithmetic,
    char,
    compare,
    number,
    text,
)

XS, WORDS, S = Name("xs", "list[int]"), Name("words", "list[str]"), Name("s", "str")
N, K = Name("n", "int"), Name("k", "int")
X, W, C = Name("x", "int"), Name("w", "str"), Name("c", "char")
PLACE, NUMBERS = Name("i", "index"), Name("numbers", "list[int]")
STORED = Call("get", (Name("stock", "dict[str]"), Name("key", "str")), "int")
TOTAL, RESULT = Name("total", "int"), Name("result", "list[int]")


def function(params, result, *body, name="do_it"):
    return Function(name, tuple(params), result, body)


EVEN = compare("==", arithmetic("%", X, 2), 0)
SUM_OF_EVEN = function(
    [XS],
    "int",
    Let(TOTAL, number(0)),
    For(X, XS, (If(EVEN, (Update(TOTAL, "+", X),)),)),
    Return(TOTAL),
)
SAME_BY_PLACE = function(
    [NUMBERS],
    "int",
    Let(PLACE, Literal(0, "index")),
    Let(TOTAL, number(0)),
    While(
        compare(
            "<",
            PLACE,
            Call("len", (NUMBERS,), "index"),
        ),
        (
            Let(X, Call("at", (NUMBERS, PLACE), "int")),
            If(Not(EVEN), (Update(TOTAL, "+", number(0)),), (Update(TOTAL, "+", X),)),
            Update(PLACE, "+", number(1)),
        ),
    ),
    Return(TOTAL),
)
"""The behaviour of `SUM_OF_EVEN` in another text."""

COMMON_DIVISOR = function(
    [N, K],
    "int",
    If(compare("==", K, 0), (Return(N),)),
    Return(Call("again", (K, arithmetic("%", N, K)), "int")),
)
LONG_ONES = function(
    [WORDS],
    "list[str]",
    Let(Name("kept", "list[str]")),
    For(
        W,
        WORDS,
        (
            If(
                Op(
                    "and",
                    compare(">", Call("len", (W,), "int"), 3),
                    Not(Call("starts", (W, text("a")), "bool")),
                    "bool",
                ),
                (Append(Name("kept", "list[str]"), Op("+", W, text("!"), "str")),),
            ),
        ),
    ),
    Sort(Name("kept", "list[str]")),
    Return(Name("kept", "list[str]")),
)
VOWELS_UP = function(
    [S],
    "str",
    Let(Name("out", "str")),
    For(
        C,
        S,
        (
            If(
                Call("within", (text("aeiou"), C), "bool"),
                (Update(Name("out", "str"), "+", Call("upper", (C,), "char")),),
                (
                    If(
                        compare("!=", C, char(" ")),
                        (Update(Name("out", "str"), "+", C),),
                    ),
                ),
            ),
        ),
    ),
    Return(Name("out", "str")),
)
BY_LENGTH = function(
    [WORDS],
    "dict[int]",
    Let(Name("table", "dict[int]")),
    For(
        W,
        WORDS,
        (Count(Name("table", "dict[int]"), Call("len", (W,), "int"), number(1)),),
    ),
    Return(Name("table", "dict[int]")),
)
KEPT = function(
    [Name("stock", "dict[str]"), K],
    "dict[str]",
    Let(Name("left", "dict[str]")),
    For(
        Name("key", "str"),
        Name("stock", "dict[str]"),
        (
            If(
                compare(
                    ">=",
                    STORED,
                    K,
                ),
                (
                    Put(
                        Name("left", "dict[str]"),
                        Name("key", "str"),
                        Call(
                            "get",
                            (Name("stock", "dict[str]"), Name("key", "str")),
                            "int",
                        ),
                    ),
                ),
            ),
        ),
    ),
    Return(Name("left", "dict[str]")),
)
ANY_TWICE = function(
    [XS],
    "bool",
    Let(Name("seen", "set[int]")),
    For(
        X,
        XS,
        (
            If(
                Call("has", (Name("seen", "set[int]"), X), "bool"),
                (Return(Literal(True, "bool")),),
            ),
            Append(Name("seen", "set[int]"), X),
        ),
    ),
    Return(Literal(False, "bool")),
)
SQUARES = function(
    [N],
    "list[int]",
    Let(RESULT),
    Range(
        Name("i", "int"),
        number(1),
        N,
        (Append(RESULT, arithmetic("*", Name("i", "int"), Name("i", "int"))),),
        True,
    ),
    Return(RESULT),
)
PEAK = function(
    [XS],
    "int",
    Let(TOTAL, number(0)),
    For(X, XS, (Assign(TOTAL, Call("max", (TOTAL, Call("abs", (X,), "int")), "int")),)),
    Return(TOTAL),
)

CASES = [
    (SUM_OF_EVEN, [([],), ([1, 2, 4],), ([7],)], [0, 6, 0]),
    (SAME_BY_PLACE, [([],), ([1, 2, 4],), ([7],)], [0, 6, 0]),
    (COMMON_DIVISOR, [(12, 18), (7, 5), (9, 0)], [6, 1, 9]),
    (LONG_ONES, [(["zebra", "apple", "cow", "bird"],)], [["bird!", "zebra!"]]),
    (VOWELS_UP, [("a bed 12",), ("",)], ["AbEd12", ""]),
    (BY_LENGTH, [(["a", "bb", "c"],)], [{1: 2, 2: 1}]),
    (KEPT, [({"a": 1, "b": 5, "c": 9}, 5)], [{"b": 5, "c": 9}]),
    (ANY_TWICE, [([1, 2, 1],), ([1, 2],), ([],)], [True, False, False]),
    (SQUARES, [(3,), (0,)], [[1, 4, 9], []]),
    (PEAK, [([3, -8, 5],), ([],)], [8, 0]),
]
"""A function, calls of it, and what they return."""
