"""What of a benchmark stands in a corpus, planted there in several disguises."""

import gzip
import json
import pathlib
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.schema import UserError
from data_pipeline.text.corpus.entries import Entry
from eval.benchmarks import contamination, corpus, function_hashes
from eval.benchmarks.contamination import Index
from eval.benchmarks.corpus import Document
from eval.benchmarks.humaneval_x import HumanEvalX
from tests.eval.benchmarks import rows

DOC = (
    "For a given list of input numbers, calculate the mean absolute deviation around "
    "the mean of this dataset, which is what the average absolute difference tells."
)
PYTHON = f'''
def deviation(numbers):
    """ {DOC} """
    mean = sum(numbers) / len(numbers)
    total = 0
    for number in numbers:
        total += abs(number - mean)
    return total / len(numbers)
'''
JAVASCRIPT = """
const deviation = (numbers) => {
  const mean = numbers.reduce((sum, n) => sum + n, 0) / numbers.length
  let total = 0
  for (const n of numbers) { total += Math.abs(n - mean) }
  return total / numbers.length
}
"""


def benchmark():
    head, body = PYTHON.split("    mean", 1)
    row = rows.row("python") | {
        "prompt": head,
        "declaration": "def deviation(numbers):\n",
        "canonical_solution": "    mean" + body,
    }
    return HumanEvalX([rows.problem(row, "python")])


def seen(text):
    index = Index(benchmark())
    dirty = index.see(Document("here", (text,), {}))
    overlap = index.overlaps["Python/0"]
    assert dirty == overlap.contaminated
    return overlap


def test_the_whole_problem_is_found():
    overlap = seen(PYTHON)
    assert overlap.found == 1.0
    assert overlap.texts == overlap.functions == ["here"]


def test_thirteen_words_are_found_whatever_stands_between_them_and_twelve_are_not():
    words = DOC.replace(",", "").replace(".", "").split()
    assert seen("xx " + "\n- ".join(words[3:16]).upper() + " yy").texts == ["here"]
    assert not seen("xx " + " ".join(words[3:15]) + " yy").contaminated


def test_a_solution_under_other_names_is_found():
    disguised = (
        PYTHON.replace("deviation", "spread")
        .replace("numbers", "xs")
        .replace("number", "x")
        .replace("mean", "middle")
        .replace(DOC, "Another text.")
        .replace("    total = 0\n", "    total = 0  # so far\n\n")
    )
    overlap = seen(f"See\n```python\n{disguised}\n```\nthere.")
    assert overlap.functions == ["here"] and not overlap.texts


def test_another_function_is_not_found():
    other = PYTHON.replace(DOC, "").replace(
        "abs(number - mean)", "(number - mean) ** 2"
    )
    assert not seen(other).contaminated


def test_ordinary_code_is_not_found():
    assert not seen("def f(a, b):\n    return a + b\n").contaminated
    assert not seen("").contaminated


def test_what_many_problems_share_is_no_sign():
    frame = (
        "All of these problems begin with this same long sentence of their authors ok"
    )
    found = [
        rows.problem(
            rows.row("python")
            | {
                "task_id": f"Python/{n}",
                "prompt": f'def thrice(n):\n    """ {frame} {n} """\n',
            },
            "python",
        )
        for n in range(contamination.COMMON + 1)
    ]
    assert not Index(HumanEvalX(found)).see(Document("a", (frame,), {}))
    assert Index(HumanEvalX(found[:-1])).see(Document("a", (f"thrice n {frame}",), {}))


def test_short_problems_are_named_as_not_looked_for():
    row = rows.row("javascript") | {"prompt": "const thrice = (n) => {\n"}
    index = Index(HumanEvalX([rows.problem(row, "javascript")]))
    assert index.report()["problems_too_short"] == ["JavaScript/0"]


def renamed(source, names):
    for old, new in names.items():
        source = source.replace(old, new)
    return source


@given(st.permutations(["a1", "b2", "c3", "d4"]))
def test_hashes_of_functions_do_not_see_names(names):
    old = ("numbers", "mean", "total", "deviation")
    changes = dict(zip(old, names, strict=True))
    for source in (PYTHON.replace(DOC, ""), JAVASCRIPT):
        hashes = function_hashes.hashes(source)
        assert len(hashes) == 1
        assert function_hashes.hashes(renamed(source, changes)) == hashes


@pytest.mark.parametrize("source", [PYTHON, JAVASCRIPT])
@pytest.mark.parametrize(
    "old, new", [("total / ", "total * "), ("+=", "-="), ("total = 0", "total = 1")]
)
def test_hashes_of_functions_see_what_they_do(source, old, new):
    assert old in source
    assert function_hashes.hashes(source) != function_hashes.hashes(
        source.replace(old, new)
    )


@pytest.mark.parametrize("source", ["", "}{(", "\0", "def f(:", "{" * 5000, "(" * 5000])
def test_hashes_of_nonsense_are_none(source):
    assert function_hashes.hashes(source) == set()


def test_a_corpus_is_a_folder_or_lines(tmp_path):
    (tmp_path / "a.py").write_text("x = 1")
    (tmp_path / "b.bin").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "deep").mkdir()
    lines = '{"text": "one", "more": {"n": 1, "code": ["two"]}}\n\n{"text": "three"}\n'
    (tmp_path / "deep" / "c.jsonl").write_text(lines)
    (tmp_path / "d.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    found = {one.name.removeprefix(f"{tmp_path}/"): one for one in _all(tmp_path)}
    assert {name: one.texts for name, one in found.items()} == {
        "a.py": ("x = 1",),
        "d.jsonl.gz:1": ("one", "two"),
        "d.jsonl.gz:3": ("three",),
        "deep/c.jsonl:1": ("one", "two"),
        "deep/c.jsonl:3": ("three",),
    }
    assert found["deep/c.jsonl:1"].row["more"]["n"] == 1
    (one,) = corpus.documents(tmp_path / "a.py")
    assert one.row == {"path": str(tmp_path / "a.py"), "text": "x = 1"}


def test_what_is_trained_on_is_read_as_for_training(tmp_path):
    """And written so that training can read it."""
    with zipfile.ZipFile(tmp_path / "src.zip", "w") as archive:
        archive.writestr("a/b.py", "x = 1")
        archive.writestr("a/LICENSE", "Apache License Version 2.0")
        archive.writestr("a/bad.py", b"\xff")
        archive.writestr("notes.txt", "text")
    (one,) = corpus.documents(tmp_path / "src.zip")
    assert (one.name, one.texts) == ("src.zip/a/b.py", ("x = 1",))
    clean = tmp_path / "clean.jsonl"
    clean.write_text(json.dumps(one.row) + "\n")
    (file,) = Entry.of(str(clean)).files()
    assert file[1:] == ("python", b"x = 1", "Apache-2.0")
    assert next(corpus.documents(pathlib.Path("python-library"))).texts


def _all(path):
    return list(corpus.documents(path))


@pytest.mark.parametrize(
    "name, content, told",
    [
        ("a.jsonl", b'{"a": 1}\n{', "a.jsonl:2 is no JSON"),
        ("a.jsonl", b"[1]\n", "a.jsonl:1 must be a JSON object"),
        ("a.jsonl.gz", b"no gzip", "a.jsonl.gz cannot be read"),
    ],
)
def test_damage_is_named(tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=told):
        _all(tmp_path)
    with pytest.raises(UserError, match="no corpus at"):
        _all(tmp_path / "none")


def test_the_command_reports_and_filters(tmp_path, capsys):
    import main

    data, texts = tmp_path / "data.jsonl", tmp_path / "corpus.jsonl"
    data.write_text(json.dumps(benchmark().problems[0].row) + "\n")
    kept = {"id": 2, "text": "Something else, naïvely."}
    texts.write_text(json.dumps({"id": 1, "text": PYTHON}) + f"\n{json.dumps(kept)}\n")
    clean, report = tmp_path / "clean.jsonl", tmp_path / "report.json"
    words = [
        *("main.py", "contamination", "humaneval_x", f"--data={data}"),
        *(f"--corpus={texts}", f"--filtered={clean}", f"--output={report}"),
    ]
    assert main.main(words) == 0
    assert "1 of 1 problems" in capsys.readouterr().out
    assert [json.loads(line) for line in clean.read_text().splitlines()] == [kept]
    found = json.loads(report.read_text())
    assert found["texts"] == 2 and found["texts_with_a_sign"] == 1
    assert found["found"]["Python/0"]["functions"] == [f"{texts}:1"]
    assert main.main([*words[:3], f"--data={data}"]) == 2
    assert "needs --corpus" in capsys.readouterr().err
