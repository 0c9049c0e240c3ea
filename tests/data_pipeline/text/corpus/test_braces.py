"""Functions in languages with braces are found behind whatever head."""

import re

import pytest

from data_pipeline.schema import UserError
from data_pipeline.text.corpus import braces, machine

BODY = """{
  let best = table[0] + 1.5;
  while (best > limit) { best -= step(best, 'a') ? limit : best; }
  return best;
}
"""
NAMES = {"best": "x", "table": "rows", "limit": "most"}
LEAST = 24


def functions(source):
    return list(braces.functions(source, LEAST))


@pytest.mark.parametrize(
    "head",
    [
        "double f(double* table, double limit) ",
        "template <class T> T f(const T* table, T limit) ",
        "template <typename T, class = enable_if_t<is_real<T>::value>>\nT f(T* table) ",
        "static double f(struct row *table, enum kind limit) ",
        "struct row *f(struct row *table, double limit) ",
        "struct row f(double limit) ",
        "double f(vector<double> table = {}, double limit = 1) const noexcept ",
        "bool operator<(const struct row& limit) ",
        "func f(table []float64, limit interface{}) float64 ",
        "func (t *Rows) f(limit float64, kind struct{ name string }) error ",
        "func f(limit float64) map[string]interface{} ",
        "type Empty struct{}\n\nfunc f(limit float64) (interface{}, error) ",
        "fn f<'a>(table: &'a [f64], limit: &'a f64) -> f64 ",
        "pub(crate) fn f<'a, 'b: 'a>(table: &'a [f64], limit: &'b f64) -> &'a f64 ",
        "#[inline(always)]\nfn f(table: impl Trait, limit: f64) -> impl Trait ",
        "fn f<F>(table: &[f64], g: F) where F: for<'x> Fn(&'x f64) -> f64 ",
        "fn f<F: for<'x> Fn(&'x f64) -> bool>(table: &[f64], limit: f64) -> f64 ",
        "unsafe fn f(table: *const f64, limit: f64) -> f64 ",
        "function f({ table, limit }) ",
        "const f = async ({ table, limit }, options = {}) => ",
        '@SuppressWarnings("x") public <T extends Comparable<T>> double f(T limit) ',
        "void f(String namespace, List<String> table) ",
    ],
)
def test_a_head_may_have_any_words(head):
    (found,) = functions(head + BODY)
    assert found == functions("f() " + BODY)[0]
    changed = BODY
    for old, new in NAMES.items():
        changed = changed.replace(old, new)
    assert functions(head + changed) == [found]


@pytest.mark.parametrize(
    "head",
    [
        "if (a(b)) ",
        "} else if (a({ b: c })) ",
        "for (const { a, b } of c(d)) ",
        "for<'a> (b) ",
        "let a = match b(c) ",
        "while (a < b(c)) ",
        "class A extends B(C) ",
        "export default class extends B(C) ",
        '@Named("a") public class A ',
        "impl<F: Fn(f64) -> f64> Trait for A<F> ",
        "struct A<F> where F: Fn(f64) ",
        "struct __attribute__((packed)) A ",
        "#[derive(Debug)] pub(crate) enum A ",
        "type A interface ",
    ],
)
def test_what_is_no_function_is_passed_over(head):
    assert functions(head + BODY) == []


@pytest.mark.parametrize("mark", ["'a'", r"'\''", r"'\u{1F600}'", "'{'", "'\"'"])
def test_a_character_of_rust_is_no_lifetime(mark):
    source = f"fn f<'a>(x: &'a str) {BODY}".replace("'a'", mark)
    assert len(functions(source)) == 1
    assert mark in functions(source)[0]


def test_names_behind_members_are_members_and_behind_comparisons_are_names():
    block = "{ %s; a(b); c(d); e(f); g(h); i(j); k(l); }"
    for kept in ("p.word", "p->word", "p::word"):
        assert "word" in functions("f() " + block % kept)[0]
    for numbered in ("p > word", "c ? p : word", "vector<p> word", "[...word]"):
        assert "word" not in functions("f() " + block % numbered)[0]


def test_a_function_between_arguments_is_found_for_itself():
    call = "run('x', " + ", ".join(f"function (limit) {BODY}" for _ in range(3)) + ");"
    assert functions(call) == functions("f() " + BODY) * 3


def test_all_functions_of_go_are_found():
    """As gofmt has laid them out: each begins and ends at the left."""
    try:
        root = machine.root("go-library").path
    except UserError as error:
        pytest.skip(str(error))
    laid_out = re.compile(
        r"^func (?:\([^)]*\) )?(\w+).*(\{\n(?:[^}\n].*\n|\n)*\})$", re.MULTILINE
    )
    found, missed = 0, []
    for path in sorted(root.glob("n*/*.go")):
        source = path.read_text(encoding="utf-8")
        there = functions(source)
        for name, body in laid_out.findall(source):
            for alone in functions(f"func {name}() {body}")[-1:]:
                found += alone in there
                missed += [] if alone in there else [f"{path}: {name}"]
    # Behind one that is written in assembler, a function is called like that.
    assert found > 500 and len(missed) < 0.01 * found, missed


def test_raw_strings_of_go_end_with_any_character():
    body = BODY.replace("'a'", r"`\\?\`")
    (found,) = functions(f"func f(limit float64) {body}")
    assert r"`\\?\`" in found
