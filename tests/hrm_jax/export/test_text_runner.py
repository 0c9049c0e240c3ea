"""What a package of text writes, against the engine in JAX."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import onnx
import pytest

from data_pipeline.text import rows
from data_pipeline.text.special import LANGUAGES
from data_pipeline.text.tokenizer import Tokenizer
from hrm_jax.export import package, runner, text_runner
from hrm_jax.export.graphs import saturation_probe
from hrm_jax.export.graphs import text as graphs
from hrm_jax.export.graphs.builder import Graph
from hrm_jax.text.engine import Engine, Request
from hrm_jax.types import Variables
from tests.hrm_jax.export import drawn, packages
from tests.hrm_jax.models.text import text

PROMPTS = ["sum of a list", "drücke ü\n", "x"]
SEGMENTS = 2
CONFIG = text(
    vocab_size=300, seq_len=96, h_cycles=1, l_cycles=1, gradient_window=1, num_heads=2
)


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """A package, its model and its tokenizer."""
    folder = tmp_path_factory.mktemp("packages") / "text"
    folder.mkdir()
    params, constants = drawn.variables(CONFIG)
    head = params["halt_head"]
    sure = {**params, "halt_head": head | {"bias": head["bias"] + 8}}
    given = Variables(sure, constants)
    tokenizer = Tokenizer.train(["the sum of the list of the sums"] * 4, 290)
    tokenizer.save(folder / "tokenizer.json")
    for make in (graphs.prefill, graphs.decode):
        model = make(CONFIG, given, SEGMENTS, "standard")
        onnx.save(model, folder / f"{make.__name__}.onnx")
    shutil.copy(runner.__file__, folder / "run.py")
    shutil.copy(text_runner.__file__, folder / "write.py")
    manifest = {
        "task": {
            "kind": "text",
            "tokenizer": "tokenizer.json",
            "languages": sorted(LANGUAGES, reverse=True),
        },
        "model": {"seq_len": CONFIG.seq_len, "vocab_size": CONFIG.vocab_size},
        "halting": {"max_segments": SEGMENTS, "min_confidence": None},
    }
    package.seal(folder, manifest)
    return folder, given, tokenizer


@pytest.fixture
def ours(packed):
    return text_runner.Writer(runner.Package(packed[0], threads=1))


def test_prompts_are_those_of_training(packed, ours):
    tokenizer = packed[2]
    for prompt in (*PROMPTS, ""):
        for language in LANGUAGES:
            expected = rows.encode_question(language, prompt, tokenizer)
            assert ours.encode(prompt, language) == expected


def test_greedy_answers_are_those_of_the_engine(packed, ours):
    """Longer than the cache first has room for, and of one segment or of two."""
    prompts = [ours.encode(prompt, "python") for prompt in PROMPTS]
    first = sorted(q_halt(ours, prompt)[0] for prompt in prompts)
    ours._min_confidence = float(1 / (1 + np.exp(-np.mean(first[:2]))))
    engine = Engine(
        CONFIG, packed[1], 2, SEGMENTS, 4, 290, min_confidence=ours._min_confidence
    )
    expected, segments = [[] for _ in prompts], [0 for _ in prompts]
    for news in engine.run([Request(one, 80) for one in prompts]):
        expected[news.number] += news.tokens
        segments[news.number] = news.segments
    assert [list(ours.generate(prompt, 80)) for prompt in prompts] == expected
    assert max(map(len, expected)) > text_runner._ROOM
    assert [ours.segments(prompt) for prompt in prompts] == segments
    assert set(segments) == {1, SEGMENTS}
    ours._min_confidence = None
    assert ours.segments(prompts[0]) == SEGMENTS


def q_halt(ours: text_runner.Writer, prompt: list[int]) -> np.ndarray:
    tokens, lengths = np.array([prompt], np.int32), np.array([len(prompt)], np.int32)
    feed = {"tokens": tokens, "lengths": lengths}
    return ours._prefill.run(["q_halt"], feed)[0][:, 0]


def test_draws_are_repeated_by_their_seed(ours):
    prompt = ours.encode(PROMPTS[0], "go")

    def draw(*settings):
        return list(ours.generate(prompt, 20, *settings))

    assert draw(1.0, 1.0, 1) == draw(1.0, 1.0, 1) != draw(1.0, 1.0, 2)
    assert draw(1.0, 1e-9, 3) == draw() == draw(1e-6, 1.0, 4)


def test_draws_have_the_probabilities_of_the_logits(ours):
    logits = np.full(300, -20.0, np.float32)
    logits[[20, 21, 22]] = np.log([0.5, 0.3, 0.2])
    logits[[0, 295]] = 9  # what pads, and what no tokenizer knows
    rng = np.random.default_rng(0)
    drawn = [ours._choose(logits, 1.0, 0.7, rng) for _ in range(2000)]
    shares = np.bincount(drawn, minlength=300)[[20, 21, 22]] / 2000
    np.testing.assert_allclose(shares, [0.625, 0.375, 0], atol=0.04)


def test_text_comes_as_soon_as_it_is_sure(ours, packed):
    tokens = packed[2].encode("the sum ü")
    parts = list(ours.text(iter(tokens)))
    assert "".join(parts) == "the sum ü"
    assert "" in parts[:-1]  # half of a character
    broken = ours.text(iter(tokens[:-1]))
    assert "".join(broken) == "the sum \N{REPLACEMENT CHARACTER}"


def run(folder, *arguments, given=""):
    home = os.path.dirname(os.path.dirname(np.__file__))
    return subprocess.run(
        [sys.executable, "-S", folder / "run.py", "--threads=1", *arguments],
        input=given,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": home, "PYTHONIOENCODING": "utf-8"},
        encoding="utf-8",
        errors="surrogateescape",
    )


def test_runs_by_itself(packed, ours):
    folder, _, tokenizer = packed
    prompt = ours.encode(PROMPTS[1], "rust")
    expected = tokenizer.decode(ours.generate(prompt, 9)).decode("utf-8", "replace")
    done = run(folder, "--language=rust", "--max-tokens=9", "drücke", "ü")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", expected)
    # Rust is its first language.
    piped = run(folder, "--max-tokens=9", "--json", given=PROMPTS[1])
    assert json.loads(piped.stdout) == {"answer": expected}


def test_help_is_about_writing(packed):
    done = run(packed[0], "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Writes text with this package." in done.stdout
    assert "--temperature" in done.stdout and "puzzles" not in done.stdout


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["--language=cobol", "x"], "The model has not learned 'cobol': take rust, "),
        (["--language=end", "x"], "The model has not learned 'end': take rust, "),
        (["x" * 200], "The prompt has 203 tokens, but prompt and answer together "),
        (["--file=nowhere"], "nowhere cannot be read ("),
        (["--file=package.json", "x"], "The prompt is arguments or --file, but not "),
        (["--top-p=0", "x"], "usage: "),
    ],
)
def test_mistakes_are_told(packed, arguments, told):
    done = run(packed[0], *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(told)


def test_a_pipe_of_no_text_is_one_sentence(packed):
    done = run(packed[0], given="\udcff\udcfe")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("standard input cannot be read ('utf-8'")


def copied(folder, tmp_path):
    """A package that may be changed, and its manifest."""
    copy = tmp_path / "package"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("__*"))
    return copy, packages.manifest(copy)


def test_a_package_of_an_earlier_version_takes_all_languages(packed, ours, tmp_path):
    folder, manifest = copied(packed[0], tmp_path)
    del manifest["task"]["languages"]
    package.seal(folder, manifest)
    earlier = text_runner.Writer(runner.Package(folder, threads=1))
    for language in LANGUAGES:
        assert earlier.encode("x", language) == ours.encode("x", language)
    assert earlier.encode("x") == ours.encode("x", "python")


def test_a_processor_that_adds_whole_numbers_wrongly_is_told(packed, tmp_path):
    folder, manifest = copied(packed[0], tmp_path)
    g = Graph()
    g.output(g.op("Not", g.constant(True, np.bool_)), "whole", np.bool_, [])
    onnx.save(g.model("sums"), folder / saturation_probe.FILE)
    package.seal(folder, manifest)
    done = run(folder, "--max-tokens=2", "x")
    assert done.returncode == 0 and done.stdout
    assert done.stderr.startswith("Answers may be wrong: ")


def test_another_models_tokenizer(packed, tmp_path, monkeypatch):
    folder, manifest = copied(packed[0], tmp_path)
    manifest["model"]["vocab_size"] = 280
    package.seal(folder, manifest)
    opened = runner.Package(folder)
    with pytest.raises(text_runner.TextError, match="is another model's tokenizer"):
        text_runner.Writer(opened)
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(runner.PackageError, match="not what was packed"):
        runner.Package(folder)
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(text_runner.TextError, match="tokenizers is not installed"):
        text_runner.Writer(package)
