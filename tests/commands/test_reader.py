"""What reads answers along takes nothing that is about writing them."""

import json
import re

import pytest

from commands import flags, overrides
from commands.reader import Reader
from commands.text_run import TextRun
from hrm_jax import saved_config
from tests.data_pipeline.text.corpus.made import source, write

FIELDS = (
    "evaluation.early_halting=true",
    "evaluation.drafts=4",
    "model.shared_cache=true",
)


@pytest.mark.parametrize("field", FIELDS)
def test_what_is_about_writing_is_refused(untrained_text, run, field):
    words = f"--workdir={untrained_text}", f"--config.{field}"
    code, out, err = run("evaluate", *words)
    name = field.replace("=", " is ")
    assert (code, out) == (2, "") and err.count("\n") == 1
    assert err.startswith(f"{name}, but it is about answers that a run")
    assert "`benchmark`, `generate` and `serve` take it." in err


@pytest.mark.parametrize("field", FIELDS)
def test_a_run_that_was_trained_with_it_is_read(taught, field):
    workdir = taught()
    config = saved_config.load(workdir)
    overrides.override(config, *field.split("="))
    content = json.dumps(saved_config.plain(config))
    (workdir / saved_config.CONFIG_FILE).write_text(content)
    given = f"--config.{field}"
    for words in ([], [given]):
        line = flags.parse(["main.py", "evaluate", f"--workdir={workdir}", *words])
        assert Reader(TextRun.of(line)).at_once > 0


def test_languages_that_a_run_has_not_learned_are_told(taught, run, tmp_path):
    for language, suffix in (("go", "go"), ("python", "py")):
        for number in range(4):  # of which most are to be trained on
            files = {f"{number}.{suffix}": source(language, number)}
            write(tmp_path / "corpus", files)
    counts = {"num_train": 0, "num_validation": 0, "num_test": 0}
    data = {"corpus": (str(tmp_path / "corpus"),), "directory": str(tmp_path / "data")}
    workdir = taught(dataset="corpus", languages=("python",), **counts | data)
    words = "grade", f"--workdir={workdir}", f"--output={tmp_path / 'grades.json'}"
    code, out, err = run(*words)
    assert code == 0 and "examples graded" in out and "guess" not in out, err
    code, out, err = run(*words, "--config.data.languages=go,python")
    assert code == 0, err
    assert re.search(r"run in \S*taught has never learned go: it can but guess", out)
