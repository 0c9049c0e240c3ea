"""Every published row: its solution passes, what does nothing fails.

The programs go to the user's own cache, so that the second time is quick.
"""

import json

import pytest

from eval.benchmarks import humaneval_x, humanevalpack, humanevalpack_explain, mbxp
from eval.benchmarks.humanevalpack import Task
from eval.benchmarks.problem import Kind
from eval.sandbox import pool, tiers
from eval.sandbox.toolchains import NoToolchain

pytestmark = pytest.mark.slow

FILES = {
    **{name: name for name in ("python", "cpp", "go", "java", "rust")},
    "javascript": "js",
}

# Published solutions that do not pass their own tests, by the authors' fault, each seen
# with the authors' plain file too. What is flaky may pass or not.
FLAKY = {
    # Judges by the first key of a map, whose order is random in Go.
    "Go/95",
}
# Tests that never call the submission: `strlen` of a literal is the C library's.
UNTESTED = {"CPP/23"}
# Tests that call a function which the prompt neither has nor asks for, so that only an
# answer in a block, with that function beside, can pass.
BESIDE = {"Rust/10", "Rust/38", "Rust/50"}
HUMANEVALPACK_FIXTESTS = {
    # The declaration, which stands in the prompt's place, lacks a helper that is used.
    *("Go/10", "Go/38", "Go/50"),
    # The declaration has a part of the body already.
    "CPP/38",
}
# Their head has a parameter in small letters, their body in camel case: not defined.
NAMED_OTHERWISE = (
    "2 512 513 514 544 546 552 553 560 561 573 580 611 613 614 616 619 621 630 632 637 "
    "639 645 651 665 668 691 694 695 697 698 710 713 715 720 726 740 744 749 750 753 "
    "757 772 776 780 785 788 791 792 806 808 809 811 825 842 852 858 875 878 888 894 "
    "915 916 920 921 936 942 951 954 969 972"
)
MBXP = {
    *(f"MBJSP/{number}" for number in NAMED_OTHERWISE.split()),
    # Wrong: keys of objects in quotes twice over, or another result than expected.
    *("MBJSP/585", "MBJSP/653", "MBJSP/679", "MBJSP/795", "MBJSP/844", "MBJSP/939"),
    # Do not compile: a number of another type is returned.
    *("MBJP/519", "MBJP/535", "MBJP/622", "MBJP/738", "MBJP/904"),
    # Leave with code 0, which is all that the authors ask for.
    *("MBJP/553", "MBJP/579", "MBJP/835", "MBJP/871", "MBCPP/769"),
    # Does not compile: a case beyond the range of its type.
    "MBCPP/543",
}
# Tests that do not compile, whatever the submission: too large numbers, untyped nil, an
# escape that Java does not know.
NEVER = {
    *(f"MBGP/{number}" for number in (539, 546, 746, 755, 761, 954)),
    "MBJP/676",
}


@pytest.fixture(scope="module")
def sandbox():
    if all(tiers.probe()[tier] for tier in (1, 2)):
        pytest.skip("programs cannot be confined here")
    with tiers.open_sandbox() as opened:
        yield opened


@pytest.fixture
def kinds(sandbox):
    """Grades completions of problems, many at once: kinds by id."""

    def kinds(benchmark, completion):
        language = benchmark.problems[0].language
        try:
            sandbox.toolchain(language)
        except NoToolchain as error:
            pytest.skip(str(error))
        jobs = [
            (problem.id, (problem, text))
            for problem in benchmark.problems
            if (text := completion(problem)) is not None
        ]

        def work(item):
            problem, text = item
            submission = benchmark.extract(problem, text)
            return benchmark.grade(problem, submission, sandbox)

        found = {}
        for one in pool.finished(sandbox, jobs, work):
            assert one.error is None, one
            found[one.key] = one.result.kind
        return found

    return kinds


def passed(kinds):
    return {name for name, kind in kinds.items() if kind == Kind.PASSED}


def failed(kinds):
    return set(kinds) - passed(kinds)


def does_nothing(problem):
    """Compiles, uses what Go imports, and fails when it is called."""
    uses = {"math": "_ = math.Pi", "sort": "_ = sort.Ints"}
    used = [use for name, use in uses.items() if f'"{name}"' in problem.row["prompt"]]
    return {
        "python": "    raise NotImplementedError\n",
        "cpp": "    throw 1;\n}\n",
        "go": "\n".join(["", *used, 'panic("nothing")', "}", ""]),
        "java": "        throw new RuntimeException();\n    }\n}\n",
        "javascript": "  throw new Error()\n}\n",
        "rust": "    todo!()\n}\n",
    }[problem.language]


@pytest.mark.parametrize("language", FILES)
def test_humaneval_x(shared_data, kinds, language):
    file = f"humaneval_x_dev/{FILES[language]}.jsonl"
    benchmark = humaneval_x.load(shared_data / "code" / file)
    assert failed(kinds(benchmark, benchmark.gold)) - FLAKY == set()
    found = kinds(benchmark, does_nothing)
    assert len(found) == len(benchmark.problems)
    assert passed(found) == UNTESTED & set(found)
    uncompiled = {n for n, kind in found.items() if kind == Kind.COMPILE_ERROR}
    assert uncompiled == BESIDE & set(found)
    expected = {Kind.PASSED, Kind.COMPILE_ERROR, Kind.RUNTIME_ERROR}
    assert set(found.values()) <= expected
    assert set(kinds(benchmark, lambda _: "").values()) == {Kind.MALFORMED}
    assert set(kinds(benchmark, _todo).values()) <= {Kind.MALFORMED, Kind.WRONG_ANSWER}


def _todo(problem):
    return "    # TODO\n" if problem.language == "python" else "    // TODO\n}\n}\n"


@pytest.mark.parametrize("task", [Task.SYNTHESIZE, Task.FIX_TESTS])
@pytest.mark.parametrize("language", FILES)
def test_humanevalpack(shared_data, kinds, language, task):
    file = f"humanevalpack_dev/{FILES[language]}.jsonl"
    benchmark = humanevalpack.load(shared_data / "code" / file, task)
    faulty = {name for name in HUMANEVALPACK_FIXTESTS if task == Task.FIX_TESTS}
    found = kinds(benchmark, benchmark.gold)
    assert failed(found) - FLAKY == faulty & set(found)
    if task == Task.FIX_TESTS:
        bugs = kinds(benchmark, lambda problem: f"\n{problem.row['buggy_solution']}")
        assert passed(bugs) == UNTESTED & set(bugs)
        assert len(bugs) == len(benchmark.problems)


@pytest.mark.parametrize("language", FILES)
def test_humanevalpack_explain(shared_data, kinds, language, tmp_path):
    path = shared_data / "code" / f"humanevalpack_dev/{FILES[language]}.jsonl"
    describe = humanevalpack_explain.load(path)
    evaluated = tmp_path / "samples.jsonl"
    rows = [
        {"problem": p.id, "completion": describe.gold(p)} for p in describe.problems
    ]
    evaluated.write_text("".join(json.dumps(row) + "\n" for row in rows))
    explain = humanevalpack_explain.load(path, evaluated)
    found = kinds(explain, explain.gold)
    assert len(found) == len(describe.problems)
    assert {name.rpartition("/")[0] for name in failed(found)} - FLAKY == set()
    assert set(kinds(explain, lambda _: "").values()) == {Kind.MALFORMED}


@pytest.mark.parametrize("language", ["javascript", "go", "cpp", "java"])
def test_mbxp(shared_data, kinds, language):
    file = f"mbxp_train_val/{FILES[language]}.jsonl"
    benchmark = mbxp.load(shared_data / "code" / file)
    found = kinds(benchmark, benchmark.gold)
    assert failed(found) == MBXP & set(found)
    nothing = kinds(benchmark, does_nothing)
    assert len(nothing) == len(benchmark.problems)
    uncompiled = {n for n, kind in nothing.items() if kind == Kind.COMPILE_ERROR}
    assert uncompiled == NEVER & set(nothing)
    assert set(nothing.values()) - {Kind.COMPILE_ERROR} == {Kind.RUNTIME_ERROR}
    assert set(kinds(benchmark, lambda _: "").values()) == {Kind.MALFORMED}
