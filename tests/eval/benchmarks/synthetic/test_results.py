"""What is told of a result: a dictionary is not its pairs, in any language."""

import pytest

from eval.benchmarks.synthetic import drivers, results
from eval.benchmarks.synthetic.drivers import Unit
from eval.sandbox.toolchains import NoToolchain

WORD = "word"
RESULTS = {
    "python": {
        "def f(n): return {'b': n, 'a': 2}": '{"a": 2, "b": 1}',
        "def f(n): return {10: n, 9: 2}": "{9: 2, 10: 1}",
        "def f(n): return {'a': 2, 1: n}": '{1: 1, "a": 2}',
        "def f(n): return {}": "{}",
        "def f(n): return []": "[]",
        "def f(n): return [['b', n], ['a', 2]]": '[["b", 1], ["a", 2]]',
        "def f(n): return [('b', n)]": '[["b", 1]]',
        "def f(n): return (n, 2)": "tuple [1, 2]",
        "def f(n): return 'dict []'": '"dict []"',
        "def f(n): return float('nan')": "NaN",
        "def f(n): return None": "null",
    },
    "javascript": {
        "function f(n) { return new Map([['b', n], ['a', 2]]) }": '{"a": 2, "b": 1}',
        "function f(n) { return new Map([[10, n], [9, 2]]) }": "{9: 2, 10: 1}",
        "function f(n) { return {b: n} }": '{"b": 1}',
        "function f(n) { return {} }": "{}",
        "function f(n) { return [] }": "[]",
        "function f(n) { return [['b', n], ['a', 2]] }": '[["b", 1], ["a", 2]]',
        "function f(n) { return new Set([n]) }": "object {}",
        "function f(n) { return 'dict []' }": '"dict []"',
        "function f(n) { }": "?",
        "function f(n) { return null }": "null",
    },
    "go": {
        'func f(n int) map[string]int { return map[string]int{"b": n, "a": 2} }': (
            '{"a": 2, "b": 1}'
        ),
        "func f(n int) map[int]int { return nil }": "{}",
        "func f(n int) []int { return nil }": "[]",
        'func f(n int) [][]interface{} { return [][]interface{}{{"b", n}} }': (
            '[["b", 1]]'
        ),
        "func f(n int) []int { return []int{n, 2} }": "[1, 2]",
        "func f(n int) [2]int { return [2]int{n, 2} }": 'object "[2]int"',
        "func f(n int) float64 { return 2 }": 'object "float64"',
        "func f(n int) bool { return n == 1 }": "true",
        'func f(n int) string { return "<dict> []" }': '"<dict> []"',
    },
    "rust": {
        'fn f(n: i64) -> HashMap<String, i64> { [(String::from("b"), n)].into() }': (
            '{"b": 1}'
        ),
        "fn f(n: i64) -> HashMap<i64, i64> { HashMap::new() }": "{}",
        "fn f(n: i64) -> Vec<i64> { vec![] }": "[]",
        "fn f(n: i64) -> Vec<Vec<i64>> { vec![vec![n, 2]] }": "[[1, 2]]",
    },
    "cpp": {
        'map<string, int> f(int n) { return {{"b", n}, {"a", 2}}; }': (
            '{"a": 2, "b": 1}'
        ),
        "unordered_map<int, int> f(int n) { return {{10, n}, {9, 2}}; }": (
            "{9: 2, 10: 1}"
        ),
        "map<int, int> f(int n) { return {}; }": "{}",
        "vector<int> f(int n) { return {}; }": "[]",
        'vector<pair<string, int>> f(int n) { return {{"b", n}}; }': '[["b", 1]]',
        "set<int> f(int n) { return {n, 2}; }": "object [1, 2]",
        'string f(int n) { return "dict []"; }': '"dict []"',
        "bool f(int n) { return n == 1; }": "true",
    },
    "java": {
        'static Map<String, Integer> f(int n) { return Map.of("b", n, "a", 2); }': (
            '{"a": 2, "b": 1}'
        ),
        "static Map<Integer, Integer> f(int n) { return Map.of(); }": "{}",
        "static List<Integer> f(int n) { return List.of(); }": "[]",
        'static List<List<?>> f(int n) { return List.of(List.of("b", n)); }': (
            '[["b", 1]]'
        ),
        "static Set<Integer> f(int n) { return new TreeSet<>(Set.of(n, 2)); }": (
            'object "TreeSet"'
        ),
        'static Object f(int n) { return new StringBuilder("12"); }': (
            'object "StringBuilder"'
        ),
        "static List<Character> f(int n) { return List.of('1'); }": "?",
        'static String f(int n) { return "dict []"; }': '"dict []"',
    },
}
FAST = ("python", "javascript", "go")


@pytest.mark.parametrize(
    "language",
    [
        one if one in FAST else pytest.param(one, marks=pytest.mark.slow)
        for one in RESULTS
    ],
)
def test_what_is_told_of_a_result(language, strongest):
    cases = RESULTS[language]
    units = [
        Unit(source.replace(" f(", f" f{number}(") + "\n", f"f{number}", [[1]], ["int"])
        for number, source in enumerate(cases)
    ]
    try:
        outcome = strongest.run(drivers.program(language, units), f"{WORD}\n".encode())
    except NoToolchain as error:
        pytest.skip(str(error))
    assert outcome.succeeded, outcome.stderr.decode()
    found = results.told(outcome.stdout, WORD)
    assert dict(zip(cases, found, strict=True)) == cases


@pytest.mark.parametrize("said", ["dict", "dict 5", "dict [5]", "dict {}x", "a b", "["])
def test_what_nobody_tells_is_no_result(said):
    """A program that has found the word says what it likes."""
    assert results.told(f"{WORD} {said}\n".encode(), WORD) == [results.UNREADABLE]
