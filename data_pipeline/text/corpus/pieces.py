"""Examples out of a file: pieces that fit into a row, some of them with a hole."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator

import numpy as np

from data_pipeline import syntax
from data_pipeline.text.corpus.source_file import SourceFile
from data_pipeline.text.example import Example, around
from data_pipeline.text.lintseq import sequence as lintseq
from data_pipeline.text.special import Special
from data_pipeline.text.tokenizer import Tokenizer

_OVERHEAD = 2
"""Tokens of a row beside the text: of the language, and `ANSWER`."""
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_FEWEST_LINES, _MOST_LINES = 3, 60
"""Of a definition that is told as edits."""
_MARKS = 12
"""More of them where there is a cut: three marks, and words that cuts go through."""


def examples(
    file: SourceFile,
    tokenizer: Tokenizer,
    seq_len: int,
    holes: float,
    continued: float,
    rng: np.random.Generator,
) -> Iterator[Example]:
    """A file as examples, each as much of it in whole lines as a row can hold.

    Args:
      holes: share of pieces of which a part in the middle is asked for, after what is
        before it and what is behind it.
      continued: share of the others that are cut at the end of a line: the rest is
        asked for after the first part, as benchmarks do. Of what is left all is asked
        for, after nothing.
    """
    room = seq_len - _OVERHEAD - (_MARKS if holes or continued else 0)
    for piece in divide(file.content, tokenizer, room):
        if rng.random() < holes:
            yield _with_hole(file.language, piece, rng)
        elif continued and rng.random() < continued:
            yield _continued(file.language, piece, rng)
        else:
            yield Example(file.language, "", piece)


def edits(file: SourceFile, rng: random.Random) -> tuple[list[Example], SourceFile]:
    """The functions and classes at the top of a Python file, each as the edits that
    write it.

    Returns:
      Also what cannot be told so: what is between them, what is too short or too long,
      and all of a file of another kind.
    """
    found: list[Example] = []
    source = file.content.decode()
    if "\r" in source:  # Python would count lines otherwise
        return found, file
    try:
        tree = syntax.module(source)
    except syntax.UNREADABLE:
        return found, file
    lines = source.split("\n")
    between, end = [], 0
    for node in tree.body:
        if isinstance(node, _DEFINITIONS):
            first = min(one.lineno for one in (node, *node.decorator_list)) - 1
            part = lines[first : node.end_lineno]
            if _FEWEST_LINES <= len(part) <= _MOST_LINES:
                response = lintseq.response("\n".join(part) + "\n", rng)
                if response is not None:
                    found.append(Example(file.language, "", response))
                    between += lines[end:first]
                    end = node.end_lineno
    rest = "\n".join([*between, *lines[end:]])
    return found, file._replace(content=rest.encode() if rest.strip() else b"")


def divide(content: bytes, tokenizer: Tokenizer, room: int) -> Iterator[bytes]:
    """Cuts a text at ends of lines into pieces of at most `room` tokens each; a line
    that is longer is a piece of its own."""
    token_ends = tokenizer.ends(content)
    sizes = [len(line) for line in content.splitlines(keepends=True)]
    ends = np.cumsum([0, *sizes])
    # Tokens that begin before the end of a line, and those that are over there.
    begun = np.searchsorted(token_ends - np.diff(token_ends, prepend=0), ends)
    over = np.searchsorted(token_ends, ends, side="right")
    start = 0
    while start < len(sizes):
        fitting = int(np.searchsorted(begun, over[start] + room, side="right")) - 1
        stop = max(fitting, start + 1)
        # A token that reaches over the end of a line may become several by the cut.
        while len(tokenizer.encode(content[ends[start] : ends[stop]])) > room:
            if stop == start + 1:
                break
            stop -= 1
        yield content[ends[start] : ends[stop]]
        start = stop


def _continued(language: str, piece: bytes, rng: np.random.Generator) -> Example:
    """Prefix language modelling (Raffel et al., arXiv:1910.10683, section 3.2.1)."""
    lines = piece.splitlines(keepends=True)
    cut = int(rng.integers(0, len(lines)))
    return Example(language, b"".join(lines[:cut]).decode(), b"".join(lines[cut:]))


def _with_hole(language: str, piece: bytes, rng: np.random.Generator) -> Example:
    """Fill-in-the-middle with a span that is cut out anywhere, half in the order
    prefix-suffix-middle, half suffix-prefix-middle (Bavarian et al., arXiv:2207.14255,
    section 3 and appendix D)."""
    text = piece.decode()
    first, second = sorted(rng.integers(0, len(text) + 1, 2).tolist())
    prefix, middle, suffix = text[:first], text[first:second], text[second:]
    prompt = around(prefix, suffix)
    if rng.random() < 0.5:
        before, behind = Special.FIM_PREFIX, Special.FIM_SUFFIX
        prompt = (before, behind, suffix, Special.FIM_MIDDLE, prefix)
    return Example(language, prompt, middle)
