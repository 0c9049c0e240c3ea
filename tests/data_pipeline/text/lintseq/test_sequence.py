"""Edits that write a program: every state is in order, the last one is the program."""

import ast
import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.programs import scenarios
from data_pipeline.text.lintseq import sequence, units
from data_pipeline.text.special import Special

PROGRAM = '''"""What it is for."""
import math


def primes(limit):
    """All primes below a limit."""
    found = []
    skipped = 0
    for number in range(2, limit):
        # the first ones
        if all(number % p for p in found if p <= math.isqrt(number)):
            found.append(number)
        elif number % 2:
            skipped += 1
        else:
            continue
    try:
        text = str(
            skipped
        )
    except ValueError as error:
        print(error)
    finally:
        pass
    with open("x") as file:
        file.write(text); file.flush()
    return found, """
if here: @1+1
"""


class Table:
    size = 3

    @property
    @staticmethod
    def width():
        while True:
            if Table.size: break
        return known(Table)

# the end
'''


def states(program, seed):
    """What is there after each edit."""
    edits = sequence.sequence(program, random.Random(seed))
    assert edits is not None
    told = [Special.EDIT.text + edit for edit in edits]
    return [sequence.written("".join(told[:count])) for count in range(len(told) + 1)]


def assert_in_order(program, seed):
    found = states(program, seed)
    assert found[0] == "" and found[-1] == program
    for before, after in zip(found[:-1], found[1:], strict=True):
        ast.parse(after)
        assert len(before) < len(after)
        rest = iter(after.splitlines())
        assert all(line in rest for line in before.splitlines())  # only insertions
    return found


@given(st.integers(0, 10**6))
def test_every_state_is_in_order(seed):
    assert_in_order(PROGRAM, seed)


def test_the_states_are_in_order_for_ruff_too(tmp_path):
    """Undefined names, and locals that are used before their assignment, as somebody
    else finds them; the one that the program itself lacks is known."""
    for seed in range(12):
        for number, state in enumerate(states(PROGRAM, seed)):
            (tmp_path / f"{seed}_{number}.py").write_text(state)
    for index in range(40):
        scene = scenarios.draw(1, "train", index, 0, ("write",), ("python",))
        for number, state in enumerate(states(scene.example.response, index)):
            (tmp_path / f"scene{index}_{number}.py").write_text(state)
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--quiet"]
    done = subprocess.run(
        [*command, "--select=F821,F823,E9,F7", "--output-format=concise", tmp_path],
        capture_output=True,
        text=True,
    )
    lines = [line for line in done.stdout.splitlines() if "`known`" not in line]
    assert len(list(tmp_path.iterdir())) > 150 and "`known`" in done.stdout
    assert not lines and not done.stderr


def test_what_is_needed_comes_first():
    for seed in range(20):
        for state in states(PROGRAM, seed):
            assert "math.isqrt" not in state or "import math" in state
            assert "elif" not in state or "if all(" in state
            assert "@staticmethod" not in state or "def width" in state


def test_many_ways_lead_to_a_program():
    ways = {tuple(states(PROGRAM, seed)) for seed in range(20)}
    assert len(ways) == 20
    assert tuple(states(PROGRAM, 3)) in ways
    assert 3 < len(states(PROGRAM, 0)) < 25


def test_units_are_all_lines_of_a_program():
    found = units.split(PROGRAM)
    assert units.source_of(found) == PROGRAM
    words = [unit.word for unit in found]
    assert words.count("try") == words.count("def") - 1 == words.count("class") == 1
    (width,) = [unit for unit in found if "    def width():\n" in unit.lines]
    assert "    @property\n" in width.lines and width.indent == 4
    assert found[-1].lines[-1] == "# the end\n"


def test_an_answer_has_a_special_token_before_each_edit():
    parts = sequence.response("x = 1\ny = x\n", random.Random(0))
    assert isinstance(parts, tuple)
    assert set(parts[::2]) == {Special.EDIT}
    shown = "".join(p.text if isinstance(p, Special) else p for p in parts)
    assert sequence.written(shown) == "x = 1\ny = x\n"
    assert shown == "<|edit|>@0+1\nx = 1\n<|edit|>@1+1\ny = x\n"


# For which Python's parser has not enough of a stack.
DEEP = "x = (\n" + "-\n" * 7000 + "1)\n"


@pytest.mark.parametrize(
    "source",
    ["x = (\n", "x = 1", "x = 1\r\ny = 2\n", "x = '\f'\n", "", "\0\n", "return 1\n"]
    + [DEEP],
)
def test_what_cannot_be_taken_apart_is_passed_over(source):
    assert sequence.response(source, random.Random(0)) is None


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ("<|edit|>x = 1\n", "no hunk begins with 'x = 1"),
        ("<|edit|>@0+2\nx = 1\n", "hunk @0.2 does not fit"),
        ("<|edit|>@1+1\nx = 1\n", "hunk @1.1 does not fit"),
        ("<|edit|>@0+1\nx = 1\nmore", "no hunk begins with 'more'"),
    ],
)
def test_what_no_edit_is_is_told(edits, reason):
    with pytest.raises(ValueError, match=reason):
        sequence.written(edits)
