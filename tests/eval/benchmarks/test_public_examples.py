"""Published benchmarks as problems for a search, on rows of our own and theirs."""

import dataclasses

import pytest

from eval.benchmarks import challenges
from eval.benchmarks.humaneval_challenge import examples
from eval.benchmarks.problem import Kind
from eval.sandbox import pool
from tests.eval.benchmarks.written import write

HEAD = '''def last(words: list) -> str:
    """ The last word, or none.
    >>> last(["a", "b"])
    'b'
    >>> last([])
    >>> last(["a", "c", ""])
    \'\'
    """
'''
ROW = {
    "task_id": "HumanEval/0",
    "prompt": HEAD,
    "entry_point": "last",
    "canonical_solution": "    return words[-1] if words else None\n",
    "test": "def check(candidate):\n    assert candidate(['x']) == 'x'\n",
}


@pytest.fixture
def challenge(tmp_path):
    (found,) = challenges.load("humaneval", write(tmp_path / "rows", [ROW]))[1]
    return found


@pytest.mark.parametrize(
    "said, found",
    [
        (">>> f(1)\n    2", [((1,), 2)]),
        (">>> f([1], 'a')\n    (1, None)", [(([1], "a"), (1, None))]),
        (">>> g(1)\n    2", []),
        (">>> f(x)\n    2", []),
        (">>> f(1)\n    about two", []),
        ("f(1) ==> 2\n    f(3) -> [4].", [((1,), 2), ((3,), [4])]),
        ("For f(1) it is 2.", []),
        ("* f(1) should return True", [((1,), True)]),
    ],
)
def test_examples_are_read(said, found):
    assert examples(f'def f(*n):\n    """ Says.\n    {said}\n    """\n', "f") == found


def test_examples_are_public_tests(challenge, strongest):
    assert challenge.public_tests == 2  # one shows nothing
    right = challenge.extract(ROW["canonical_solution"])
    found = challenge.public(right, strongest)
    assert (found.kind, found.results) == (Kind.PASSED, ("'b'", "''"))
    assert challenge.failure(found) is None
    wrong = challenge.extract("    return words[1]\n")
    found = challenge.public(wrong, strongest)
    assert found.passed == (True, False)
    failure = challenge.failure(found)
    assert failure == "last(['a', 'c', '']) gives 'c', expected ''"
    asked = challenge.repair_prompt(wrong, failure)
    assert asked.endswith(HEAD) and f"# This is wrong: {failure}\n" in asked
    assert "#     return words[1]\n" in asked
    raises = challenge.public(challenge.extract("    return words[7]\n"), strongest)
    assert raises.results == ("raises IndexError",) * 2
    leaves = challenge.public(challenge.extract("    exit(0)\n"), strongest)
    assert leaves.kind == Kind.EARLY_EXIT and not any(leaves.passed)


def test_behaviour_is_told_apart_beyond_the_examples(challenge, strongest):
    right = challenge.probe(challenge.extract(ROW["canonical_solution"]), strongest)
    other = "    return sorted(words)[0] if 'b' not in words else words[-1]\n"
    assert len(right) > 5
    assert challenge.probe(challenge.extract(other), strongest) != right


def test_a_problem_without_examples_has_no_tests(challenge, strongest):
    row = ROW | {"prompt": 'def last(words):\n    """ Says. """\n'}
    bare = dataclasses.replace(
        challenge, problem=dataclasses.replace(challenge.problem, row=row)
    )
    assert bare.public_tests == 0
    assert bare.public("x = 1", strongest).kind == Kind.NOT_RUN
    assert bare.probe("x = 1", strongest) == ("x = 1",)


def test_cruxeval(tmp_path, strongest):
    row = {"id": "s", "code": "def f(n):\n    return n + 1", "input": "1"}
    path = write(tmp_path / "rows", [row | {"output": "2"}])
    (found,) = challenges.load("cruxeval_input", path)[1]
    assert found.public("f(1)", strongest).kind == Kind.PASSED
    failure = found.failure(found.public("f(2)", strongest))
    assert "does not give 2" in failure
    assert found.repair_prompt("f(2)", failure).endswith(found.prompt)
    (found,) = challenges.load("cruxeval_output", path)[1]
    assert found.public_tests == 0 and found.hidden("2", strongest).passed
    assert found.probe("2", strongest) == ("2",)


@pytest.mark.slow
def test_published_solutions_pass_their_examples(shared_data, strongest):
    path = shared_data / "code" / "humaneval_dev.jsonl"
    _, found = challenges.load("humaneval", path)
    tested = [one for one in found if one.public_tests]
    assert len(tested) > 60

    def work(one):
        return one.public(one.extract(one.benchmark.gold(one.problem)), strongest)

    jobs = [(one.id, one) for one in tested]
    kinds = {done.key: done.result for done in pool.finished(strongest, jobs, work)}
    failed = {key for key, result in kinds.items() if result.kind != Kind.PASSED}
    assert failed == {"HumanEval/148"}  # whose example contradicts its tests
