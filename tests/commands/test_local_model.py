"""A run as a model under test."""

import json

import pytest

from commands import flags, local_model
from data_pipeline.schema import UserError
from eval.benchmarks.endpoint import Sampling
from eval.benchmarks.problem import Problem, Prompt


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
