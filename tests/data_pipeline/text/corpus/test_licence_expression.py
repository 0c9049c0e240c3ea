"""What licences allow, by the examples of SPDX and by truth tables."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.text.corpus.licence_expression import allows

CLASSPATH = "GPL-2.0-only WITH Classpath-exception-2.0"


@pytest.mark.parametrize(
    ("licence", "licences", "allowed"),
    [
        ("MIT", ["MIT"], True),
        ("MIT", ["ISC"], False),
        ("MIT", ["MIT OR Apache-2.0"], False),
        ("GPL-2.0+", ["GPL-2.0"], False),
        ("MIT OR Apache-2.0", ["MIT"], True),
        ("MIT OR Apache-2.0", ["Apache-2.0"], True),
        ("MIT OR Apache-2.0", ["ISC"], False),
        ("MIT OR Apache-2.0", ["MIT OR Apache-2.0"], True),
        ("(MIT OR Apache-2.0)", ["MIT"], True),
        ("MIT/Apache-2.0", ["Apache-2.0"], True),
        ("MIT / Apache-2.0", ["MIT"], True),
        ("Apache-2.0 AND MIT", ["MIT"], False),
        ("Apache-2.0 AND MIT", ["MIT", "Apache-2.0"], True),
        ("Apache-2.0 AND MIT", ["Apache-2.0 AND MIT"], True),
        # The order of SPDX 2.3, annex D.4.5: LGPL OR (BSD AND MIT).
        ("LGPL-2.1-only OR BSD-3-Clause AND MIT", ["LGPL-2.1-only"], True),
        ("LGPL-2.1-only OR BSD-3-Clause AND MIT", ["MIT"], False),
        ("MIT AND (LGPL-2.1-or-later OR BSD-3-Clause)", ["MIT", "BSD-3-Clause"], True),
        ("MIT AND (LGPL-2.1-or-later OR BSD-3-Clause)", ["BSD-3-Clause"], False),
        ("(MIT)AND((ISC))", ["MIT", "ISC"], True),
        (CLASSPATH, ["GPL-2.0-only"], False),
        (CLASSPATH, [CLASSPATH], True),
        (CLASSPATH, ["Classpath-exception-2.0"], False),
        (f"{CLASSPATH} OR MIT", [CLASSPATH], True),
        (f"MIT AND {CLASSPATH.replace(' ', '  ')}", ["MIT", CLASSPATH], True),
        ("Apache-2.0 WITH LLVM-exception/MIT", ["MIT"], True),
        ("DocumentRef-a:LicenseRef-b OR X", ["DocumentRef-a:LicenseRef-b"], True),
        # What is none is compared as it stands.
        ("BSD License", ["BSD License"], True),
        ("BSD License", ["BSD"], False),
        ("BSD License OR MIT", ["MIT"], False),
        ("MIT or Apache-2.0", ["MIT"], False),
        ("MIT OR", ["MIT"], False),
        ("MIT OR", ["MIT OR"], True),
        ("OR MIT", ["MIT", "OR"], False),
        ("MIT AND AND ISC", ["MIT", "AND", "ISC"], False),
        ("(MIT", ["MIT"], False),
        ("MIT)", ["MIT"], False),
        ("()", ["MIT"], False),
        ("MIT (or so)", ["MIT"], False),
        ("MIT WITH", ["MIT"], False),
        ("MIT WITH (MIT)", ["MIT"], False),
        ("(MIT OR ISC) WITH X", ["MIT"], False),
        ("https://spdx.org/licenses/MIT", ["MIT"], False),
        ("", ["MIT"], False),
        ("unknown", ["MIT"], False),
        ("(" * 9999 + "MIT" + ")" * 9999, ["MIT"], False),
    ],
)
def test_the_grammar(licence, licences, allowed):
    assert allows(licence, licences) is allowed


NAMES = ("A", "B", "C")
EXPRESSIONS = st.recursive(
    st.sampled_from(NAMES),
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(list),
    max_leaves=6,
)


def text(tree, outer=""):
    """With the parentheses that it needs, and no others."""
    if isinstance(tree, str):
        return tree
    left, operator, right = tree
    told = f"{text(left, operator)} {operator} {text(right, operator)}"
    return f"({told})" if (outer, operator) == ("AND", "OR") else told


@given(EXPRESSIONS)
def test_it_is_what_python_makes_of_it(tree):
    told = text(tree)
    python = told.replace("AND", "and").replace("OR", "or")
    for truth in itertools.product([True, False], repeat=3):
        values = dict(zip(NAMES, truth, strict=True))
        licences = [name for name in NAMES if values[name]]
        assert allows(told, licences) == eval(python, {}, values)
