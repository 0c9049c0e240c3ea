"""Whatever a model prefers, what it says under a grammar parses."""

import itertools
import re
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.programs import actions, scenarios
from data_pipeline.schema import UserError
from data_pipeline.text.special import Special
from data_pipeline.text.tokenizer import Tokenizer
from eval.benchmarks.edits import formats, search_replace
from hrm_jax.text import automaton, grammars
from hrm_jax.text.automaton import DEAD, START
from hrm_jax.text.grammar import Grammar, Grammars, Vocabulary

SCENES = [
    scene
    for index in range(40)
    # A task that no bug shows in is asked to be written.
    if (scene := scenarios.draw(0, "test", index, 0, ("edit", "act"))).scenario
    != "write"
]
TOKENIZER = Tokenizer.train(
    [text for scene in SCENES for text in scene.example[1:3]], 700
)
SPARE = 5
VOCABULARY = Vocabulary(TOKENIZER, TOKENIZER.vocab_size + SPARE)
EDITED = [scene for scene in SCENES if scene.path]


def grammar(name, files=None):
    return Grammar(grammars.pattern(name, files or {}), VOCABULARY)


ACTIONS = grammar("actions")


class Speaker:
    """Draws answers from the masks alone.

    A share of its tokens, `hurry`, is drawn from those that come nearest to the end: by
    chance alone few answers would end.
    """

    def __init__(self, grammar, seed, hurry):
        self._grammar, self._hurry = grammar, hurry
        self._rng = np.random.default_rng(seed)
        machine = grammar._machine
        missing = np.where(machine.accepts, 0, 10**6)
        for _ in range(len(missing)):
            closer = np.minimum(missing, missing[machine.table].min(1) + 1)
            if (closer == missing).all():
                break
            missing = closer
        self._missing = missing

    def say(self):
        rule, tokens = self._grammar.rule(), []
        while True:
            allowed = np.flatnonzero(rule.allowed())
            assert len(allowed), "nothing may be said"
            if self._rng.random() < self._hurry:
                missing = self._missing[self._grammar.follow(rule.state)[allowed]]
                missing[allowed == Special.END] = -1
                allowed = allowed[missing == missing.min()]
            token = int(self._rng.choice(allowed))
            rule.advance(token)
            if token == Special.END:
                return TOKENIZER.decode(tokens).decode()
            tokens.append(token)


MANY = [20, pytest.param(500, marks=pytest.mark.slow)]


@pytest.mark.parametrize("count", MANY)
def test_any_action_parses(count):
    kinds = set()
    for hurry in (0.3, 0.9):
        speaker = Speaker(ACTIONS, count, hurry)
        kinds |= {actions.parse(speaker.say()).kind for _ in range(4 * count)}
    assert kinds == set(get_args(actions.Kind))


@pytest.mark.parametrize("count", MANY)
def test_any_edit_can_be_made(count):
    searched = set()
    for number in range(count):
        scene = EDITED[number % len(EDITED)]
        files = {scene.path: scene.before}
        reply = Speaker(grammar("edits", files), number, 0.5).say()
        formats.FORMATS["diff"].apply(reply, files, [scene.path])
        (block,) = search_replace.parse(reply)
        assert block.path == scene.path
        assert "\n".join(block.search) in scene.before
        searched.add((scene.before, tuple(block.search)))
    assert len(searched) > len(EDITED) / 2


@pytest.mark.parametrize("count", MANY)
def test_an_action_may_be_held_to_the_files_that_there_are(count):
    files = {"a.py": "x = 1\ny = 2\n", "lib/b.py": "z = 3\n"}
    speaker, kinds = Speaker(grammar("actions", files), count, 0.5), set()
    for _ in range(2 * count):
        action = actions.parse(speaker.say())
        kinds.add(action.kind)
        if action.kind in ("view", "edit"):
            assert action.path in files
        if action.kind == "list":
            assert action.path in ("", "lib")
        if action.kind == "edit":
            block = action.written().removeprefix("edit\n")
            formats.FORMATS["diff"].apply(block, files, list(files))
    assert kinds == set(get_args(actions.Kind))


@pytest.mark.parametrize("scene", SCENES[:10])
def test_what_is_right_can_be_said_in_the_tokenizer_s_own_tokens(scene):
    files = {scene.path: scene.before} if scene.path else {}
    rule = grammar("edits" if scene.scenario == "edit" else "actions", files).rule()
    for token in TOKENIZER.encode(scene.example.response):
        assert rule.allowed()[token]
        rule.advance(token)
    assert rule.allowed()[Special.END]


def accepts(rule, text: bytes):
    """Does the automaton take a text, byte by byte?"""
    state = START
    for byte in text:
        state = rule._machine.table[state, byte]
    return bool(rule._machine.accepts[state])


LINES = st.lists(
    st.one_of(
        st.text(max_size=4),
        st.sampled_from(
            ["=======", "=====", "==========", "<<<<<<< SEARCH", ">>>>>>> REPLACE "]
            + ["======= \u2003", "=======x", "<<<<< SEARCH>", " =======", "\r", ""]
        ),
    ).filter(lambda line: "\n" not in line),
    max_size=3,
)


@settings(deadline=None)
@given(
    LINES, LINES, st.sampled_from(["a.py", "a/b-c.d", "../a", "a b", "", "/a", "a/"])
)
def test_exactly_what_both_parsers_take_may_be_said(search, replace, path):
    """But for lines that look like a mark, where one of them lets these pass."""
    text = actions.Action(
        "edit",
        path,
        search="".join(line + "\n" for line in search),
        replace="".join(line + "\n" for line in replace),
    ).written()
    try:
        actions.parse(text)
        (block,) = search_replace.parse(text)
        both = (block.path, block.search, block.replace) == (path, search, replace)
    except (ValueError, UserError):
        both = False
    plain = not any(grammars._MARK.fullmatch(line) for line in search + replace)
    assert accepts(ACTIONS, text.encode("utf-8", "replace")) == (both and plain)


def test_nothing_but_text_may_be_said():
    head = b"edit\na.py\n```\n<<<<<<< SEARCH\n"
    tail = b"\n=======\n>>>>>>> REPLACE\n```\n"
    for line in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc3"):
        assert not accepts(ACTIONS, head + line + tail)
    for line in ("\xe9", "\u4e2d", "\U0001f600", "\U0010ffff", "\ue000"):
        assert accepts(ACTIONS, head + line.encode() + tail)


FILE = st.lists(st.sampled_from(["a", "b", "ab", "", "=======", "b\r"]), max_size=6)


@settings(deadline=None, max_examples=40)
@given(FILE, FILE)
def test_exactly_the_runs_of_a_file_may_be_searched(lines, search):
    try:
        rule = grammar("edits", {"f": "\n".join(lines)})
    except UserError:
        assert set(lines) == {"======="}
        return
    file = "\n".join(lines).split("\n")
    runs = [file[i:j] for i in range(len(file)) for j in range(i + 1, len(file) + 1)]
    body = "".join(line + "\n" for line in search)
    text = f"f\n```\n<<<<<<< SEARCH\n{body}=======\n>>>>>>> REPLACE\n```\n"
    possible = search in runs and "=======" not in search
    assert accepts(rule, text.encode()) == possible


@settings(deadline=None)
@given(st.lists(st.lists(st.text("ab\r", max_size=3), max_size=6), max_size=4))
def test_runs_are_those_of_each_text_in_few_states(texts):
    lines = [[line.encode() + b"\n" for line in text] for text in texts]
    wanted = {
        b"".join(text[i:j])
        for text in lines
        for i in range(len(text))
        for j in range(i + 1, len(text) + 1)
    }
    pattern = automaton.runs(*([line[:-1] for line in text] for text in lines))
    if not wanted:
        with pytest.raises(ValueError):
            automaton.machine(pattern)
        return
    machine = automaton.machine(pattern)
    assert set(said(machine, START)) == wanted
    size = sum(map(len, itertools.chain(*lines)))
    assert len(machine.accepts) <= 2 * size + 2  # with `DEAD` and the first one


def said(machine, state, before=b""):
    """All strings that lead from a state to one that accepts: there is no loop."""
    if machine.accepts[state]:
        yield before
    for byte in np.flatnonzero(machine.table[state]):
        after = before + bytes([byte])
        yield from said(machine, machine.table[state, byte], after)


@pytest.mark.parametrize(
    "text",
    ["\n" * 4095, "    0,\n" * 585, "a\n" * 1024 + "b" * 2048, "ab\nabb\n" * 585],
    ids=["blank", "numbers", "long", "two"],
)
def test_lines_that_come_again_need_few_states(text):
    """And few of the pattern's for each: there is one way to read a string."""
    pattern = automaton.runs(text.encode().split(b"\n"))
    last = len(pattern.moves) - 1
    for moves, skips in zip(pattern.moves, pattern.skips, strict=True):
        assert len({choices for choices, _ in moves}) == len(moves)
        assert all(len(choices) == 1 for choices, _ in moves)
        assert set(skips) <= {last}
    few = automaton.machine(grammars.pattern("edits", {"f": "x"}))
    found = automaton.machine(grammars.pattern("edits", {"f": text}))
    assert len(found.accepts) - len(few.accepts) <= 2 * len(text) + 2


@pytest.mark.parametrize(
    "files",
    [{"a": "é" * 20_000}, {f"{n}/a.py": "" for n in range(400)}, {"a" * 2**15: "x"}],
    ids=["bytes", "files", "paths"],
)
def test_what_is_too_long_together_is_refused(files):
    with pytest.raises(UserError, match="but a grammar takes 32,768: leave out"):
        grammars.pattern("edits", files)


def test_an_agent_is_held_to_the_first_files_that_a_grammar_takes():
    first, long, last = "x\n" * 8_000, "y\n" * 9_000, "z\n" * 7_000
    files = {"a.py": first, "b.py": long, "c.py": last}
    assert grammars.sayable(files) == {"a.py": first, "c.py": last}
    grammars.pattern("actions", grammars.sayable(files))
    assert grammars.sayable({"a.py": "é" * 20_000}) == {}
    assert grammars.sayable({"a.py": "é" * 20_000, "b.py": "z\n"}) == {"b.py": "z\n"}


def test_files_of_which_nothing_can_be_said_are_left_out():
    files = {"a.py": "x\n", "b c.py": "x\n", "d.py": "\n"}
    assert grammars.sayable(files) == {"a.py": "x\n"}


def test_a_grammar_is_made_once_for_the_same_files():
    made = Grammars(VOCABULARY, 4)
    first = made.of("actions", {"a.py": "x\n"})
    assert made.of("actions", {"a.py": "x\n"}) is first
    assert made.of("edits", {"a.py": "x\n"}) is not first
    assert made.of("actions", {"a.py": "y\n"}) is not first


EXPRESSIONS = st.recursive(
    st.sampled_from(["a", "b", "ab", "[bc]"]),
    lambda inner: st.one_of(
        st.tuples(st.just("sequence"), inner, inner),
        st.tuples(st.just("choice"), inner, inner),
        st.tuples(st.just("repeat"), inner, st.sampled_from([(0, None), (1, 3)])),
    ),
    max_leaves=6,
)


def both_ways(expression):
    """A pattern, and a regular expression of the library's that says the same."""
    if isinstance(expression, str):
        made = automaton.literal(expression.encode())
        return automaton.one_of(b"bc") if "[" in expression else made, expression
    kind, first, second = expression
    one, text = both_ways(first)
    if kind == "repeat":
        least, most = second
        bound = f"{{{least},{'' if most is None else most}}}"
        return automaton.repeat(one, least, most), f"(?:{text}){bound}"
    other, more = both_ways(second)
    if kind == "sequence":
        return automaton.sequence(one, other), f"(?:{text})(?:{more})"
    return automaton.choice(one, other), f"(?:{text}|{more})"


@settings(deadline=None)
@given(EXPRESSIONS, EXPRESSIONS, st.lists(st.text("abc", max_size=6), max_size=30))
def test_patterns_are_those_of_regular_expressions(first, second, texts):
    (one, wanted), (other, unwanted) = both_ways(first), both_ways(second)
    try:
        both = automaton.machine(automaton.without(one, other))
    except ValueError:
        both = None
    machine = automaton.machine(one)
    for text in texts:
        state = less = START
        for byte in text.encode():
            state = machine.table[state, byte]
            less = both.table[less, byte] if both else DEAD
        found = re.fullmatch(wanted, text) is not None
        assert machine.accepts[state] == found
        without = found and re.fullmatch(unwanted, text) is None
        assert bool(both and both.accepts[less]) == without


def test_special_and_spare_tokens_are_never_allowed():
    rule = grammar("actions").rule()
    rule.state = next(
        state
        for state in range(1, len(ACTIONS._machine.accepts))
        if (ACTIONS.follow(state) != DEAD).sum() > 300
    )
    mask = rule.allowed()
    assert len(mask) == TOKENIZER.vocab_size + SPARE
    assert not mask[: len(Special)].any() and not mask[-SPARE:].any()


@pytest.mark.parametrize(
    "name, files, told",
    [
        ("poems", {}, "no grammar 'poems': take actions or edits"),
        ("edits", {}, "needs the file that is edited"),
        ("edits", {"a b": ""}, "cannot name the file 'a b'"),
        ("edits", {"a": "=======\n=======" + " "}, "No line of 'a' can be edited"),
        ("edits", {"a": "\ud800"}, "The file 'a' is not Unicode"),
        ("edits", {"a": "x" * 40_000}, "have 40,101 bytes"),
        ("edits", {"a": "\u4e2d" * 10_000, "b": "x" * 5_000}, "have 35,202 bytes"),
    ],
)
def test_what_cannot_be_said_is_named(name, files, told):
    with pytest.raises(UserError, match=told):
        grammar(name, files)
