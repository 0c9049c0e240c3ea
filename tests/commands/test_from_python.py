"""A run in a notebook: the lines of README.md, and what they say of mistakes."""

import json
import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

import hrm_jax
from commands import flags
from commands.text_run import TextRun
from data_pipeline.schema import UserError
from hrm_jax import predictor

README = pathlib.Path(__file__).parent.parent.parent / "README.md"
PUZZLES = ["1..4..1..32....1", "1...34.....32..1"]


def test_the_lines_of_the_readme(trained, capsys):
    """On a run of smaller boards, and a smaller preset."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    code = "".join(blocks).replace("runs/demo", str(trained))
    code = re.sub(r'"[0-9.]{81}"', repr(PUZZLES[0]), code)
    names = {}
    exec(code.replace('"hrm"', '"tiny"'), names)
    assert f"Solution(puzzle={PUZZLES[0]!r}" in capsys.readouterr().out
    assert names["output"].logits.shape == (2, 81, names["model"].vocab_size)


def test_it_solves_as_the_command_does(trained, run):
    code, out, _ = run("solve", f"--workdir={trained}", "--json", *PUZZLES)
    assert code == 0
    found = hrm_jax.load(trained).solve(PUZZLES)
    for line, solution in zip(out.splitlines(), found, strict=True):
        told = json.loads(line)
        assert round(solution.confidence, 4) == told.pop("confidence")
        told.pop("source"), told.pop("valid")
        assert told == {name: getattr(solution, name) for name in told}
    assert hrm_jax.load(trained).solve([]) == []


def test_the_best_or_the_last_checkpoint_is_loaded(trained):
    last = hrm_jax.load(str(trained), latest=True)
    assert last.step == 120 and last.config.train.steps == 120 and not last.complaints
    assert hrm_jax.load(trained).step in (60, 120)
    assert last.task.name == "4x4 Sudoku"


def test_mistakes_are_told_in_a_sentence(trained, untrained_text, tmp_path):
    with pytest.raises(UserError, match="Puzzle 2 has 3 characters .* a 4x4 Sudoku"):
        hrm_jax.load(trained).solve([PUZZLES[0], "123"])
    with pytest.raises(UserError, match="writes no text"):
        hrm_jax.load(trained).generate(["a"])
    with pytest.raises(UserError, match="which is text"):
        hrm_jax.load(untrained_text).solve(PUZZLES)
    with pytest.raises(UserError, match="not learned cobol: choose of .*python, rust"):
        hrm_jax.load(untrained_text).generate(["a"], language="cobol")
    with pytest.raises(UserError, match="holds no run"):
        hrm_jax.load(tmp_path)


def test_it_writes_as_the_command_does(untrained_text, run):
    words = ("--json", "--max_tokens=9", "a", "bc")
    code, out, _ = run("generate", f"--workdir={untrained_text}", *words)
    assert code == 0
    told = {one["prompt"]: one["text"] for one in map(json.loads, out.splitlines())}
    found = hrm_jax.load(untrained_text).generate(["a", "bc"], max_tokens=9)
    assert found == [told["a"], told["bc"]]
    assert hrm_jax.load(untrained_text).generate([]) == []


def test_weights_are_summed_once(untrained_text, monkeypatch):
    asked = []
    monkeypatch.setattr(predictor, "sha256", lambda one: asked.append(one) or "abc")
    line = flags.parse(["main.py", "generate", f"--workdir={untrained_text}"])
    text_run = TextRun.of(line)
    assert text_run.sha256 == "abc" and "(abc)" in text_run.name
    assert len(asked) == 1


def test_a_library_does_not_print(trained, capsys, tmp_path):
    workdir = tmp_path / "run"
    shutil.copytree(trained, workdir)
    for path in (workdir / "checkpoints" / "120").rglob("*"):
        if path.is_file() and path.name != "metrics":
            path.write_bytes(b"")
    found = hrm_jax.load(workdir, latest=True)
    assert found.step == 60 and "step 120 cannot be read" in found.complaints[0]
    assert capsys.readouterr().err == ""
    assert np.isfinite(found.weights.variables.params["halt_head"]["bias"]).all()


def test_importing_it_is_cheap():
    code = "import sys, hrm_jax; assert 'jax' not in sys.modules; dir(hrm_jax)"
    subprocess.run([sys.executable, "-c", code], cwd=README.parent, check=True)
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        _ = hrm_jax.lod
