"""What a model is shown: never more than it has room for, the right things first."""

import math

import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st

from data_pipeline.programs import generator, scenarios
from eval.benchmarks.repositories import layout, mutations, planted
from hrm_jax.agent import context, planner, spans
from hrm_jax.agent.context import View
from hrm_jax.agent.environment import Observation
from hrm_jax.agent.retrieval import Index, terms
from hrm_jax.agent.spans import Span
from hrm_jax.agent.suite import Result
from tests.hrm_jax.agent import scripted


def test_identifiers_count_whole_and_in_parts():
    assert terms("countEven_2(HTTPServer, x)") == [
        *("counteven_2", "count", "even", "2"),
        *("httpserver", "http", "server", "x"),
    ]


def test_bm25_is_what_the_formula_says():
    """By hand: N = 3, mean length 2, k1 = 1.2, b = 0.75."""
    index = Index({"a": "cat dog", "b": "cat cat cat", "c": "owl"}, 1.2, 0.75)
    cat = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    scores = index.scores("a cat, cat")
    # |a| = 2 is the mean, so the length does not matter there.
    assert scores["a"] == pytest.approx(cat * 1 * 2.2 / (1 + 1.2))
    assert scores["b"] == pytest.approx(cat * 3 * 2.2 / (3 + 1.2 * (0.25 + 0.75 * 1.5)))
    assert scores["c"] == 0 and index.rank("cat") == ["b", "a", "c"]
    assert index.rank("none of them") == ["a", "b", "c"]
    assert Index({}, 1.2, 0.75).rank("cat") == []


def test_the_broken_function_s_file_ranks_first():
    """By the goal and the failing test, among files of other functions."""
    first = 0
    rows = list(planted.generate("test", 0, 8, 1))
    for row in rows:
        ranked = planner.rank(row["goal"], row["files"], scripted.settings())
        first += ranked[0] == row["path"]
    assert first == len(rows)


def test_a_module_is_found_by_what_is_said_of_its_functions():
    files = {f"lib/{name}.py": layout.source(name) for name in layout.modules()}
    questions = {
        "lib/durations.py": "parse_duration('1h') is wrong",
        "lib/graphs.py": "shortest path in a graph goes around",
        "lib/caches.py": "the cache forgets the wrong key",
    }
    for path, question in questions.items():
        assert planner.rank(question, files, scripted.settings())[0] == path


@given(st.text(st.sampled_from("ab(){}:=;\n\t defclassfn"), max_size=200))
def test_spans_are_the_whole_file(text):
    parts = spans.spans(text)
    lines = spans.lines_of(text)
    assert "".join(spans.cut(lines, part) for part in parts) == text
    ends = [0, *(part.last for part in parts)]
    assert [part.first for part in parts] == [end + 1 for end in ends[:-1]]


@pytest.mark.parametrize(
    "text, found",
    [
        (
            "class A:\n    def f(self):\n        return g(1)\n",
            ["class A", "def f(self)"],
        ),
        (
            "func (s *T) F(a int) int {\n\treturn f(a)\n}\n",
            ["func (s *T) F(a int) int"],
        ),
        ("pub fn f(a: i32) -> i32 {\n    g(a);\n}\n", ["pub fn f(a: i32) -> i32"]),
        ("export function f(a) {\n  if (a) {\n", ["export function f(a)"]),
        ("static int f(int a) {\n  return g(a);\n", ["static int f(int a)"]),
        ("    public int f(int a) {\n", ["public int f(int a)"]),
    ],
)
def test_a_map_has_what_is_defined(text, found):
    assert spans.signatures(text) == found


def words(text):
    """Tokens of a tokenizer that splits at spaces and line ends."""
    return len(text.replace("\n", " \n ").split(" "))


_TEXTS = st.text(st.sampled_from("ab \n=:de()fé"), max_size=300)
_VIEWS = st.builds(
    View,
    goal=st.text(max_size=60),
    files=st.just(("a.py", "b.py")),
    shown=st.none() | st.sampled_from([("a.py", None), ("b.py", Span(2, 9))]),
    edited=st.sampled_from([None, Observation("edited a.py\n", True)]),
    tests=st.sampled_from(["", "tests: all passed\n"])
    | _TEXTS.map("tests: failed: {}\n".format),
    told=st.just("") | _TEXTS,
    memory=st.lists(_TEXTS, max_size=4),
)


@rules(deadline=None, max_examples=60)
@given(
    view=_VIEWS,
    texts=st.fixed_dictionaries({"a.py": _TEXTS, "b.py": _TEXTS}),
    budget=st.integers(0, 120),
    count=st.sampled_from([len, words, lambda text: len(text.encode()) // 3]),
    share=st.sampled_from([0.0, 0.3, 1.0]),
)
def test_it_never_exceeds_its_budget(view, texts, budget, count, share):
    chosen = scripted.settings(memory_share=share, map_share=share)
    told = context.build(view, texts, budget, count, chosen, "Do it.\n")
    assert count(told) <= max(budget, count(""))


def test_it_speaks_the_words_of_the_scenes():
    """In each of the places of an episode that models learn from."""
    found = set()
    for index in range(60):
        task = generator.task(0, "train", index, 1)
        scene = scenarios.scene(task, "act", "python")
        if scene is None:
            continue
        prompt = scene.example.prompt
        goal, _, rest = prompt.removeprefix("Goal: ").partition("\n")
        path = f"{task.function.name}.py"
        files, tests, edited, shown, before = (path,), "", None, None, ""
        lines = rest.splitlines(keepends=True)
        if lines[0].startswith("files: "):
            files = tuple(lines.pop(0).split()[1:])
        if lines and lines[0].startswith("edited "):
            edited = Observation(lines.pop(0), True)
        if lines and lines[0] == f"{path}:\n":
            stop = len(lines) - lines[-1].startswith("tests: ")
            shown, before = (path, None), "".join(lines[1:stop])
            lines = lines[stop:]
        tests = "".join(lines)
        view = View(goal, files, shown, edited, tests, "", [])
        told = context.build(view, {path: before}, 10_000, len, scripted.settings())
        assert told == prompt
        found.add(scene.example.response.split()[0])
    assert found == {"view", "test", "edit", "finish"}


def test_of_a_long_file_the_lines_that_matter_are_shown():
    source = layout.source("wording")
    (mutation, *_) = mutations.find(source)
    text = mutation.apply(source)
    name = next(
        line.split("(")[0].removeprefix("def ")
        for line in text.splitlines()
        if line.startswith("def ")
    )
    view = View("", (), ("w.py", None), None, f"tests: failed: {name}(1)\n", "", [])

    def count(text):
        return len(text.split())

    told = context.build(view, {"w.py": text}, 200, count, scripted.settings())
    assert f"def {name}(" in told and count(told) <= 200 < count(text)
    assert told.startswith("Goal: \nw.py ")


def test_a_file_is_counted_once_however_long_it_is():
    """Nor is more of it shown than there is room for."""
    text = "".join(f"def f{n}(x):\n    return x + {n}\n\n" for n in range(3000))
    counted = 0

    def count(text):
        nonlocal counted
        counted += len(text)
        return len(text.split())

    view = View("f17", (), ("w.py", None), None, "tests: failed: f17(1)\n", "", [])
    told = context.build(view, {"w.py": text}, 200, count, scripted.settings())
    assert "def f17(x):" in told and len(told.split()) <= 200
    assert counted < 2 * len(text)


def test_the_map_is_of_the_whole_repository_as_far_as_its_share_goes(tmp_path):
    """The likeliest files first, also those that the subgoal does not offer."""
    files = {f"part{n}.py": f"def part_{n}(x):\n    return x\n" for n in range(30)}
    files |= {"tests/test_it.py": "import part7\n"}
    failed = Result(False, ("part_7",), ("part_7(1) returned 1",), "", 0.0)
    asked = {}
    for share in (0.0, 0.2):
        prompts = []

        def answer(prompt, prompts=prompts):
            prompts.append(prompt)
            return "finish\n"

        changes = {"map_share": share, "attempts": 1, "offered": 2}
        folder = tmp_path / str(share)
        scripted.pursue(
            folder, None, answer, files, lambda files, seconds: failed, **changes
        )
        (asked[share],) = prompts
    assert "map:" not in asked[0.0]
    told = asked[0.2].partition("map:\n")[2]
    lines = told.splitlines()
    assert lines[0] == "part7.py: def part_7(x)" and 5 < told.count("def part_") < 31
    assert "test_it" not in told


def test_memory_is_shown_as_far_as_its_share_goes():
    memory = [f"tried {n}\n" for n in range(50)]
    view = View("g", ("a.py",), None, None, "tests: failed: x\n", "", memory)
    small, large = (
        context.build(
            view, {"a.py": ""}, 100, words, scripted.settings(memory_share=share)
        )
        for share in (0.0, 0.5)
    )
    assert "tried" not in small
    assert "tried 0\n" in large and words(large) <= 100 and "tried 40" not in large
