"""A run as a model under test."""

import json
import random
import shutil
import zlib

import pytest

from commands import flags, local_model, text_record, writers
from commands.text_run import TextRun
from data_pipeline.schema import UserError
from data_pipeline.text.example import Example
from data_pipeline.text.lintseq import sequence as lintseq
from data_pipeline.text.rows import encode, encode_prompt
from eval.benchmarks.endpoint import Sampling
from eval.benchmarks.problem import Problem, Prompt
from hrm_jax.text.engine import Request
from hrm_jax.text.service import Piece, Service
from tests.commands.conftest import save_untrained_text

PROGRAM = "def f(x):\n    y = x + 1\n    return y\n"


class Said(Service):
    """A service that gives one answer, up to a stop word that it is told."""

    def __init__(self, text):
        self._text = text

    def answer(self, request, stop=()):
        del request
        ends = [self._text.find(word) for word in stop if word in self._text]
        yield Piece(self._text[: min(ends, default=None)], "stop", 1)


@pytest.fixture
def reinforced(tmp_path):
    """Two runs, the second one reinforced from the first, which learned from these
    fields."""

    def reinforced(**fields):
        begin, workdir = tmp_path / "begin", tmp_path / "reinforced"
        save_untrained_text(begin, fields=fields)
        own = {"rl.objective": "dagger", "train.start_from": str(begin)}
        save_untrained_text(workdir, fields=own)
        return begin, workdir

    return reinforced


def without_form(workdir):
    """As an earlier version kept the run."""
    path = workdir / text_record.FILE
    kept = json.loads(path.read_text())
    del kept["form"]
    path.write_text(json.dumps(kept))


def opened(workdir, command="benchmark"):
    return TextRun.of(flags.parse(["main.py", command, f"--workdir={workdir}"]))


def test_a_run_that_was_reinforced_writes_edits_as_before(reinforced, tmp_path):
    """A record says so where the run that it began with is gone; without one, the
    configs do."""
    begin, workdir = reinforced(**{"data.edits": 1.0})
    said = lintseq.response(PROGRAM, random.Random(0))
    assert said is not None

    def written(workdir):
        run = opened(workdir)
        encoded = encode(Example("python", "", said), run.tokenizer)
        tokens = encoded.tokens[encoded.prompt : -1].tolist()
        answer = Said(run.tokenizer.decode(tokens).decode())
        sampling = Sampling(0.0, 1.0, 64)
        model = local_model.LocalModel(run.name, run, answer, sampling, 1)
        prompt = Prompt("Add 1.", ("\n@", "\nclass"))
        return model.complete(Problem("1", "python", {}), prompt, 0).text

    assert written(begin) == written(workdir) == PROGRAM
    shutil.move(begin, tmp_path / "gone")
    assert written(workdir) == PROGRAM
    shutil.move(tmp_path / "gone", begin)
    without_form(workdir)
    assert written(workdir) == PROGRAM
    trained = tmp_path / "trained"
    save_untrained_text(trained, fields={"train.start_from": str(begin)})
    assert written(trained) != PROGRAM, "it learned from whole programs last"


@pytest.mark.parametrize("fields", [{"data.edits": 0.5}, {"data.plan": "before"}])
def test_no_signature_is_asked_of_a_run_reinforced_from_edits_or_plans(
    reinforced, untrained_text, fields
):
    _, workdir = reinforced(**fields)
    for folder, begins in (workdir, False), (untrained_text, True):
        line = flags.parse(["main.py", "search", f"--workdir={folder}"])
        assert writers.writer(line).begins == begins


def test_a_run_that_was_reinforced_from_prompts_writes_nothing(reinforced):
    """As an earlier version allowed."""
    begin, workdir = reinforced(**{"data.direction": "backward"})
    for folder in begin, workdir:
        with pytest.raises(UserError, match="it writes nothing, but `rerank` takes"):
            opened(folder).engine(1)


def test_a_benchmark_is_asked_in_languages_that_the_run_has_learned(
    run, taught, tmp_path
):
    """Where there are others nothing is asked, not even what comes before them."""
    tasks, output = tmp_path / "tasks.jsonl", tmp_path / "out"
    drawn = "--scenario=write", "--level=1", "--language=python,rust", "--limit=1"
    assert run("programs", f"--output={tasks}", *drawn)[0] == 0
    rows = [json.loads(line) for line in tasks.read_text().splitlines()]
    assert [row["language"] for row in rows] == ["python", "rust"]
    short = [row | {"prompt": "Return 1.\n"} for row in rows]
    tasks.write_text("".join(json.dumps(row) + "\n" for row in short))
    asked = "benchmark", "programs", f"--data={tasks}", f"--output={output}"
    words = *asked, f"--workdir={taught(languages=('python', 'go'))}", "--max_tokens=2"
    code, _, err = run(*words)
    assert code == 2 and err.endswith(
        "has learned only go, python: choose by --language, or take another run.\n"
    )
    assert "There are problems in rust, but the run in" in err
    assert not (output / "samples.jsonl").exists()
    assert run(*words, "--language=python")[0] == 0
    assert len((output / "samples.jsonl").read_text().splitlines()) == 1


def test_another_seed_draws_other_answers(run, untrained_text, tmp_path):
    """Without one those of versions that knew none, whose folders go on."""
    tasks = tmp_path / "tasks.jsonl"
    drawn = "--scenario=write", "--level=1", "--language=python", "--limit=2"
    assert run("programs", f"--output={tasks}", *drawn)[0] == 0
    rows = [json.loads(line) for line in tasks.read_text().splitlines()]
    short = [json.dumps(row | {"prompt": "Return 1.\n"}) + "\n" for row in rows]
    tasks.write_text("".join(short))

    def said(output, *words):
        asked = f"--data={tasks}", f"--output={tmp_path / output}", "--max_tokens=8"
        asked = *asked, f"--workdir={untrained_text}", "--temperature=1", "--samples=2"
        code, _, err = run("benchmark", "programs", *asked, *words)
        if code:
            return err
        answers = (tmp_path / output / "samples.jsonl").read_text().splitlines()
        return sorted(json.loads(one)["completion"] for one in answers)

    usual, one = said("usual"), said("one", "--seed=1")
    assert len({*usual, *one, *said("two", "--seed=2")}) == 12
    assert said("zero", "--seed=0") == usual and said("again", "--seed=1") == one
    sampling = Sampling(1.0, 1.0, 8)
    with local_model.opened(
        flags.parse(["main.py", "benchmark", f"--workdir={untrained_text}"]),
        sampling,
        1,
    ) as found:
        seeds = [
            zlib.crc32(f"{row['id']} {n}".encode()) for row in rows for n in (0, 1)
        ]
        tokens = encode_prompt("python", "Return 1.\n", found.run.tokenizer)
        before = [
            "".join(
                piece.text
                for piece in found.service.answer(Request(tokens, 8, 1.0, 1.0, seed))
            )
            for seed in seeds
        ]
    assert sorted(before) == usual
    kept = tmp_path / "usual" / "settings.json"
    settings = json.loads(kept.read_text())
    assert settings.pop("seed") == 0
    kept.write_text(json.dumps(settings))
    assert said("usual") == usual
    assert "was begun with seed 0, not 1: choose another" in said("usual", "--seed=1")
    assert "was begun with seed 1, not 0: choose another" in said("one")


@pytest.mark.parametrize(
    "languages, usual", [(("go", "rust"), "go"), (("go", "python"), "python")]
)
def test_what_is_no_program_is_asked_for_in_the_usual_language(
    taught, languages, usual
):
    workdir = taught(languages=languages)
    line = flags.parse(["main.py", "benchmark", f"--workdir={workdir}"])
    with local_model.opened(line, Sampling(0.0, 1.0, 6), 1) as found:
        said = [
            found.complete(Problem("1", language, {}), Prompt("Return x."), 0)
            for language in ("text", usual)
        ]
        assert said[0] == said[1]
        for asked in (found.available, lambda one: found.complete(one, Prompt(""), 0)):
            with pytest.raises(UserError, match="problems in java, but the run"):
                asked(Problem("1", "java", {}))
