"""What of a benchmark stands in a corpus, planted there in several disguises."""

import json

import pyarrow
import pytest
from pyarrow import parquet

import main
from data_pipeline.text.corpus import overlap
from data_pipeline.text.corpus.entries import Entry
from eval.benchmarks.contamination import Index, Text
from eval.benchmarks.humaneval_x import HumanEvalX
from tests.data_pipeline.text.corpus.deviation import DOC, PYTHON, disguised
from tests.data_pipeline.text.corpus.made import write
from tests.eval.benchmarks import rows


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
    dirty = index.see(Text("here", text))
    found = index.overlaps["Python/0"]
    assert dirty == found.contaminated
    return found


def test_the_whole_problem_is_found():
    found = seen(PYTHON)
    assert found.found == 1.0
    assert found.texts == found.functions == ["here"]


def test_thirteen_words_are_found_whatever_stands_between_them_and_twelve_are_not():
    words = DOC.replace(",", "").replace(".", "").split()
    assert seen("xx " + "\n- ".join(words[3:16]).upper() + " yy").texts == ["here"]
    assert not seen("xx " + " ".join(words[3:15]) + " yy").contaminated


def test_a_solution_under_other_names_is_found():
    found = seen(f"See\n```python\n{disguised()}\n```\nthere.")
    assert found.functions == ["here"] and not found.texts


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
        for n in range(overlap.COMMON + 1)
    ]
    assert not Index(HumanEvalX(found)).see(Text("a", frame))
    assert Index(HumanEvalX(found[:-1])).see(Text("a", f"thrice n {frame}"))


def test_short_problems_are_named_as_not_looked_for():
    row = rows.row("javascript") | {"prompt": "const thrice = (n) => {\n"}
    index = Index(HumanEvalX([rows.problem(row, "javascript")]))
    assert index.report()["problems_too_short"] == ["JavaScript/0"]


ROOT = {
    "a/solved.py": PYTHON,
    "a/other.py": "VALUES = [1, 2]  # na\u00efve\n",
    "a/LICENSE": "Permission is hereby granted, free of charge, to any",
    "a/bad.py": b"\xff",
    "a/notes.txt": PYTHON,
    "a/rows.jsonl": json.dumps({"text": PYTHON}),
    ".git/hook.py": PYTHON,
    "site-packages/other.py": PYTHON,
}


def command(tmp_path, corpus):
    data = tmp_path / "data.jsonl"
    data.write_text(json.dumps(benchmark().problems[0].row) + "\n")
    clean, report = tmp_path / "clean.jsonl", tmp_path / "report.json"
    return [
        *("main.py", "contamination", "humaneval_x", f"--data={data}"),
        *(f"--corpus={corpus}", f"--filtered={clean}", f"--output={report}"),
    ]


def test_what_is_checked_and_kept_is_what_is_trained_on(tmp_path, capsys):
    """With its licence and language; and all rows, whatever they are."""
    root, table = tmp_path / "root", tmp_path / "set.parquet"
    write(root, ROOT)
    rows = [
        {"code": PYTHON, "lang": "Python", "license": "isc"},
        {"code": "package main\n", "lang": "Go", "license": "isc"},
        {"code": PYTHON, "lang": "Haskell", "license": "isc"},
        {"code": PYTHON},
        {"code": "Prose.\n"},
    ]
    parquet.write_table(pyarrow.Table.from_pylist(rows), table)
    assert main.main(command(tmp_path, f"{root},{table}")) == 0
    said = capsys.readouterr().out
    assert "1 of 1 problems" in said
    left = "without these 4 texts and 1 file that is no UTF-8: "  # a/bad.py
    assert f"The corpus {left}{tmp_path / 'clean.jsonl'}\n" in said
    found = json.loads((tmp_path / "report.json").read_text())
    assert (found["texts"], found["texts_with_a_sign"]) == (7, 4)
    assert found["files_that_are_no_utf8"] == 1
    (one,) = found["benchmarks"]
    assert one["found"]["Python/0"]["functions"] == [
        *("root/a/solved.py", "set.parquet:1/", "set.parquet:3/", "set.parquet:4/")
    ]
    kept = [file[1:] for file in Entry.of(str(tmp_path / "clean.jsonl")).files()]
    assert kept == [
        ("python", ROOT["a/other.py"].encode(), "MIT"),
        ("go", b"package main\n", "isc"),
        ("unknown", b"Prose.\n", "unknown"),
    ]


def test_several_benchmarks_are_looked_for_at_once(tmp_path, capsys):
    """What any of them has is left out; an option goes to those that take it."""
    problem = {
        "text": "Write a function that finds the third largest of a row of numbers.",
        "code": "def third(row):\n    return sorted(set(row))[-3]\n",
        **{"task_id": 11, "test_setup_code": "", "challenge_test_list": []},
        "test_list": ["assert third([1, 2, 3]) == 1"],
    }
    other = tmp_path / "mbpp.jsonl"
    other.write_text(json.dumps(problem) + "\n")
    root = tmp_path / "root"
    files = {"a.py": PYTHON, "b.py": f"# {problem['text']}\n", "c.py": "x = 1\n"}
    write(root, files | {"d.py": files["b.py"] + PYTHON})
    words = command(tmp_path, root)
    words[2:4] = ["humaneval_x", "mbpp", f"{words[3]},{other}"]
    assert main.main(words) == 0
    said = capsys.readouterr().out
    assert "UTF-8" not in said
    assert said.count("1 of 1 problems of") == said.count("in 2 of its 4 texts") == 2
    found = json.loads((tmp_path / "report.json").read_text())
    assert (found["texts"], found["texts_with_a_sign"]) == (4, 3)
    (kept,) = Entry.of(str(tmp_path / "clean.jsonl")).files()
    assert kept.content == b"x = 1\n"
    assert main.main([*words, "--start=2024-08-01"]) == 2
    assert "No --start is taken by humaneval_x or mbpp." in capsys.readouterr().err
    assert main.main([*words, "humaneval"]) == 2
    assert "3 benchmarks, but --data has 2 of their paths" in capsys.readouterr().err


def test_what_is_kept_of_names_that_are_no_text_can_be_read_again(tmp_path):
    table = tmp_path / "a.jsonl"
    row = {"text": "x = 1\n", "path": "\ud800.py", "license": "\udfff"}
    table.write_text(json.dumps(row) + "\n")
    assert main.main(command(tmp_path, table)) == 0
    (kept,) = Entry.of(str(tmp_path / "clean.jsonl")).files()
    assert kept[1:] == ("python", b"x = 1\n", r"\udfff")


def test_files_that_are_no_utf8_are_told_without_a_corpus_to_write(tmp_path, capsys):
    write(tmp_path / "root", {"a.py": "x = 1", "b.py": b"\xff", "c.py": b"\xe9 = 1"})
    words = command(tmp_path, tmp_path / "root")
    assert main.main([word for word in words if "--filtered" not in word]) == 0
    said = capsys.readouterr().out
    assert said.endswith("Not looked into: 2 files that are no UTF-8.\n")
    assert json.loads((tmp_path / "report.json").read_text())["texts"] == 1


@pytest.mark.parametrize(
    "name, content, told",
    [
        ("a.jsonl", b'{"text": "", "path": "a.py"}\n{', "a.jsonl cannot be read"),
        ("a.jsonl", b'{"name": ""}\n', "a.jsonl, row 1, has no text"),
        ("a.jsonl.gz", b"no gzip", "a.jsonl.gz, which is no folder and no ZIP"),
        ("a/b.txt", b"text", "There is no source file in "),
        ("a/b.py", b"\xff", "There is no source file in "),
        (None, b"", "The corpus names "),
    ],
)
def test_what_cannot_be_trained_on_is_named(tmp_path, capsys, name, content, told):
    corpus = name or "absent"
    write(tmp_path, {name: content} if name else {})
    assert main.main(command(tmp_path, tmp_path / corpus.partition("/")[0])) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "clean.jsonl").exists()


def test_flags_that_are_missing_or_wrong_are_named(tmp_path, capsys):
    words = command(tmp_path, tmp_path)
    assert main.main(words[:2]) == 2
    assert "takes names of benchmarks: humaneval, " in capsys.readouterr().err
    assert main.main(words[:4]) == 2
    assert "needs --corpus" in capsys.readouterr().err
    assert main.main([*words, "--filtered=clean.txt"]) == 2
    assert "must end in .jsonl" in capsys.readouterr().err
