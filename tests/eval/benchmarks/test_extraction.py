"""Finding code in what models write."""

import hypothesis
import pytest
from hypothesis import strategies as st

from eval.benchmarks import extraction

MARKS = st.sampled_from(["```", "````", "~~~"])
# A body without a line that could end a fence.
LINES = st.lists(st.text(st.characters(exclude_characters="`~\n"), max_size=12))


@pytest.mark.parametrize(
    "text, stop, expected",
    [
        ("a\ndef f", ("\ndef", "\nclass"), "a"),
        ("a\nclass\ndef", ("\ndef", "\nclass"), "a"),
        ("whole", ("\ndef",), "whole"),
        ("whole", ("",), "whole"),
        ("\ndef", ("\ndef",), ""),
    ],
)
def test_ends_before_the_first_stop_word(text, stop, expected):
    assert extraction.until(text, stop) == expected


def test_blocks_in_order_with_their_languages():
    text = "Hi\n```Python\nx = 1\n```\nor\n~~~\ny\n~~~ \n``` cpp title=x\nint z;\n```"
    assert extraction.fenced(text) == [
        ("python", "x = 1\n"),
        ("", "y\n"),
        ("cpp", "int z;\n"),
    ]


def test_shorter_and_other_fences_inside_are_content():
    text = "````md\n```\nx\n```\n~~~~\n````\n"
    assert extraction.fenced(text) == [("md", "```\nx\n```\n~~~~\n")]


def test_a_block_that_was_cut_off_counts():
    assert extraction.fenced("```go\nfunc f() {") == [("go", "func f() {")]


def test_code_within_a_line_is_no_block():
    assert extraction.fenced("Use ```x``` and `y`.\n") == []


def test_named_languages_come_first():
    text = "```sh\nls\n```\n```js\n1\n```\n```js\n2\n```\n"
    assert extraction.code(text, ("js", "javascript")) == "1\n"
    assert extraction.code(text, ("js",), last=True) == "2\n"
    assert extraction.code(text, ("rust",)) == "ls\n"
    assert extraction.code("no block") is None


@hypothesis.given(MARKS, LINES, st.text(max_size=20))
def test_what_is_fenced_comes_out(mark, lines, after):
    content = "".join(f"{line}\n" for line in lines)
    found = extraction.fenced(f"{mark}x\n{content}{mark}\n{after}")
    assert found[0] == ("x", content)
