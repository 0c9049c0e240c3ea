"""Signs by which a text is found in another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.text.corpus import overlap

WORDS = [f"w{n}" for n in range(40)]


@given(st.integers(1, 40), st.integers(0, 10), st.integers(0, 40))
def test_a_text_is_found_by_as_many_runs_as_stand_there(size, before, shared):
    """Counted by hand: of n words that are shared n - 12 runs are."""
    shared = min(shared, size)
    own = overlap.runs(" ".join(WORDS[:size]))
    length = min(size, overlap.RUN) if size >= overlap.LEAST_RUN else 0
    assert len(own) == (size - length + 1 if length else 0)
    signs = overlap.Signs([set(), own], [set(), set()])
    other = "x " * before + ", ".join(WORDS[:shared]).upper() + " y"
    found = signs.runs(overlap.Text(other))
    expected = max(shared - length + 1, 0) if length else 0
    assert dict(found) == ({1: expected} if expected else {})


@pytest.mark.parametrize("numbers", [range(20), [0] * 20, range(9)])
def test_who_counts_quotes_nobody(numbers):
    text = str(list(numbers))
    assert not overlap.runs(text)
    assert overlap.runs(f"count {text}")


def test_what_many_share_is_no_sign_of_any():
    texts = [{"frame", "rare", f"own {n}"} for n in range(overlap.COMMON)]
    assert overlap.rare(texts) == texts
    texts.append({"frame"})
    assert overlap.rare(texts) == [*({"rare", f"own {n}"} for n in range(10)), set()]


def test_functions_may_be_in_blocks_of_a_text():
    source = "def f(a):\n    for b in a:\n        if b > 3 and b < 7:\n"
    source += "            print(b, a, b + 1, a[b])\n"
    (digest,) = overlap.Text(source).functions
    signs = overlap.Signs([set()], [{digest}])
    assert signs and not overlap.Signs([set()], [set()])
    assert signs.functions(overlap.Text("Prose.", [source])) == {0}
    assert signs.functions(overlap.Text("Prose.")) == set()
