"""The authors' harness is started as it wants; its absence is one sentence."""

import json
import sys

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks import samples
from eval.benchmarks.problem import Kind, Problem
from eval.benchmarks.swebench import (
    benchmark,
    docker_harness,
    spec,
    verdict,
)
from eval.benchmarks.swebench.grading import END, START

ROW = {"image": "swebench/x:latest", "eval_script": f"#!/bin/bash\nt\n: '{END}'\nend\n"}


@pytest.fixture
def python(tmp_path):
    """An interpreter that answers what it is told to."""

    def python(script):
        path = tmp_path / "python"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return python


@pytest.mark.parametrize(
    "script, told",
    [
        ("exit 3", "needs the package swebench"),
        ("echo Traceback >&2; echo Docker is down >&2; exit 1", "Docker is down"),
        ("exit 1", "it says nothing"),
    ],
)
def test_what_is_missing_is_one_sentence(python, script, told):
    with pytest.raises(UserError, match=told) as caught:
        docker_harness.version(python(script))
    assert "\n" not in str(caught.value)


def test_real_interpreter_is_asked():
    with pytest.raises(UserError, match="cannot be started"):
        docker_harness.version("/no/python")
    try:
        found = docker_harness.version(sys.executable)
    except UserError as error:
        assert "swebench" in str(error) or "Docker" in str(error)
    else:
        assert found.count(".") == 2


def test_rows_tell_version_5_what_it_needs():
    whole, older = Problem("a", "python", ROW), Problem("b", "python", {})
    docker_harness.check([whole, older], "4.1.0")
    docker_harness.check([whole], "5.0.2")
    with pytest.raises(UserError, match="b: The row has no `image`.*swebench==4.1.0"):
        docker_harness.check([whole, older], "5.0.2")


def test_harness_runs_in_its_folder_and_its_failure_is_told(python, tmp_path):
    line = docker_harness.command(
        python("echo said; echo x > here; case $* in *bad*) exit 7;; esac"),
        instances=tmp_path / "i.jsonl",
        predictions=tmp_path / "p.jsonl",
        run="sample-0",
        workers=2,
        seconds=60,
    )
    folder = tmp_path / "out"
    folder.mkdir()
    docker_harness.run(line, folder)
    assert (folder / "here").exists()
    assert (folder / "harness.log").read_text() == "said\n"
    with pytest.raises(UserError, match="ended with code 7"):
        docker_harness.run([*line, "bad"], folder)


RUNS = f"""\
[ "$1" = -c ] && echo 5.0.2 && exit
for word; do case $word in --run_id=*) run=${{word#*=}};; esac; done
folder=logs/run_evaluation/$run/a__model/one
mkdir -p $folder && cd $folder
printf "{START}\\nPASSED t.py::one\\n{END}\\n" > test_output.txt
[ $run = sample-0 ] && printf "first" > patch.diff || printf "second" > patch.diff
echo '{{"one": {{"resolved": false}}}}' > report.json
"""


def test_each_sample_is_a_run_whose_logs_are_graded(python, tmp_path):
    """The interpreter leaves what the harness would, for want of Docker."""
    row = ROW | {
        "instance_id": "one",
        "repo": "psf/requests",
        "base_commit": "0" * 40,
        "problem_statement": "It breaks.",
        "patch": "first",
        "FAIL_TO_PASS": '["t.py::one"]',
        "PASS_TO_PASS": "[]",
    }
    data, output = tmp_path / "lite.jsonl", tmp_path / "out"
    data.write_text(json.dumps(row) + "\n")
    output.mkdir()
    suite = benchmark.load(data, harness="docker", harness_python=python(RUNS))
    assert "by the authors' harness in Docker" in suite.name
    texts = ("first", "second", "")
    answers = [
        samples.Sample("one", index, "", text, "a/model", 0.0)
        for index, text in enumerate(texts)
    ]
    done = []
    suite.prepare(answers, output, 3, lambda *told: done.append(told))
    assert done[-1] == (2, 2)
    for index, text in enumerate(texts[:2]):
        one = json.loads((output / f"patches-{index}.jsonl").read_text())
        assert tuple(one.values()) == ("one", "a/model", text)
        rows = (output / f"instances-{index}.jsonl").read_text()
        assert json.loads(rows) == row
    (problem,) = suite.problems
    grades = {("one", n): suite.grade(problem, t, None) for n, t in enumerate(texts)}
    kinds = [grade.kind for grade in grades.values()]
    assert kinds == [Kind.PASSED, Kind.PASSED, Kind.MALFORMED]
    (note,) = suite.notes(grades, {})
    assert note.startswith(verdict.DISAGREES) and note.endswith("for 1: one.")
    assert suite.grade(problem, "third", None).kind == Kind.NOT_RUN


def test_script_tells_the_exit_code_of_the_tests():
    found = spec.of(ROW)
    assert found.image == ROW["image"]
    assert found.script == (
        "#!/bin/bash\nset -uxo pipefail\nt\nSWEBENCH_TEST_EXIT_CODE=$?\n"
        f": '{END}'\necho \">>>>> Test Exit Code: $SWEBENCH_TEST_EXIT_CODE\"\nend\n"
    )
    named = {"image_name": "y", "eval_script": "true", "image_assets": '{"patch": []}'}
    assert spec.of(named).script == "#!/bin/bash\nset -uxo pipefail\ntrue\n"


@pytest.mark.parametrize(
    "row, told",
    [
        ({"eval_script": "true"}, "no `image`"),
        ({"image": "x", "eval_script": " "}, "no `eval_script`"),
        (ROW | {"image_assets": '{"patch": [{"path": "a.png"}]}'}, "`image_assets`"),
    ],
)
def test_row_that_says_too_little_has_no_spec(row, told):
    with pytest.raises(spec.NoSpec, match=told):
        spec.of(row)


def test_rows_are_written_whole(tmp_path):
    path = tmp_path / "rows.jsonl"
    docker_harness.write_instances(path, [Problem("a", "python", ROW)])
    assert [json.loads(line) for line in path.read_text().splitlines()] == [ROW]
