"""A run of text from the command line: trained, measured, graded by running it."""

import json

import pytest

import main
from commands.text_run import TOKENIZER_FILE
from configs import default
from data_pipeline.text.tokenizer import LEAST_VOCABULARY, Tokenizer
from hrm_jax import saved_config

FIELDS = {
    "slots": 8,
    "data.languages": "python,rust",
    "data.vocab_size": 320,
    "data.seq_len": 320,
    "data.num_train": 60,
    "data.num_validation": 8,
    "data.num_test": 8,
    "model.width": 16,
    "model.num_heads": 2,
    "model.h_layers": 1,
    "model.l_layers": 1,
    "model.l_cycles": 1,
    "model.gradient_window": 3,
    "model.feed_forward_multiple": 8,
    "train.steps": 6,
    "train.first_window": 0,
    "train.log_every": 2,
    "train.eval_every": 3,
    "train.save_every": 3,
    "evaluation.batch_size": 8,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("text")


@pytest.fixture(scope="module")
def workdir(folder):
    """Trained for six steps, which is enough to write nonsense."""
    path = folder / "run"
    assert main.main(["main.py", "train", *flags(folder, path)]) == 0
    return path


def flags(folder, workdir, **changes):
    fields = FIELDS | {"data.directory": folder / "data"} | changes
    overrides = [f"--config.{name}={value}" for name, value in fields.items()]
    return ["--config=configs/text.py:tiny", f"--workdir={workdir}", *overrides]


def test_training_reports_a_loss_and_keeps_the_tokenizer(workdir):
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    losses = [r["train/answer_loss"] for r in records if "train/answer_loss" in r]
    assert len(losses) == 3 and all(0 < loss < 10 for loss in losses)
    assert any("eval/exact_match" in record for record in records)
    assert Tokenizer.load(workdir / TOKENIZER_FILE).vocab_size <= 320


def test_evaluate_tells_bits_per_byte_of_each_language(workdir, capsys):
    assert main.main(["main.py", "evaluate", f"--workdir={workdir}"]) == 0
    assert "bits per byte" in capsys.readouterr().out
    scores = json.loads((workdir / "text_scores.json").read_text())["scores"]
    assert {"all", "python", "rust"} <= scores.keys()
    assert scores["all"]["examples"] == 8
    # Six steps are hardly better than guessing among all bytes.
    for one in scores.values():
        assert 3 < one["bits_per_byte"] < 9
        assert 0 < one["tokens_per_byte"] < 1


def test_evaluate_takes_other_text_of_the_same_shape(workdir, run):
    words = "evaluate", f"--workdir={workdir}", "--config.data.languages=go"
    code, out, _ = run(*words)
    assert code == 0 and "go" in out and "rust" not in out
    code, _, err = run(*words, "--config.data.seq_len=64")
    assert code == 2 and "leave data.seq_len and data.vocab_size" in err


def test_benchmark_runs_what_the_model_writes(workdir, tmp_path, capsys):
    tasks, output = tmp_path / "tasks.jsonl", tmp_path / "out"
    drawn = ["--scenario=write", "--level=1", "--language=python", "--limit=3"]
    assert main.main(["main.py", "programs", f"--output={tasks}", *drawn]) == 0
    command = ["main.py", "benchmark", "programs", f"--data={tasks}"]
    command += [f"--workdir={workdir}", f"--output={output}", "--max_tokens=24"]
    assert main.main(command) == 0
    report = json.loads((output / "report.json").read_text())
    assert report["model"].startswith("run at step")
    assert report["samples"] == 3 and report["pass_at_k"][0]["value"] < 1
    kept = (output / "samples.jsonl").read_bytes()
    assert main.main(command) == 0  # all of it is there
    assert (output / "samples.jsonl").read_bytes() == kept


def test_another_tokenizer_is_refused(folder, workdir, tmp_path, capsys):
    other = tmp_path / "other.json"
    Tokenizer.train(["nothing"], LEAST_VOCABULARY).save(other)
    kept = (workdir / TOKENIZER_FILE).read_bytes()
    try:
        other.replace(workdir / TOKENIZER_FILE)
        assert main.main(["main.py", "train", *flags(folder, workdir)]) == 2
        assert "was trained with the tokenizer" in capsys.readouterr().err
    finally:
        (workdir / TOKENIZER_FILE).write_bytes(kept)


@pytest.mark.parametrize("command", ["solve", "figures"])
def test_a_run_of_text_solves_no_puzzles(workdir, capsys, command):
    assert main.main(["main.py", command, f"--workdir={workdir}"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_run_of_puzzles_writes_no_text(tmp_path, capsys):
    saved_config.save(default.get_config(), tmp_path)
    command = ["main.py", "generate", f"--workdir={tmp_path}", "a prompt"]
    assert main.main(command) == 2
    assert "writes no text" in capsys.readouterr().err
