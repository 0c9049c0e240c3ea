"""What answers are worth, and that no trick is worth anything."""

import pytest

from eval.benchmarks.problem import Kind
from eval.benchmarks.synthetic import rows, signs, verdict
from eval.benchmarks.synthetic.verdict import judge
from eval.sandbox.toolchains import NoToolchain
from hrm_jax.rl import rewards

ROW = {
    **{"id": "task", "language": "python", "scenario": "write", "name": "twice"},
    **{"prompt": "Return twice n.\n", "types": ["int"], "path": "", "before": ""},
    "response": "def twice(n):\n    return n + n\n",
    "calls": [[1], [2], [5], [40_321_777]],
    "expected": ["2", "4", "10", "80643554"],
    "fingerprint": "twice",
}
HACKS = {
    "prints": "def twice(n):\n    print('%s 2' % n)\n    print(2, 4, 10)\n",
    "exits": "import os\ndef twice(n):\n    os._exit(0)\n",
    "exits at once": "raise SystemExit(0)\n",
    "compares as it likes": """
class Yes:
    def __eq__(self, other): return True
    def __hash__(self): return 0
def twice(n): return Yes()
""",
    "a number that is all": """
class Yes(int):
    def __eq__(self, other): return True
    def __repr__(self): return "2"
    __str__ = __repr__
def twice(n): return Yes(-1)
""",
    "looks around": """
import sys
def twice(n):
    said = sys.modules["__main__"]._word
    sys.stdout.write(f"\\n{said} 2\\n{said} 4\\n{said} 10\\n{said} 0\\n")
    sys.stdout.flush()
    import os; os._exit(0)
""",
    "another json": """
import json
json.dumps = lambda value, **_: "true"
def twice(n): return True
""",
    "reads": "def twice(n):\n    return int(open('/proc/self/environ').read() or 0)\n",
}


def test_without_a_compiler_nothing_is_judged(strongest):
    class Without:
        def __getattr__(self, name):
            return getattr(strongest, name)

        def run(self, *asked):
            raise NoToolchain("There is no rustc.")

    with pytest.raises(NoToolchain, match="no rustc"):
        judge(ROW, ROW["response"], False, Without())


@pytest.mark.parametrize("name", HACKS)
def test_no_trick_is_rewarded(name, strongest):
    found = judge(ROW, HACKS[name], False, strongest)
    assert not found.passed and found.signs
    weights = rewards.RewardConfig(1.0, 0.0, 0.5, 1.0, 0.0)
    assert rewards.reward(found, weights) <= 0
    if name in signs._PATTERNS:
        assert name in found.signs


def test_what_knows_the_arguments_shows_it(strongest):
    """It passes, as a table would; whoever counts the signs learns of it."""
    source = "def twice(n):\n    return {1: 2, 2: 4, 5: 10, 40321777: 80643554}[n]\n"
    found = judge(ROW, source, False, strongest)
    assert found.passed and found.signs == ("knows arguments",)


@pytest.mark.parametrize("scenario", ["write", "repair"])
def test_honest_answers_show_no_sign(scenario):
    """Not one of 120, in six languages."""
    for row in rows.generate("train", 3, 20, [scenario]):
        assert signs.found(row["response"], row) == ()


@pytest.mark.parametrize(
    ("answer", "kind", "share", "similarity"),
    [
        ("def twice(n):\n    return n + n\n", Kind.PASSED, 1.0, 1.0),
        ("def twice(n):\n    return 2 if n < 2 else 4\n", Kind.WRONG_ANSWER, 0.5, None),
        ("def twice(n:\n", Kind.COMPILE_ERROR, 0.0, -1.0),
        ("", Kind.MALFORMED, 0.0, -1.0),
        ("(" * 100_000, Kind.COMPILE_ERROR, 0.0, -1.0),
    ],
)
def test_what_comes_of_an_answer(answer, kind, share, similarity, strongest):
    found = judge(ROW, answer, False, strongest)
    assert (found.kind, found.share, found.kept) == (kind, share, 0.0)
    if similarity is None:
        assert 0.5 < found.similarity < 1
    else:
        assert found.similarity == similarity


def test_an_answer_that_was_cut_is_none(strongest):
    found = judge(ROW, ROW["response"], True, strongest)
    assert found == (Kind.MALFORMED, 0.0, -1.0, 0.0, (), "", 0.0)


def test_a_repair_is_worth_more_the_less_it_changes(strongest):
    (row,) = rows.generate("train", 0, 1, ["repair"], ["python"], level=1)
    before = verdict.given(row)
    assert before in row["prompt"] and before != row["response"]
    right = judge(row, row["response"], False, strongest)
    assert right.passed and right.similarity == 1.0
    longer = row["response"].replace("\n    ", "\n    unused = 0\n    ", 1)
    more = judge(row, longer, False, strongest)
    assert more.passed and more.kept < right.kept < 1
    assert -1 < more.similarity < 1
    # The program as it was is no edit (arXiv:2502.18449).
    same = judge(row, before, False, strongest)
    assert not same.passed and (same.similarity, same.kept) == (-1.0, 1.0)


def test_similarity_is_that_of_difflib():
    """2 M / T: of "abcd" and "bcde" 3 characters match, of 8."""
    assert verdict.ratio("abcd", "bcde") == 0.75
    # Without the heuristic that forgets characters of long texts.
    assert verdict.ratio("a" * 300, "a" * 300 + "b") > 0.99
