"""Values are the same after they crossed."""

import collections
import decimal
import enum
import fractions
import json
import math
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.benchmarks.judge import values


def held(value):
    raise AssertionError(f"{value!r} is data")


def crossed(value):
    return values.decode(json.loads(json.dumps(values.encode(value, held))), held)


def same(one, other):
    """Equal, and of the same types all through."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return math.copysign(1, one) == math.copysign(1, other) and (
            one == other or (one != one and other != other)
        )
    if isinstance(one, dict):
        one, other = list(one.items()), list(other.items())
    if isinstance(one, (set, frozenset)):
        kinds = [collections.Counter(map(type, items)) for items in (one, other)]
        return one == other and kinds[0] == kinds[1]
    if isinstance(one, (list, tuple, collections.deque)):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


KEYS = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False)),
    *(st.text(st.characters()), st.binary(), st.tuples(st.integers(), st.text())),
    st.frozensets(st.integers()),
)
VALUES = st.recursive(
    st.one_of(KEYS, st.floats(), st.complex_numbers(allow_nan=False)),
    lambda inner: st.one_of(
        *(st.lists(inner), st.lists(inner).map(tuple), st.sets(KEYS)),
        *(st.dictionaries(KEYS, inner), st.lists(inner).map(collections.deque)),
    ),
    max_leaves=12,
)


@settings(max_examples=25, deadline=None)
@given(VALUES)
def test_data_is_the_same(value):
    assert same(crossed(value), value)


@pytest.mark.parametrize(
    "value",
    [
        *(10**5000, -(2**63), 2**63, math.inf, -math.inf, math.nan, -0.0, 1e308),
        *(
            "\ud800",
            bytearray(b"\0\xff"),
            range(3, 10**30, 7),
            int,
            list,
            complex(1, -0.0),
        ),
        *(
            decimal.Decimal("1.10"),
            fractions.Fraction(1, 10**30),
            [True, 1, 1.0],
            [None],
        ),
        *({1: "int", "1": "text", (1,): "tuple"}, {"int": "0x1"}, {"held": 0}, [], {}),
    ],
    ids=lambda value: str(type(value).__name__),
)
def test_corners_are_the_same(value):
    assert same(crossed(value), value)


class Colour(enum.IntEnum):
    RED = 3


class Everything(list):
    def __eq__(self, other):
        return True

    def __iter__(self):
        return iter([1, 2, 3])


@pytest.mark.parametrize(
    "value, plain",
    [
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (collections.defaultdict(list, {1: [2]}), {1: [2]}),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.namedtuple("Pair", "x y")(1, 2), (1, 2)),
        (Colour.RED, 3),
        (Everything([7]), [7]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_derived_types_lose_what_they_add(value, plain):
    assert same(crossed(value), plain)


def test_what_is_no_data_is_held():
    found = []

    def hold(value):
        found.append(value)
        return len(found) - 1

    one, other = object(), (n for n in ())
    encoded = values.encode([one, (other,)], hold)
    assert found == [one, other]
    assert values.decode(encoded, found.__getitem__) == [one, (other,)]


MALFORMED = (ValueError, TypeError, ArithmeticError, RecursionError, LookupError)


@pytest.mark.parametrize(
    "text",
    [
        *('{"eval": "1"}', "{}", '{"int": "0x1", "list": []}', '{"type": "exit"}'),
        *(
            '{"set": [[1]]}',
            '{"dict": [[1]]}',
            '{"bytes": "xy"}',
            '{"range": [1, 2, 0]}',
        ),
        *(
            '{"type": "no such"}',
            '{"fraction": [1, 0]}',
            '{"int": 3}',
            '{"complex": "a"}',
        ),
        '{"tuple": ' * 5000 + "1" + "}" * 5000,
    ],
)
def test_nothing_else_is_decoded(text):
    sys.setrecursionlimit(1000)
    with pytest.raises((AttributeError, *MALFORMED)):
        values.decode(json.loads(text), held)
