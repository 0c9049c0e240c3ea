"""The benchmark: answers that are right pass, all others fail, in six languages."""

import ast
import json

import pytest

from data_pipeline.programs.scenarios import SCENARIOS
from data_pipeline.schema import UserError
from data_pipeline.text.special import LANGUAGES
from eval.benchmarks import registry
from eval.benchmarks.problem import Kind
from eval.benchmarks.synthetic import benchmark, rows
from eval.sandbox import pool

CODE = ("write", "infer", "repair")


def made(count, scenarios=("write",), languages=("python",), level=0, seed=5):
    return list(rows.generate("test", seed, count, scenarios, languages, level))


@pytest.fixture
def load(tmp_path):
    def load(found):
        path = tmp_path / "tasks.jsonl"
        rows.save(found, path)
        return registry.load("programs", path)

    return load


def grades(loaded, sandbox, answer):
    def work(problem):
        submission = loaded.extract(problem, answer(problem))
        return loaded.grade(problem, submission, sandbox)

    jobs = [(problem.id, problem) for problem in loaded.problems]
    found = {one.key: one for one in pool.finished(sandbox, jobs, work, workers=2)}
    assert len(found) == len(jobs) and not any(one.error for one in found.values())
    return {key: one.result for key, one in found.items()}


def test_rows_are_the_same_for_the_same_wishes_and_behave_differently():
    found = made(12, tuple(SCENARIOS), ("go", "rust"))
    assert found == made(12, tuple(SCENARIOS), ("go", "rust"))
    assert len(found) == 24 and len({row["fingerprint"] for row in found}) == 12
    assert len({row["id"] for row in found}) == 24
    for row in found:
        assert {field: type(row[field]) for field in rows.FIELDS} == rows.FIELDS
        shown = [json.dumps(args)[1:-1] for args in row["calls"]]
        assert not any(f"({call})" in row["prompt"] for call in shown)


def test_gold_passes_and_nothing_fails(load, strongest):
    loaded = load(made(12, tuple(SCENARIOS)))
    found = grades(loaded, strongest, loaded.gold)
    assert {grade.kind for grade in found.values()} == {Kind.PASSED}, found
    found = grades(loaded, strongest, lambda problem: "")
    assert {grade.kind for grade in found.values()} == {Kind.MALFORMED}


@pytest.fixture
def doubled(load):
    """One task of which the tests know what is asked."""
    (row,) = made(1)
    row |= {
        "name": "double",
        "types": ["int"],
        "calls": [[1], [2], [5]],
        "expected": ["2", "4", "10"],
        "id": "double",
    }
    return load([row])


RIGHT = "def double(n):\n    return 2 * n\n"


@pytest.mark.parametrize(
    "answer, kind",
    [
        (RIGHT, Kind.PASSED),
        (f"Here it is:\n```python\n{RIGHT}```\nIt doubles.", Kind.PASSED),
        (f"print('working')\n{RIGHT}", Kind.PASSED),
        ("def double(n):\n    return n + 2\n", Kind.WRONG_ANSWER),
        ("def double(n):\n    return 2.0 * n\n", Kind.WRONG_ANSWER),
        ("def double(n):\n    return str(2 * n)\n", Kind.WRONG_ANSWER),
        ("def double(n):\n    return 2 * n", Kind.PASSED),
        ("def double(n)\n    return 2 * n\n", Kind.COMPILE_ERROR),
        ("def twice(n):\n    return 2 * n\n", Kind.RUNTIME_ERROR),
        ("def double(n):\n    return 2 / (n - 2)\n", Kind.RUNTIME_ERROR),
        ("def double(n):\n    exit(0)\n", Kind.EARLY_EXIT),
        ("import os\nos._exit(0)\n", Kind.EARLY_EXIT),
        (f"{RIGHT}print('\\n' * 3 + 'x 2\\nx 4\\nx 10')\nexit(0)", Kind.EARLY_EXIT),
        (
            "import __main__\n"
            "def double(n):\n"
            "    print(f'\\n{__main__._word} {n * 2}')\n"
            "    return 0\n",
            Kind.WRONG_ANSWER,
        ),
        (
            "class Equal(int):\n"
            "    __eq__ = lambda self, other: True\n"
            "def double(n):\n"
            "    return Equal(7)\n",
            Kind.WRONG_ANSWER,
        ),
        (
            "import json\njson.dumps = lambda value: '4'\n"
            "def double(n):\n    return 4\n",
            Kind.WRONG_ANSWER,
        ),
    ],
)
def test_how_an_answer_fares(answer, kind, doubled, strongest):
    (problem,) = doubled.problems
    grade = doubled.grade(problem, doubled.extract(problem, answer), strongest)
    assert grade.kind == kind, grade


def of_result(begins):
    """A task that asks for a dictionary, or a list; both have empty ones among them."""
    for row in made(60, level=2):
        if {"{": "{}", "[": "[]"}[begins] in row["expected"]:
            return row
    raise AssertionError("there is none")


@pytest.mark.parametrize(
    "begins, other, kind",
    [
        ("{", "dict(found)", Kind.PASSED),
        ("{", "collections.Counter(found)", Kind.PASSED),
        ("{", "list(found.items())", Kind.WRONG_ANSWER),
        ("{", "[[key, found[key]] for key in found]", Kind.WRONG_ANSWER),
        ("{", "found or []", Kind.WRONG_ANSWER),
        ("[", "list(found)", Kind.PASSED),
        ("[", "tuple(found)", Kind.WRONG_ANSWER),
        ("[", "found or {}", Kind.WRONG_ANSWER),
    ],
)
def test_a_result_of_another_type_is_wrong(begins, other, kind, load, strongest):
    """Though it holds the same: pairs are no dictionary, and a tuple is no list."""
    row = of_result(begins)
    answer = (
        f"{row['response']}\nimport collections\ninner = {row['name']}\n"
        f"def {row['name']}(*args):\n    found = inner(*args)\n    return {other}\n"
    )
    loaded = load([row])
    (problem,) = loaded.problems
    grade = loaded.grade(problem, loaded.extract(problem, answer), strongest)
    assert grade.kind == kind, grade


def test_files_of_earlier_versions_are_graded_as_ever(load, strongest):
    """They have a dictionary as the list of its pairs."""
    row = of_result("{")
    fields = ("expected", "public_expected")
    earlier = {
        field: [json.dumps(list(ast.literal_eval(one).items())) for one in row[field]]
        for field in fields
    }
    assert "[]" in earlier["expected"]
    loaded = load([row | earlier, *made(2, ("predict",))])
    assert {field: loaded.problems[0].row[field] for field in fields} == {
        field: row[field] for field in fields
    }
    found = grades(loaded, strongest, loaded.gold)
    assert {grade.kind for grade in found.values()} == {Kind.PASSED}, found


def test_what_is_expected_never_enters_the_sandbox(doubled, strongest):
    """A program that tells all that it can find does not find the results."""
    (problem,) = doubled.problems
    problem.row["expected"][:] = ["2", "4", '"the secret result"']
    look = (
        "import os, sys\n"
        "def double(n):\n"
        "    found = [open(name).read() for name in os.listdir('.')]\n"
        "    found += [str(vars(m)) for m in list(sys.modules.values())]\n"
        "    found += [str(os.environ), str(sys.argv)]\n"
        "    return 'secret res' + 'ult' in ''.join(found)\n"
    )
    grade = doubled.grade(problem, doubled.extract(problem, look), strongest)
    assert grade.kind == Kind.WRONG_ANSWER and "returned false" in grade.detail
    assert b"secret" not in b"".join(sent(problem, RIGHT))


def sent(problem, source):
    from eval.benchmarks.synthetic import drivers

    row = problem.row
    unit = drivers.Unit(source, row["name"], row["calls"], row["types"])
    return drivers.program("python", [unit]).files.values()


def test_predictions_and_actions_are_compared(load, strongest):
    loaded = load(made(6, ("predict", "act")))
    for problem in loaded.problems:
        gold = loaded.gold(problem)

        def kind(answer, problem=problem):
            submission = loaded.extract(problem, answer)
            return loaded.grade(problem, submission, strongest).kind

        assert kind(gold) == kind(gold.rstrip("\n")) == Kind.PASSED
        if problem.row["scenario"] == "predict":
            assert (
                kind("nonsense") == kind(f"{gold.strip()} or so") == Kind.WRONG_ANSWER
            )
        else:
            assert kind(f"I would say: {gold}") == Kind.MALFORMED
            others = {"test", "finish", "view nowhere.py"} - {gold.strip()}
            assert {kind(other) for other in others} == {Kind.WRONG_ANSWER}


def test_edits_must_apply_and_mend(load, strongest):
    loaded = load(made(2, ("edit",)))
    for problem in loaded.problems:
        path, before = problem.row["path"], problem.row["before"]
        line = before.split("\n")[1]
        nothing = (
            f"{path}\n```\n<<<<<<< SEARCH\n{line}\n=======\n{line}\n"
            ">>>>>>> REPLACE\n```\n"
        )
        elsewhere = nothing.replace(path, "other.py")
        absent = nothing.replace(line, "    no_such_line", 1)

        def kind(answer, problem=problem):
            submission = loaded.extract(problem, answer)
            return loaded.grade(problem, submission, strongest).kind

        assert kind(nothing) == Kind.WRONG_ANSWER
        assert kind(elsewhere) == kind(absent) == Kind.MALFORMED
        assert kind("Change the second line.") == Kind.MALFORMED


STUBS = {
    "cpp": "{signature} {{ return {{}}; }}\n",
    "go": "{signature} {{ var none {result}; return none }}\n",
    "java": "{signature} {{ return {none}; }}\n",
    "javascript": "{signature} {{ return {none}; }}\n",
    "python": "{signature}\n    return {none}\n",
    "rust": "{signature} {{ Default::default() }}\n",
}


def stub(problem):
    """The function with nothing in it, that returns the emptiest value."""
    row = problem.row
    signature = next(
        line for line in row["response"].split("\n") if f"{row['name']}(" in line
    ).removesuffix(" {")
    language, first = row["language"], row["expected"][0]
    none = {'"': '""', "t": "false", "f": "false", "[": "[]", "{": "{}"}
    none = none.get(first[0], "0")
    if language == "python":
        none = "False" if none == "false" else none
    if language == "java":
        empty = {"{}": "new HashMap<>()", "[]": "new ArrayList<>()"}
        none = empty.get(none, none)
    result = signature.rpartition(") ")[2]
    return STUBS[language].format(signature=signature, none=none, result=result)


@pytest.mark.slow
def test_an_endless_answer_is_ended(doubled, strongest):
    (problem,) = doubled.problems
    endless = "def double(n):\n    while True: pass\n"
    assert doubled.grade(problem, endless, strongest).kind == Kind.TIME_LIMIT


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_gold_is_everything_and_stubs_are_nothing(language, load, strongest):
    loaded = load(made(40, tuple(SCENARIOS), (language,)))
    found = grades(loaded, strongest, loaded.gold)
    if {grade.kind for grade in found.values()} == {Kind.NOT_RUN}:
        pytest.skip(f"there is no {language}")
    assert {grade.kind for grade in found.values()} == {Kind.PASSED}
    found = grades(loaded, strongest, lambda problem: "")
    assert not any(grade.passed for grade in found.values())
    loaded = load(made(40, CODE, (language,)))
    found = grades(loaded, strongest, stub)
    assert {grade.kind for grade in found.values()} == {Kind.WRONG_ANSWER}, found


def test_malformed_files_and_wishes_are_named(tmp_path):
    (row,) = made(1)
    path = tmp_path / "tasks.jsonl"
    for change, said in (
        ({"calls": "none"}, "'calls' must be of type list"),
        ({"language": "cobol"}, "no language 'cobol'"),
        ({"scenario": "dance"}, "no scenario 'dance'"),
        ({"expected": [2]}, "row 1, 'expected': the results are damaged"),
        ({"public_expected": ["[[1"]}, "row 1, 'public_expected': the results are"),
    ):
        rows.save([row | change], path)
        with pytest.raises(UserError, match=said):
            benchmark.load(path)
    rows.save([row, row], path)
    with pytest.raises(UserError, match="there twice"):
        benchmark.load(path)
    with pytest.raises(UserError, match="no scenario 'sing'"):
        made(1, ("sing",))
    with pytest.raises(UserError, match="no language 'cobol'"):
        made(1, languages=("cobol",))
