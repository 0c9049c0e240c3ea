"""Benchmarks that are kept out of what is trained on, by their authors' own files."""

import gzip
import hashlib
import json
import re

import pyarrow
import pytest
from pyarrow import parquet

from configs import default
from data_pipeline import datasets
from data_pipeline.schema import UserError
from data_pipeline.text.corpus import overlap
from data_pipeline.text.corpus.kept_out import KeptOut
from tests.data_pipeline.text.corpus.deviation import DOC, JAVASCRIPT, PYTHON, disguised
from tests.data_pipeline.text.corpus.made import source, write
from tests.data_pipeline.text.corpus.test_origin import corpus

HEAD, BODY = PYTHON.split("    mean", 1)
ROWS = [
    {
        "task_id": "Test/0",
        "prompt": "def one():\n",
        "canonical_solution": "    return 1",
    },
    {
        "task_id": "Test/1",
        "prompt": HEAD,
        "entry_point": "deviation",
        "canonical_solution": "    mean" + BODY,
        "test": "def check(candidate):\n    assert candidate([1.0, 2.0]) == 0.5\n",
    },
]


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def written(path, rows):
    """By what the name says."""
    if path.suffix == ".parquet":
        parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(lines(rows).encode()))
    else:
        path.write_text(lines(rows))
    return path


def quoted(text):
    return "".join(f"# > {line}\n" for line in text.splitlines())


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.parquet"])
def test_a_row_is_found_in_several_disguises(name, tmp_path):
    rows = KeptOut([written(tmp_path / name, ROWS)])
    words = DOC.replace(",", "").replace(".", "").split()
    texts = {
        "renamed": source("python", 1) + disguised() + source("python", 2),
        "quoted": quoted(HEAD) + source("python", 1),
        "thirteen words": quoted(" ".join(words[3:16])),
    }
    assert {rows.row_in(text) for text in texts.values()} == {f"{name}, row 2"}
    clean = (
        source("python", 1),
        quoted(" ".join(words[3:15])),
        disguised().replace("+=", "-="),
        "def one():\n    return 1\n",  # too short to be known
        "",
    )
    assert [rows.row_in(text) for text in clean] == [None] * len(clean)


def test_all_strings_of_a_row_count_also_within_lists_and_objects(tmp_path):
    nested = {
        "id": 3,
        "cases": [{"why": {"text": DOC, "share": 2.5}}, None],
        "solutions": {"javascript": [JAVASCRIPT]},
    }
    for name in ("a.jsonl", "a.parquet"):
        rows = KeptOut([written(tmp_path / name, [nested])])
        assert rows.row_in(quoted(DOC)) == f"{name}, row 1"
        renamed = JAVASCRIPT.replace("numbers", "xs").replace("mean", "m")
        assert rows.row_in(renamed) == f"{name}, row 1"


def test_short_texts_are_no_sign_and_do_not_become_one_together(tmp_path):
    eight = "assert this holds for one two three four"
    seven = "def solve of many words is short"
    path = written(tmp_path / "a.jsonl", [{"test": [eight, seven, "and more"]}])
    rows = KeptOut([path])
    assert rows.row_in(f"x = 1  # {eight.title()}.")
    assert not rows.row_in(f"# {seven}\n# and more\n")


def test_what_many_rows_of_a_file_share_is_no_sign(tmp_path):
    """Neither words nor functions; but of several files each has a right to them."""
    frame = {"instruction": DOC, "helper": disguised()}
    found = [frame | {"text": f"Task {n}: {source('go', n)}"} for n in range(11)]
    many = KeptOut([written(tmp_path / "many.jsonl", found)])
    assert not many.row_in(quoted(DOC)) and not many.row_in(PYTHON.replace(DOC, ""))
    assert many.row_in(source("go", 7)) == "many.jsonl, row 8"
    few = KeptOut([written(tmp_path / "few.jsonl", found[: overlap.COMMON])])
    assert few.row_in(quoted(DOC)) == few.row_in(PYTHON.replace(DOC, ""))
    each = [written(tmp_path / f"{n}.jsonl", [row]) for n, row in enumerate(found)]
    assert KeptOut(each).row_in(quoted(DOC)) == "0.jsonl, row 1"


DIRTY = {"python/renamed.py": disguised(), "python/quoted.py": quoted(HEAD)}


def verdicts_in(directory):
    (path,) = directory.rglob("manifest.jsonl")
    listed = map(json.loads, path.read_text().splitlines())
    return {row["path"].removeprefix("root/"): row["verdict"] for row in listed}


def test_a_corpus_is_without_them_and_says_so(tmp_path):
    path = written(tmp_path / "HumanEval.jsonl.gz", ROWS)
    near = disguised() + "# the end of this\n"  # of what is kept out, not of a kept one
    again = {"python/renamed2.py": disguised(), "python/z.py": near}
    write(tmp_path / "root", DIRTY | again)
    dataset = corpus(tmp_path, kept_out=(str(path),)).prepare()
    (told,) = [str(one) for one in dataset.left_out if "benchmark" in str(one)]
    assert told == "4 of 37 source files left out: of a benchmark."
    found = verdicts_in(tmp_path)
    row = "of a benchmark: HumanEval.jsonl.gz, row 2"
    assert {name for name, verdict in found.items() if verdict == row} == {
        *DIRTY,
        *again,
    }
    assert list(found.values()).count("kept") == 28


def test_another_benchmark_is_another_set_and_the_same_one_is_not(tmp_path, capsys):
    write(tmp_path / "root", DIRTY)
    path = written(tmp_path / "a.jsonl", ROWS)
    task = corpus(tmp_path, kept_out=(str(path),))
    task.prepare()
    capsys.readouterr()
    again = corpus(tmp_path, kept_out=(str(path),))
    again.prepare()
    assert capsys.readouterr().out == ""
    digests = {again.rows_digest, task.rows_digest}
    assert len(digests) == 1
    written(path, [*ROWS, {"text": DOC.replace("mean", "median")}])
    digests.add(corpus(tmp_path, kept_out=(str(path),)).rows_digest)
    digests.add(corpus(tmp_path).rows_digest)
    assert len(digests) == 3
    corpus(tmp_path, kept_out=(str(path),)).prepare()
    assert "source_files" in capsys.readouterr().out
    assert str(path) in again.files()


def test_a_set_without_benchmarks_has_the_name_that_it_always_had(tmp_path):
    """By hand, so that those that are prepared and trained on stay what they are."""
    task = corpus(tmp_path)
    dataset = task.prepare()
    about = {
        "corpus": [list(pair) for pair in dataset.sources.items()],
        "languages": sorted(default.get_config().data.languages),
        "licences": [],
    }
    text = json.dumps(about, sort_keys=True)
    name = f"corpus-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    assert [path.parent.name for path in tmp_path.rglob(name)] == ["source_files"]


NO_SIGN = "has a text of 8 words to be known by"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (None, b"", "data.kept_out names .*absent.jsonl, which is no file: set it to"),
        ("a.json", b"{}", "a.json, but a file of a benchmark is read by the end"),
        ("a.csv.gz", b"", "must be one of .parquet, .jsonl, .jsonl.gz"),
        ("a.jsonl", b"{", "a.jsonl cannot be read as JSON Lines"),
        ("a.jsonl", b"[" * 100_000, "a.jsonl cannot be read as JSON Lines"),
        ("a.jsonl", b"[3]\n", "a.jsonl cannot be read as JSON Lines .line 1 is no obj"),
        ("a.jsonl", b"\xff", "a.jsonl cannot be read as JSON Lines"),
        ("a.jsonl.gz", b"{}", "a.jsonl.gz cannot be read as JSON Lines"),
        (
            "a.jsonl.gz",
            gzip.compress(b"{}", mtime=0)[:-9],
            "a.jsonl.gz cannot be read as JSON",
        ),
        ("a.parquet", b"no table", "a.parquet cannot be read as Parquet"),
        ("a.jsonl", b"", f"none of its 0 rows {NO_SIGN}"),
        ("a.jsonl", b'{"id": 3, "text": "short"}\n\n', f"none of its 1 rows {NO_SIGN}"),
        ("a.jsonl", lines([{"text": DOC}] * 11).encode(), f"its 11 rows {NO_SIGN}"),
    ],
)
def test_a_file_that_keeps_nothing_out_is_told(name, content, sentence, tmp_path):
    path = tmp_path / (name or "absent.jsonl")
    if name:
        path.write_bytes(content)
    with pytest.raises(UserError, match=sentence) as told:
        corpus(tmp_path, kept_out=(str(path),)).prepare()
    assert "\n" not in str(told.value) and len(str(told.value)) < 500
    assert not list(tmp_path.rglob("manifest.jsonl"))


def test_only_a_corpus_is_held_against_benchmarks():
    data = default.get_config().data
    data.update({"dataset": "programs", "kept_out": ("a.jsonl",)})
    with pytest.raises(UserError, match="data.kept_out is .*data.dataset to corpus"):
        datasets.task(data)


@pytest.mark.parametrize("unrelated", [1, 4])
def test_a_published_solution_is_kept_out_and_nothing_else(
    unrelated, shared_data, tmp_path
):
    path = shared_data / "code" / "humaneval_dev.jsonl"
    row = json.loads(path.read_text().splitlines()[unrelated * 7])
    files = {
        "a.py": row["prompt"] + row["canonical_solution"],
        "b.py": source("python", unrelated),
        "c.py": source("python", unrelated + 1),
    }
    write(tmp_path / "other", files)
    corpus(
        tmp_path,
        corpus=(str(tmp_path / "other"),),
        kept_out=(str(path),),
        num_validation=0,
        num_test=0,
    ).prepare()
    assert verdicts_in(tmp_path) == {
        "other/a.py": f"of a benchmark: humaneval_dev.jsonl, row {unrelated * 7 + 1}",
        "other/b.py": "kept",
        "other/c.py": "kept",
    }


NAMES = re.compile(r"\b(numbers|threshold|distance|idx2?|elem2?|[ij])\b")


@pytest.mark.parametrize("language", ["cpp", "go", "java", "js", "python", "rust"])
def test_published_problems_are_known_in_each_language(language, shared_data):
    """The first also by its function alone, whose head and body are two fields."""
    path = shared_data / "code" / "humaneval_x_dev" / f"{language}.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    kept = KeptOut([path])
    told = [quoted(row["prompt"]) for row in rows]
    long = [n for n, text in enumerate(told) if len(re.findall(r"\w+", text)) > 20]
    assert len(long) > 60
    for n in long:  # in Rust two have the same text
        first = told.index(told[n])
        assert kept.row_in(told[n]) == f"{language}.jsonl, row {first + 1}"
    lines = (rows[0]["declaration"] + rows[0]["canonical_solution"]).splitlines()
    (head,) = [n for n, line in enumerate(lines) if re.search("has_?close", line, re.I)]
    renamed = NAMES.sub(r"\1_q", "\n".join(lines[head:]))  # no 13 words are left
    assert kept.row_in(renamed) == f"{language}.jsonl, row 1"
    assert kept.row_in(re.sub("return true", "return 1", renamed, flags=re.I)) is None
