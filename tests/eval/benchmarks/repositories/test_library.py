"""The library is correct by oracles that were not written for it."""

import ast
import bisect
import calendar
import collections
import datetime
import heapq
import os.path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.benchmarks.repositories import layout, mutations
from eval.benchmarks.repositories.library import (
    caches,
    dates,
    durations,
    graphs,
    structures,
    wording,
)
from eval.benchmarks.repositories.mutations import Kind
from eval.benchmarks.repositories.probes import NAMES, PROBES

few = settings(max_examples=30, deadline=None)
NUMBERS = st.lists(st.integers(0, 9), max_size=9)
DAYS = st.dates(datetime.date(1, 1, 1), datetime.date(3000, 1, 1))
NODES = st.sampled_from("abcde")
GRAPHS = st.dictionaries(NODES, st.lists(NODES, max_size=3, unique=True), max_size=5)


@few
@given(DAYS, st.integers(-40, 40))
def test_dates_are_those_of_datetime(day, months):
    date = (day.year, day.month, day.day)
    assert dates.is_leap(day.year) == calendar.isleap(day.year)
    assert dates.days_in_month(*date[:2]) == calendar.monthrange(*date[:2])[1]
    assert dates.ordinal(date) == day.toordinal()
    assert dates.weekday(date) == day.weekday()
    assert dates.day_of_year(date) == day.timetuple().tm_yday
    after = day + datetime.timedelta(1)
    assert dates.next_day(date) == (after.year, after.month, after.day)
    year, month, last = dates.add_months((2000, *date[1:]), months)
    assert (year - 2000) * 12 + month - day.month == months
    assert last == min(day.day, calendar.monthrange(year, month)[1])


@few
@given(st.integers(0, 10**6), st.sets(st.integers(0, 30)))
def test_what_is_written_is_read(seconds, numbers):
    assert durations.parse_duration(durations.format_duration(seconds, 4)) == seconds
    assert durations.parse_ranges(durations.format_ranges(numbers)) == sorted(numbers)


@few
@given(NUMBERS, st.integers(0, 9))
def test_structures_are_those_of_the_standard_library(numbers, number):
    ordered = sorted(numbers)
    place = bisect.bisect_right(ordered, number)
    assert structures.insertion_point(ordered, number) == place
    assert structures.insert_sorted(number, list(ordered)) == sorted([*numbers, number])
    heap = structures.Heap(numbers)
    assert [heap.pop() for _ in numbers] == heapq.nsmallest(len(numbers), numbers)
    turned = collections.deque(numbers)
    turned.rotate(number)
    assert structures.rotate(numbers, number) == list(turned)
    ring, last = structures.Ring(3), collections.deque(maxlen=3)
    for value in numbers:
        ring.add(value)
        last.append(value)
    assert ring.values() == list(last)


@few
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3))))
def test_merged_intervals_hold_the_same_points(pairs):
    intervals = [(start, start + size) for start, size in pairs]
    merged = structures.merge_intervals(intervals)
    halves = [n / 2 for n in range(30)]
    covered = [any(a <= n <= b for a, b in intervals) for n in halves]
    assert covered == [any(a <= n <= b for a, b in merged) for n in halves]
    assert all(one[1] < two[0] for one, two in zip(merged, merged[1:], strict=False))


@few
@given(st.lists(st.text("ab c", max_size=6), max_size=6), st.integers(1, 9))
def test_wording_is_that_of_the_standard_library(words, width):
    text = " ".join(words)
    assert wording.common_prefix(words) == os.path.commonprefix(words)
    assert wording.count_words(text) == collections.Counter(text.split())
    lines = wording.wrap(text, width)
    assert " ".join(lines) == " ".join(text.split())
    assert all(len(line) <= width or " " not in line for line in lines)
    assert len(wording.shorten(text, width)) <= max(width, 0)
    assert wording.indent_of(text) == (
        len(text) - len(text.lstrip(" ")) if text.strip() else 0
    )


@few
@given(GRAPHS)
def test_paths_are_the_shortest_of_all_paths(graph):
    for goal in "abcde":
        ways = graphs.all_paths(graph, "a", goal)
        shortest = graphs.shortest_path(graph, "a", goal)
        assert (shortest in ways) if ways else shortest is None
        assert not ways or len(shortest) == min(map(len, ways))
        edges = [(one, two, 1) for one, others in graph.items() for two in others]
        known = graphs.distances(edges, "a")
        assert known.get(goal) == (len(shortest) - 1 if shortest else None)


@few
@given(GRAPHS)
def test_order_is_that_of_the_edges(graph):
    try:
        order = graphs.topological_order(graph)
    except ValueError:
        cycles = [n for n in graph for m in graph[n] if graphs.all_paths(graph, m, n)]
        assert cycles
        return
    places = {node: place for place, node in enumerate(order)}
    assert all(places[n] < places[m] for n in graph for m in graph[n])
    parts = graphs.components(graph)
    assert sorted(sum(parts, [])) == sorted(order)
    assert all({n, *graph[n]} <= set(p) for n in graph for p in parts if n in p)


@few
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), max_size=20))
def test_recent_cache_is_an_ordered_dictionary(steps):
    cache, expected = caches.RecentCache(2), collections.OrderedDict()
    for put, key in steps:
        if put:
            cache.put(key, key * 2)
            expected[key] = key * 2
            expected.move_to_end(key)
            if len(expected) > 2:
                expected.popitem(last=False)
        else:
            assert cache.get(key) == expected.get(key)
            if key in expected:
                expected.move_to_end(key)
        assert cache.keys() == list(expected)


@pytest.mark.parametrize("module", layout.modules())
def test_every_function_is_probed_and_has_other_names(module):
    tree = ast.parse(layout.source(module))
    public = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_"
    ]
    calls = " ".join(PROBES[module])
    assert all(name in calls and name in NAMES for name in public)
    assert layout.source(module).isascii()
    assert len(set(PROBES[module])) == len(PROBES[module])


def test_names_are_never_taken_twice():
    choices = [choice for some in NAMES.values() for choice in some]
    assert len(set(choices)) == len(choices)
    used = {
        node.id if isinstance(node, ast.Name) else node.arg
        for module in layout.modules()
        for node in ast.walk(ast.parse(layout.source(module)))
        if isinstance(node, ast.Name | ast.arg)
    }
    new = {choice for name, some in NAMES.items() for choice in some if choice != name}
    # Modules are named in files and imports alone.
    assert not (new & used) - {c for m in layout.modules() for c in NAMES[m]}


def test_bugs_of_every_kind_change_the_program():
    found = {
        module: mutations.find(layout.source(module)) for module in layout.modules()
    }
    everything = [one for some in found.values() for one in some]
    assert {one.kind for one in everything} == set(Kind)
    assert len(everything) > 150
    for module, some in found.items():
        source = layout.source(module)
        broken = {one.apply(source) for one in some}
        assert source not in broken
        for text in broken:
            ast.parse(text)


SOURCE = '''\
def f(a, b, seen=None):
    """Says."""
    if seen is None:
        seen = []
    if a < b and b:
        return g(a, b)
    for n in range(a + 1):
        seen.append(n)
        a -= 1
    return seen
'''


def test_bugs_are_those_that_people_make():
    found = mutations.find(SOURCE)

    def made(kind, text):
        return any(one.kind == kind and text in one.apply(SOURCE) for one in found)

    assert made(Kind.WRONG_COMPARISON, "if a <= b and b:")
    assert made(Kind.LOST_CASE, "if a < b:")
    assert made(Kind.LOST_CASE, "        seen = []\n    for n")
    assert made(Kind.MUTATED_DEFAULT, 'seen=[]):\n    """Says."""\n    if a')
    assert made(Kind.WRONG_ORDER, "return g(b, a)")
    assert made(Kind.WRONG_ORDER, "        a -= 1\n        seen.append(n)")
    assert made(Kind.OFF_BY_ONE, "range(a)")
    assert made(Kind.OFF_BY_ONE, "range(a + 1 - 1)")
