"""Examples out of files: nothing is lost, and what is in the middle is asked for."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.text import rows
from data_pipeline.text.corpus import pieces
from data_pipeline.text.corpus.source_file import SourceFile
from data_pipeline.text.lintseq import sequence as lintseq
from data_pipeline.text.special import Special
from data_pipeline.text.tokenizer import Tokenizer
from tests.data_pipeline.text.test_tokenizer import CODE, TEXTS

TOKENIZER = Tokenizer.train(TEXTS, 512)
LINES = st.lists(
    st.sampled_from(
        [
            "",
            "    return value\n",
            "\n",
            "\t\tx = 1\r\n",
            "\r",
            "        y\n",
            "if x:\n",
        ]
    )
)


@given(LINES, st.integers(4, 30))
def test_pieces_are_whole_lines_that_fit(lines, room):
    content = "".join(lines).encode()
    found = list(pieces.divide(content, TOKENIZER, room))
    assert b"".join(found) == content
    for piece in found:
        assert len(TOKENIZER.encode(piece)) <= room or len(piece.splitlines()) == 1
    for piece in found[:-1]:
        assert piece.endswith((b"\n", b"\r"))


def test_pieces_are_as_long_as_they_can_be():
    content = CODE.encode() * 40
    found = list(pieces.divide(content, TOKENIZER, 100))
    sizes = [len(TOKENIZER.encode(piece)) for piece in found[:-1]]
    longest = max(len(TOKENIZER.encode(line)) for line in content.splitlines(True))
    assert min(sizes) >= 100 - longest - 1 and max(sizes) <= 100


def test_a_line_that_is_too_long_is_alone():
    content = b"a\n" + b"x1 " * 99 + b"\nb\nc\n"
    found = list(pieces.divide(content, TOKENIZER, 20))
    assert found == [b"a\n", b"x1 " * 99 + b"\n", b"b\nc\n"]


def of(holes, content=CODE * 20, continued=0.0):
    file = SourceFile("a.py", "python", content.encode(), "MIT")
    rng = np.random.default_rng(0)
    return list(pieces.examples(file, TOKENIZER, 64, holes, continued, rng))


def test_without_holes_all_is_asked_for():
    found = of(0.0)
    assert b"".join(example.response for example in found) == (CODE * 20).encode()
    assert {example.prompt for example in found} == {""}


def test_a_hole_is_between_its_prefix_and_its_suffix():
    """In both orders; the pieces are those that would be without holes."""
    content = CODE.replace("value", "w\u00e4rt") * 9
    whole, orders = "", set()
    for example in of(1.0, content):
        marks = [part for part in example.prompt if isinstance(part, Special)]
        before, behind, hole = (
            Special.FIM_PREFIX,
            Special.FIM_SUFFIX,
            Special.FIM_MIDDLE,
        )
        assert sorted(marks) == [before, behind, hole]
        texts = [part for part in example.prompt if not isinstance(part, Special)]
        orders.add(example.prompt[1] is behind)
        if example.prompt[1] is behind:
            assert example.prompt == (before, behind, texts[0], hole, texts[1])
            texts.reverse()
        else:
            assert example.prompt == (before, texts[0], behind, texts[1], hole)
        whole += texts[0] + example.response + texts[1]
    assert whole == content
    assert len(orders) == 2


def test_the_end_is_asked_for_after_the_beginning():
    """In whole lines; as a benchmark asks: see `LocalModel`."""
    found = of(0.0, continued=1.0)
    parts = [(example.prompt.encode(), example.response) for example in found]
    assert b"".join(b"".join(part) for part in parts) == (CODE * 20).encode()
    assert all(asked.endswith(b"\n") for asked, _ in parts if asked)
    assert all(said for _, said in parts)
    assert np.mean([bool(asked) for asked, _ in parts]) > 0.5


@pytest.mark.parametrize("continued", [0.0, 1.0])
@pytest.mark.parametrize("holes", [0.0, 0.5, 1.0])
def test_examples_fit_into_a_row(holes, continued):
    found = of(holes, continued=continued)
    holed = [isinstance(example.prompt, tuple) for example in found]
    assert abs(np.mean(holed) - holes) < 0.3
    assert all(rows.encode(example, TOKENIZER).places <= 64 for example in found)


def test_definitions_are_told_as_edits():
    header = "import x\n\n@decorated\n# really\n"
    content = f"{header}{CODE}\nclass A:\n    y = x\n    z = 1\n\nshort = 1\n"
    file = SourceFile("a.py", "python", content.encode(), "MIT")
    found, rest = pieces.edits(file, random.Random(0))
    assert rest.content.split() == b"import x short = 1".split()
    alone = file._replace(content=f"\n{CODE}\n\n".encode())
    assert pieces.edits(alone, random.Random(0))[1].content == b""
    programs = []
    for example in found:
        assert (example.language, example.prompt) == ("python", "")
        assert Special.EDIT in example.response
        shown = (p.text if isinstance(p, Special) else p for p in example.response)
        programs.append(lintseq.written("".join(shown)))
    total, even = CODE.split("\n\n\n")
    assert programs == [
        f"@decorated\n# really\n{total}\n",
        even,
        "class A:\n    y = x\n    z = 1\n",
    ]


# For which Python's parser has not enough of a stack.
DEEP = "x = (\n" + "-\n" * 7000 + "1)\n"


@pytest.mark.parametrize(
    "content", ["def f(:\n", "x = 1\n", "def f():\n  pass\n", "a\r\n", DEEP]
)
def test_of_other_files_nothing_is_told_as_edits_and_nothing_lost(content):
    file = SourceFile("a.py", "python", content.encode(), "MIT")
    assert pieces.edits(file, random.Random(0)) == ([], file)
