"""A run of text as a package."""

import json
import subprocess
import sys

import numpy as np
import pytest

from hrm_jax.export import package
from tests.commands.conftest import save_untrained_text

PROMPT = "# a sum"


@pytest.mark.slow
@pytest.mark.parametrize(("bits", "held_out"), [(32, True), (8, False)])
def test_a_run_of_text_is_packed_and_writes_the_same(
    untrained_text, run, tmp_path, bits, held_out
):
    """Also where all examples are trained on."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    rng = np.random.default_rng(0)
    for number in range(80):
        lines = [
            f"n{name} = {value}\n" for name, value in rng.integers(999, size=(40, 2))
        ]
        (corpus / f"{number}.py").write_text("".join(lines))
    few = {"dataset": "corpus", "corpus": corpus, "directory": tmp_path / "data"}
    validation, test = (4, 2) if held_out else (0, 0)
    few |= {"num_train": 0, "num_validation": validation, "num_test": test}
    words = [f"--config.data.{name}={value}" for name, value in few.items()]
    folder = tmp_path / "package"
    asked = f"--workdir={untrained_text}", f"--output={folder}", f"--bits={bits}"
    code, _, err = run("export", *asked, *words)
    assert code == 0, err
    verified = json.loads((folder / package.VERIFICATION).read_text())
    # Rounding moves what chance has drawn.
    least = 1 if bits == 32 else 0.6
    assert verified["puzzles"] > 2 and verified["same_answer"] >= least
    card = (folder / "README.md").read_text()
    assert "A reasoner for text" in card and "tokenizers" in card
    assert ("that the model was not trained on:" in card) == held_out
    assert ("training examples, that it was trained on" in card) == (not held_out)
    code, out, _ = run(
        *("generate", f"--workdir={untrained_text}", "--max_tokens=9", "--json"),
        PROMPT,
    )
    command = [sys.executable, "-I", str(folder / "run.py"), "--max-tokens=9", PROMPT]
    done = subprocess.run(
        [*command, "--json"], capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    same = json.loads(done.stdout)["answer"] == json.loads(out)["text"]
    assert same or bits < 32


@pytest.mark.slow
def test_both_sides_of_a_verification_halt_by_the_rule_of_the_package(run, tmp_path):
    """Whatever the command line says of the run."""
    workdir, folder = tmp_path / "run", tmp_path / "package"
    fields = {
        **{"data.seq_len": 256, "data.languages": ("python",), "data.pack": False},
        **{"data.num_train": 1, "data.num_validation": 0, "data.num_test": 4},
        **{"data.directory": str(tmp_path / "data"), "loss.halt_weight": 1.0},
        **{"halting.max_segments": 3, "model.halt_bias": 5.0},  # sure after one
    }
    save_untrained_text(workdir, fields=fields)
    both = f"--workdir={workdir}", "--limit=2"
    sure = f"--output={folder}", "--bits=32", "--config.evaluation.early_halting=True"
    assert run("export", f"--workdir={workdir}", *sure)[0] == 0
    code, _, err = run("verify", *both, f"--package={folder}")
    assert code == 0, err
    verified = json.loads((folder / package.VERIFICATION).read_text())
    assert verified["same_answer"] == 1
    assert verified["segments"] == [1, 1]


@pytest.mark.parametrize("words", [["--format=stablehlo"], ["--whole"]])
def test_of_text_there_are_graphs_for_prompts_and_tokens_alone(
    untrained_text, run, tmp_path, words
):
    asked = f"--workdir={untrained_text}", f"--output={tmp_path / 'package'}"
    code, _, err = run("export", *asked, *words)
    assert code == 2 and err == "A run of text is packed with --format=onnx alone.\n"
