"""Prompts for CRUXEval: the authors' form, in our own words.

Form, tags and stop word are as in the authors' `prompts.py` and in the appendix of
arXiv:2401.03065; wording and examples are not, for a benchmark's prompts belong to its
authors. `wording` takes theirs from their checkout, to compare with published numbers.
`<code>`, `<input>` and `<output>` stand for fields of the row.
"""

from __future__ import annotations

_OUTPUT = """Below is a Python function and an assertion whose right side is missing. \
Work out what the function returns for the input shown, even if the function looks \
wrong or unfinished, and complete the assertion with that value, as a literal. \
Write the whole assertion between [ANSWER] and [/ANSWER], as in the {what}, and \
nothing else.
"""

_OUTPUT_DIRECT = (
    _OUTPUT.format(what="examples")
    + """
[PYTHON]
def f(items):
    return items[::-1]
assert f([1, 2, 3]) == ??
[/PYTHON]
[ANSWER]
assert f([1, 2, 3]) == [3, 2, 1]
[/ANSWER]

[PYTHON]
def f(word, n):
    return word.upper() * n
assert f("ab", 2) == ??
[/PYTHON]
[ANSWER]
assert f("ab", 2) == "ABAB"
[/ANSWER]

[PYTHON]
<code>
assert f(<input>) == ??
[/PYTHON]
[ANSWER]
"""
)

_OUTPUT_REASONING = (
    _OUTPUT.format(what="example, after going through the code step by step")
    + """
[PYTHON]
def f(word, n):
    word = word.upper()
    return word * n
assert f("ab", 2) == ??
[/PYTHON]
[THOUGHT]
The function is called with word = "ab" and n = 2.
1. word.upper() is "AB", which is assigned to word.
2. "AB" * 2 is "ABAB", which is returned.
[/THOUGHT]
[ANSWER]
assert f("ab", 2) == "ABAB"
[/ANSWER]

[PYTHON]
<code>
assert f(<input>) == ??
[/PYTHON]
[THOUGHT]
"""
)

_INPUT = """Below is a Python function and an assertion whose input is missing. Find \
an input for which the function returns the value shown; if there are several, any one \
will do. Write the whole assertion with that input between [ANSWER] and [/ANSWER], as \
in the {what}.
"""

_INPUT_DIRECT = (
    _INPUT.format(what="examples")
    + """
[PYTHON]
def f(items):
    return sum(1 for item in items if item > 2)
assert f(??) == 2
[/PYTHON]
[ANSWER]
assert f([1, 3, 5]) == 2
[/ANSWER]

[PYTHON]
def f(left, right):
    return right + left
assert f(??) == "sunday"
[/PYTHON]
[ANSWER]
assert f("day", "sun") == "sunday"
[/ANSWER]

[PYTHON]
<code>
assert f(??) == <output>
[/PYTHON]
[ANSWER]
"""
)

_INPUT_REASONING = (
    _INPUT.format(what="example, after thinking it through step by step")
    + """
[PYTHON]
def f(x):
    return 2 * x - 1
assert f(??) == 9
[/PYTHON]
[THOUGHT]
The function returns 2 * x - 1, and this must be 9. So 2 * x is 10, and x is 5.
[/THOUGHT]
[ANSWER]
assert f(5) == 9
[/ANSWER]

[PYTHON]
<code>
assert f(??) == <output>
[/PYTHON]
[THOUGHT]
"""
)

PROMPTS = {
    ("output", False): _OUTPUT_DIRECT,
    ("output", True): _OUTPUT_REASONING,
    ("input", False): _INPUT_DIRECT,
    ("input", True): _INPUT_REASONING,
}
"""By what is predicted, and whether the model is to reason first."""
