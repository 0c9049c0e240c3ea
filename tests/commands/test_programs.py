"""The command `programs`: tasks shown, written and checked."""

import json

import pytest

import main
from commands import hints
from data_pipeline.programs import generator
from data_pipeline.text.special import LANGUAGES
from eval.benchmarks import registry
from eval.benchmarks.synthetic import rows as made
from eval.sandbox import tiers


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def run(capsys, *words):
    code = main.main(["main.py", "programs", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_shows_tasks_with_answers(capsys):
    words = ("--seed=0", "--limit=2", "--language=rust", "--scenario=write")
    code, out, err = run(capsys, *words)
    assert (code, err) == (0, "")
    assert out.count("--- test-0-0-") == out.count("--- answer\nfn ") == 2
    assert run(capsys, *words)[1] == out
    assert run(capsys, "--seed=1", *words[1:])[1] != out


def test_writes_what_the_benchmark_reads(capsys, tmp_path):
    path = tmp_path / "new" / "tasks.jsonl"
    code, out, _ = run(capsys, f"--output={path}", "--limit=4", "--level=1")
    assert code == 0 and f"24 problems in {path}" in out
    told = hints.command("benchmark", "programs", f"--data={path}", "--output=FOLDER")
    assert out.endswith(f"  {told} ...\n")
    loaded = registry.load("programs", path)
    assert len(loaded.problems) == 4 * len(LANGUAGES)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert {row["level"] for row in rows} == {1}
    code, _, err = run(capsys, f"--output={path}")
    assert code == 2 and "is there already" in err


def test_checks_renderings(capsys):
    if all(tiers.probe()[tier] for tier in (1, 2)):
        pytest.skip("programs cannot be confined here")
    calls = 3 * (generator.EXAMPLES + generator.TESTS)
    code, out, _ = run(capsys, "--check=3", "--language=python")
    assert (code, out) == (0, f"python: 3 tasks, {calls} calls, 0 differ\n")


@pytest.mark.parametrize(
    "words, said",
    [
        (("--language=klingon",), "no language 'klingon'"),
        (("--language=go,python,go",), "language 'go' is there twice"),
        (("--scenario=nope",), "no scenario 'nope'"),
        (("--scenario=write",), "--scenario means nothing beside it"),
        (("--limit=2",), "--limit means nothing beside it"),
        (("--output=tasks.jsonl",), "--output means nothing beside it"),
    ],
)
def test_what_means_nothing_beside_a_check_is_told(words, said, capsys):
    code, out, err = run(capsys, "--check=1", *words)
    assert (code, out) == (2, "") and said in err and err.count("\n") == 1


@pytest.mark.parametrize(
    "word, said",
    [
        ("--scenario=nope", "no scenario 'nope'"),
        ("--language=python,python", "language 'python' is there twice"),
        ("--limit=5000", "hardly more than"),
    ],
)
def test_what_is_refused_leaves_no_folder(word, said, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(made, "_PATIENCE", 1)
    output = f"--output={tmp_path / 'new' / 'tasks.jsonl'}"
    code, out, err = run(capsys, word, "--level=1", output)
    assert (code, out) == (2, "") and said in err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "word, said",
    [
        ("--split=dev", "--split is 'dev'"),
        ("--language=cobol", "no language 'cobol'"),
        ("--scenario=sing", "no scenario 'sing'"),
        ("--level=4", "--level is '4'"),
        ("--seed=-1", "--seed is '-1'"),
        ("--check=none", "--check is 'none'"),
        ("surplus", "takes no argument"),
    ],
)
def test_mistakes_are_one_sentence(word, said, capsys):
    code, out, err = run(capsys, word)
    assert (code, out) == (2, "") and said in err and err.count("\n") == 1
