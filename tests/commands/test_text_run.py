"""A run of text from the command line: trained, measured, graded by running it."""

import contextlib
import json
import random
import shutil

import numpy as np
import pytest

import main
from commands import flags as flags_of
from commands import local_model, text_scores
from configs import default
from data_pipeline import datasets
from data_pipeline.text import rows
from data_pipeline.text.example import Example
from data_pipeline.text.lintseq import sequence as lintseq
from data_pipeline.text.special import Special
from data_pipeline.text.task import TextTask
from data_pipeline.text.tokenizer import LEAST_VOCABULARY, Tokenizer
from eval.benchmarks import extraction
from eval.benchmarks.endpoint import Sampling
from eval.benchmarks.models import ContextExhausted
from eval.benchmarks.problem import Problem, Prompt
from hrm_jax import saved_config
from hrm_jax.text import own_tokenizer

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
    "train.depths": "()",
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
    assert Tokenizer.load(workdir / own_tokenizer.FILE).vocab_size <= 320


@pytest.mark.slow
def test_a_run_is_tuned_for_few_bits(folder, workdir, capsys):
    """It begins with its weights and in its tokens, and is measured as it is seen."""
    path, known = folder / "few-bits", workdir / own_tokenizer.FILE
    changes = {"quantization.bits": 8, "optim.learning_rate": 0.0}
    begin = {"train.start_from": workdir, "data.tokenizer": known}
    assert main.main(["main.py", "train", *flags(folder, path, **changes | begin)]) == 0
    assert "Beginning with the weights" in capsys.readouterr().out
    loss = {}
    for run in (workdir, path):
        assert main.main(["main.py", "evaluate", f"--workdir={run}"]) == 0
        scores = json.loads((run / "text_scores.json").read_text())["scores"]["all"]
        loss[run] = scores["bits_per_byte"]
    assert loss[path] != loss[workdir], "its weights are rounded"
    assert loss[path] == pytest.approx(loss[workdir], rel=1e-2)


def test_evaluate_tells_bits_per_byte_of_each_language(workdir, capsys):
    assert main.main(["main.py", "evaluate", f"--workdir={workdir}"]) == 0
    out = capsys.readouterr().out
    assert "bits per byte" in out and "--language=python,rust --scenario=write" in out
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
    assert code == 0 and "rust" not in out
    assert "has never learned go: it can but guess" in out and "benchmark" not in out
    code, _, err = run(*words, "--config.data.seq_len=64")
    assert code == 2 and "leave data.seq_len and data.vocab_size" in err


def test_empty_answers_have_no_bits_a_byte(workdir, run, monkeypatch, tmp_path):
    """As of a language whose only answers fill holes of nothing."""
    counted = text_scores._bytes

    def emptied(text_run, examples):
        rust = examples.inputs[:, 0] == Special.RUST
        return np.where(rust, 0, counted(text_run, examples))

    monkeypatch.setattr(text_scores, "_bytes", emptied)
    path = tmp_path / "scores.json"
    code, out, _ = run("evaluate", f"--workdir={workdir}", f"--output={path}")
    scores = json.loads(path.read_text(), parse_constant=pytest.fail)["scores"]
    assert code == 0 and scores["all"]["bits_per_byte"] > 0
    for name in ("bits_per_byte", "tokens_per_byte"):
        assert scores["rust"][name] is None
    (row,) = (line.split() for line in out.splitlines() if line.startswith("rust"))
    assert row[2:4] == ["-", "-"]


@pytest.mark.parametrize("segments", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_benchmark_runs_what_the_model_writes(segments, workdir, tmp_path):
    tasks, output = tmp_path / "tasks.jsonl", tmp_path / "out"
    drawn = ["--scenario=write", "--level=1", "--language=python", "--limit=3"]
    assert main.main(["main.py", "programs", f"--output={tasks}", *drawn]) == 0
    command = ["main.py", "benchmark", "programs", f"--data={tasks}"]
    command += [f"--workdir={workdir}", f"--output={output}", "--max_tokens=24"]
    command += [f"--config.evaluation.max_segments={segments}"]
    assert main.main(command) == 0
    report = json.loads((output / "report.json").read_text())
    assert report["model"].startswith("run at step")
    assert report["samples"] == 3 and report["pass_at_k"][0]["value"] < 1
    assert report["thinking"]["segments_per_token"] == segments
    assert report["thinking"]["tokens"] > 3
    kept = (output / "samples.jsonl").read_bytes()
    assert main.main(command) == 0  # all of it is there
    assert (output / "samples.jsonl").read_bytes() == kept
    again = json.loads((output / "report.json").read_text())
    assert again["thinking"] == report["thinking"]


def test_the_best_checkpoint_has_most_tokens_right(workdir):
    """Of long rows hardly one is right as a whole."""
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    told = {
        one["step"]: one["eval/token_accuracy"]
        for one in map(json.loads, lines)
        if "eval/token_accuracy" in one
    }
    kept = {
        int(path.parent.parent.name): json.loads(path.read_text())["exact_match"]
        for path in (workdir / "checkpoints").glob("*/metrics/metrics")
    }
    assert kept == {3: told[3], 6: told[6]} and told[6] > 0


@pytest.fixture
def model(workdir):
    """Asks a run of text as a benchmark does, for 20 tokens."""

    @contextlib.contextmanager
    def model(**changes):
        fields = [f"--config.{name}={value}" for name, value in changes.items()]
        words = ["main.py", "benchmark", f"--workdir={workdir}", *fields]
        line = flags_of.parse(words)
        with local_model.opened(line, Sampling(0.0, 1.0, 20), 1) as found:
            yield found

    return model


def test_a_conversation_is_read_as_a_whole(model):
    problem = Problem("1", "python", {})
    later = Prompt("And now?", turns=(("What?", "That."),), system="Be brief.")
    with model() as found:
        said = found.complete(problem, later, 0)
        assert said == found.complete(problem, Prompt(later.whole), 0)
        assert said.tokens == 20 and said.cut
        asked = found.service.speed.prompt_tokens
        with pytest.raises(ContextExhausted):
            found.complete(problem, Prompt("now?", turns=(("a" * 400, "b"),)), 0)
        assert found.service.speed.prompt_tokens == asked


def test_stop_words_are_looked_for_in_what_edits_write(model):
    edits = "@0+2\ndef f(x):\n    return x\n", "@2+1\ndef g(x):\n"
    answer = "".join(Special.EDIT.text + edit for edit in edits)
    program = "def f(x):\n    return x"
    assert extraction.until(lintseq.program(answer), ("\ndef",)) == program
    problem = Problem("1", "python", {})
    with model() as found:
        whole = found.complete(problem, Prompt("Return x."), 0)
        stop = (whole.text[5:7],)
        short = found.complete(problem, Prompt("Return x.", stop), 0)
    with model(**{"data.edits": 1.0}) as found:
        edited = found.complete(problem, Prompt("Return x.", stop), 0)
    assert short.text == edited.text == whole.text[: whole.text.index(stop[0])]
    assert short.tokens < edited.tokens == whole.tokens


def test_an_answer_in_edits_is_graded_as_what_they_write(workdir):
    source = "def f(x):\n    y = x + 1\n    return y\n"
    edits = lintseq.response(source, random.Random(0))
    assert edits is not None
    tokenizer = Tokenizer.load(workdir / own_tokenizer.FILE)
    encoded = rows.encode(Example("python", "", edits), tokenizer)
    answer = tokenizer.decode(encoded.tokens[encoded.prompt : -1].tolist()).decode()
    assert answer.count(Special.EDIT.text) == len(edits) / 2
    assert lintseq.program(answer) == source
    for other in (source, answer.replace("@", "at ")):
        assert lintseq.program(other) == other


def test_there_is_nothing_to_grade_where_nothing_fits(workdir, run, tmp_path):
    corpus, path = tmp_path / "corpus", tmp_path / "grades.json"
    corpus.mkdir()
    for number in range(4):  # four tokens a character
        lines = [f"# {chr(0x20000 + 9 * number + k) * 96}\n" for k in range(9)]
        (corpus / f"{number}.py").write_text("".join(lines), encoding="utf-8")
    changes = {"dataset": "corpus", "corpus": corpus, "directory": tmp_path / "data"}
    changes |= {"num_train": 0, "num_validation": 0, "num_test": 0}
    words = "grade", f"--workdir={workdir}", f"--output={path}"
    code, _, told = run(
        *words, *(f"--config.data.{name}={value}" for name, value in changes.items())
    )
    assert code == 2 and "None of the 27 training examples fits into a row" in told
    assert not path.exists()


@pytest.mark.slow
def test_grades_put_what_is_probable_first(folder, workdir, run, tmp_path):
    path = tmp_path / "grades.json"
    code, out, _ = run("grade", f"--workdir={workdir}", f"--output={path}")
    assert code == 0 and "60 examples graded" in out
    grades = np.array(json.loads(path.read_text())["grades"])
    assert np.bincount(grades).tolist() == [0] + 10 * [6]
    # What has learned next to nothing finds long answers improbable.
    task = datasets.task(saved_config.load(workdir).data)
    assert isinstance(task, TextTask)
    lengths = [len(one.tokens) - one.prompt for one in task.training_examples()]
    assert np.corrcoef(lengths, grades)[0, 1] > 0.8

    changes = {"data.curriculum": 1, "data.grades": path, "train.steps": 1}
    words = "train", *flags(folder, tmp_path / "graded", **changes)
    assert run(*words)[0] == 0
    words = *words, f"--workdir={tmp_path / 'other'}"
    code, _, told = run(*words, "--config.data.seed=1")
    assert code == 2 and "other examples" in told
    code, _, told = run(*words, "--config.data.curriculum=0")
    assert code == 2 and "set data.curriculum" in told


def test_a_curriculum_of_one_level_begins_no_run(folder, workdir, run, tmp_path):
    """Those of earlier versions are evaluated and go on as before."""
    fields = {"data.level": 1, "data.curriculum": 1}
    began = shutil.copytree(workdir, tmp_path / "began")
    config = saved_config.load(began)
    config.update_from_flattened_dict(fields)
    (began / saved_config.CONFIG_FILE).write_text(config.to_json())
    code, _, told = run("evaluate", f"--workdir={began}")
    assert code == 0, told
    code, _, told = run("train", f"--workdir={began}")
    assert code == 2 and "the text that it is trained on" in told, "its rows alone"
    code, _, told = run("train", *flags(folder, tmp_path / "new", **fields))
    assert code == 2 and "all tasks of data.level = 1 count as equally hard" in told


@pytest.mark.slow
def test_a_run_begins_with_the_weights_of_another(folder, workdir, run, tmp_path):
    tokenizer = workdir / own_tokenizer.FILE
    changes = {"train.start_from": workdir, "train.steps": 1, "train.seed": 1}
    changes |= {"optim.learning_rate": 1e-12, "data.tokenizer": tokenizer}
    begun = tmp_path / "begun"
    code, out, _ = run("train", *flags(folder, begun, **changes))
    assert code == 0 and f"Beginning with the weights of {workdir}." in out
    asked = "--max_tokens=12", "Return the sum."
    said = [run("generate", f"--workdir={one}", *asked)[1] for one in (workdir, begun)]
    assert said[0] == said[1]
    # It goes on from its own checkpoint, wherever it began.
    assert "Beginning" not in run("train", *flags(folder, begun, **changes))[1]
    # One that was killed in its first save has none.
    killed = tmp_path / "killed"
    (killed / "checkpoints" / "1.orbax-checkpoint-tmp").mkdir(parents=True)
    assert "Beginning" in run("train", *flags(folder, killed, **changes))[1]

    other = flags(folder, tmp_path / "other", **changes, **{"model.width": 32})
    code, _, told = run("train", *other)
    assert code == 2 and "z_h_init of (16,), but here it is of (32,)" in told
    path = tmp_path / "tokenizer.json"
    Tokenizer.train(["def f(x): return x"] * 9, LEAST_VOCABULARY + 3).save(path)
    changes["data.tokenizer"] = path
    code, _, told = run("train", *flags(folder, tmp_path / "other", **changes))
    assert code == 2 and f"--config.data.tokenizer={tokenizer}" in told
    changes["train.start_from"] = tmp_path / "nowhere"
    code, _, told = run("train", *flags(folder, tmp_path / "other", **changes))
    assert code == 2 and "nowhere holds no run" in told
    saved_config.save(default.get_config(), tmp_path / "nowhere")
    code, _, told = run("train", *flags(folder, tmp_path / "other", **changes))
    assert code == 2 and "whose run was trained on 9x9 Sudoku and knows no text" in told


def test_another_model_is_refused(workdir, run):
    asked = "generate", f"--workdir={workdir}", "--max_tokens=2", "word"
    code, _, told = run(*asked, "--config.model.h_cycles=5")
    assert code == 2 and "holds a run with model.h_cycles = 2" in told
    assert run(*asked, "--config.model.shared_cache=true")[0] == 0
    thinking = "--config.evaluation.early_halting=true"
    code, _, told = run(*asked, thinking, "--config.evaluation.max_segments=2")
    assert (
        code == 2 and "was trained with loss.halt_weight=0, and never learned" in told
    )


@pytest.mark.parametrize(
    "field, told",
    [
        ("evaluation.drafts=-1", "evaluation.drafts is -1, but it must be at least 0"),
        ("evaluation.max_segments=-1", "evaluation.max_segments is -1"),
        ("evaluation.batch_size=0", "evaluation.batch_size is 0"),
        ("data.tokenizer=nowhere.json", "tokenizer nowhere.json cannot be read"),
    ],
)
def test_what_cannot_be_asked_of_it_is_named(workdir, run, field, told):
    code, _, err = run("generate", f"--workdir={workdir}", f"--config.{field}", "word")
    assert code == 2 and told in err and err.count("\n") == 1


def test_another_tokenizer_is_refused(folder, workdir, run, tmp_path):
    other = tmp_path / "other.json"
    Tokenizer.train(["nothing"], LEAST_VOCABULARY).save(other)
    asked = "generate", f"--workdir={workdir}", "--max_tokens=2", "word"
    code, _, told = run(*asked, f"--config.data.tokenizer={other}")
    assert code == 2 and "other.json', another one: leave it out" in told
    same = workdir / own_tokenizer.FILE
    assert run(*asked, f"--config.data.tokenizer={same}")[0] == 0
    kept = (workdir / own_tokenizer.FILE).read_bytes()
    try:
        other.replace(workdir / own_tokenizer.FILE)
        for words in (
            ("train", *flags(folder, workdir)),
            ("generate", f"--workdir={workdir}", "word"),
        ):
            code, _, told = run(*words)
            assert code == 2 and "tokenizer.json is not the tokenizer that" in told
        (workdir / own_tokenizer.FILE).unlink()
        code, _, told = run(*asked)
        assert code == 2 and "by which the run knows its tokens, is not there" in told
    finally:
        (workdir / own_tokenizer.FILE).write_bytes(kept)


def test_a_run_does_not_go_on_with_other_text(folder, workdir, run):
    """As when files of a corpus have changed."""
    record = workdir / "text.json"
    kept = record.read_text()
    try:
        record.write_text(json.dumps(json.loads(kept) | {"rows": "0" * 16}))
        code, _, told = run("train", *flags(folder, workdir))
        assert code == 2 and "has changed, and its place there" in told
        record.write_text("{")
        code, _, told = run("generate", f"--workdir={workdir}", "word")
        assert code == 2 and "text.json, which says what" in told
    finally:
        record.write_text(kept)


@pytest.mark.parametrize("command", ["solve", "figures"])
def test_a_run_of_text_solves_no_puzzles(workdir, capsys, command):
    assert main.main(["main.py", command, f"--workdir={workdir}"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_run_of_text_is_compared_elsewhere(workdir, run):
    code, _, told = run("compare", workdir, workdir)
    assert code == 2 and "compare the --output of two `benchmark`s" in told


def test_a_run_of_puzzles_writes_no_text(tmp_path, capsys):
    saved_config.save(default.get_config(), tmp_path)
    command = ["main.py", "generate", f"--workdir={tmp_path}", "a prompt"]
    assert main.main(command) == 2
    assert "writes no text" in capsys.readouterr().err
