"""The package swebench finds the same in the same logs.

It is not among our requirements: SWEBENCH_PYTHON names an interpreter that has it.
"""

import json
import os
import pathlib
import random
import subprocess
import sys

import pytest

from eval.benchmarks import samples
from eval.benchmarks.swebench import (
    benchmark,
    docker_harness,
    instances,
    logs,
    records,
    spec,
    verdict,
)
from eval.benchmarks.swebench.grading import END, EXIT_CODE, START

pytestmark = pytest.mark.slow
LOGS = 2000
_STATUSES = [*logs.STATUSES, "XPASS"]
_NAMES = [
    *("a.py::t", "b/c.py::T::m", "x.py::t[/tmp/a/b]", "x.py::t[//h/x]", "t[/a*b/c]"),
    *("x.py::t[a b]", "t[[x]]", "t[x]y", "t[MouseButton.LEFT-1]", "[100%]", "[2]"),
    *("t[a - b]", "é::ü", "test_a (app.T)", "test_z", " ", "", "t[/]", "t[]"),
    *("t[/x/y](z)", "\x1b[1mx\x1b[0m", "x - y", "test_x F", "__init__.py:3"),
]
_LINES = [
    *("{s} {n}", "{s} {n} - Err: x - y", "{n} {s}", "{n} {s} [ 50%]", "  {s} {n}"),
    *("{s}", "{s}\t{n}", "{s}ED {n}", "\x1b[32m{s}\x1b[0m {n}", "[32m{s}[0m {n}"),
    *("{n} {s}\x1b[0m", "SKIPPED [3] p.py:3: why", "SKIPPED [x] p.py", "{n} ... ok"),
    *("{n} ... OK", "{n} ...  OK", "{n} ... FAIL", "{n} ... ERROR", "{n} ... skipped"),
    *("{n} ... skipped 'why'", "{n} ... ", "{n} ... text", "ok", " ok", "okay"),
    *("FAIL: {n}", "ERROR: {n}", "FAIL:", "{n} ... a ... ok", "{n} ... FAIL ... ok"),
    *("{n} ... ok ... FAIL", "{n} ... ERROR ... ERROR", "x silenced).", "{n}"),
    *("--version is equivalent to version", "{n} --version is equivalent to version"),
    "Applying sites.0002_alter_domain_unique...test_no_migrations ({n}) ... ok",
    "Applying sites.0002_alter_domain_unique...test_no_migrations ... FAIL",
    "{n} ... Testing against Django installed in '/x' with up to 4 processes",
    "{n} ... System check identified no issues (0 silenced)",
    "{n} ... Internal Server Error: /a/b/",
    *("test_{n} ok", "test_{n} F", "test_{n} E", "test_{n} f", "test_x[{n}] ok"),
    *(
        "____ {n}.py:{n} ____",
        "_ a/b.py:test_c _",
        " x.py:y ",
        "___ a.py:b.py:c ___ __",
    ),
    *("{n} PASSED {n} PASSED ", "PASSED PASSED {n}", "{n}  PASSED  x", "", "\r"),
    *("{n}\r", "\x0b{s} {n}", "{s} {n}\u2028{s} q", "PASSED a.py::t\x0cFAILED b"),
    *("{s} MouseButton.RIGHT{n} MouseButton.LEFT", "FAILED MouseButton.RIGHT - x"),
]


@pytest.fixture(scope="module")
def python():
    found = os.environ.get("SWEBENCH_PYTHON", sys.executable)
    asked = subprocess.run([found, "-c", "import swebench"], capture_output=True)
    if asked.returncode:
        pytest.skip("the package swebench is not there: SWEBENCH_PYTHON=PYTHON")
    return found


@pytest.fixture(scope="module")
def theirs(python):
    def theirs(cases):
        done = subprocess.run(
            [python, pathlib.Path(__file__).with_name("theirs.py")],
            input=json.dumps(cases),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    return theirs


def some_log(draw):
    def line():
        name = draw.choice(_NAMES) + draw.choice(["", str(draw.randrange(5))])
        return draw.choice(_LINES).format(s=draw.choice(_STATUSES), n=name)

    return "\n".join(line() for _ in range(draw.randrange(14)))


def test_parsers_find_the_same(theirs):
    draw = random.Random(0)
    cases = [
        {"do": "statuses", "parser": name, "log": some_log(draw)}
        for name in sorted(logs._NAMED)
        for _ in range(LOGS)
    ]
    found = theirs(cases)
    assert sum(map(bool, found)) > len(found) / 2
    for case, answer in zip(cases, found, strict=True):
        ours = logs.parser("", case["parser"])(case["log"])
        if answer == "IndexError":  # told in the docstring of `logs`
            assert "django" in case["parser"] and ":" in case["log"]
        else:
            assert ours == answer, case


def test_repositories_have_the_parsers_that_they_have(python):
    ask = (
        "import json\nfrom swebench.harness.log_parsers.python import *\n"
        "print(json.dumps({k: v.__name__ for k, v in MAP_REPO_TO_PARSER_PY.items()}))"
    )
    done = subprocess.run([python, "-c", ask], capture_output=True, check=True)
    ours = {name: f"parse_log_{one.__name__}" for name, one in logs.PARSERS.items()}
    assert ours == json.loads(done.stdout)


def row(parser):
    return {
        "instance_id": "one",
        "repo": "owner/name",
        "version": "1",
        "base_commit": "0" * 40,
        "problem_statement": "",
        "patch": "",
        "image": "x",
        "log_parser": parser,
        "eval_type": "pass_and_fail",
        "eval_script": f"#!/bin/bash\nset -uxo pipefail\n: '{START}'\nb\n: '{END}'\n",
    }


def test_whole_logs_are_graded_the_same(theirs, tmp_path):
    draw, cases = random.Random(1), []
    around = [
        *("", "", "", "", f"\n{EXIT_CODE}: 0\n", f"\n{EXIT_CODE}: 1\n", START, END),
        *(">>>>> Patch Apply Failed", ">>>>> Tests Timed Out", ">>>>> Reset Failed"),
    ]
    for name in sorted(logs._NAMED):
        for _ in range(LOGS // 10):
            inside = some_log(draw).replace("FAIL:", "").replace("ERROR:", "")
            known = logs.parser("", name)(inside)
            good = [test for test, how in known.items() if how in ("PASSED", "XFAIL")]
            any_of = [*known, *_NAMES, "t[a"]
            tests = [
                draw.choice(good if good and draw.random() < 0.9 else any_of)
                for _ in range(4)
            ]
            text = f"{START}\n{inside}\n{END}"
            text = draw.choice(around) + text + draw.choice(around)
            if draw.random() < 0.2:
                text = f"{inside}\n{START}\n{END}\n"
            lists = [sorted({*tests[:2]}), sorted({*tests[2 : draw.randrange(2, 5)]})]
            both = dict(zip(("FAIL_TO_PASS", "PASS_TO_PASS"), lists, strict=True))
            cases.append({"do": "report", "log": text, "row": row(name) | both})
    found = theirs(cases)
    assert 0.05 < sum(one["one"]["resolved"] for one in found) / len(found) < 0.95
    for number, (case, answer) in enumerate(zip(cases, found, strict=True)):
        folder = tmp_path / f"{number}" / "one"
        folder.mkdir(parents=True)
        (folder / records.LOG).write_text(case["log"], encoding="utf-8")
        (folder / records.REPORT).write_text(json.dumps(answer))
        data = folder / "data.jsonl"
        data.write_text(json.dumps(case["row"]) + "\n")
        ((instance, one),) = instances.load(data)
        graded = verdict.grade(instance, one, records.Record(folder))
        assert graded.passed == answer["one"]["resolved"], (case, graded)
        assert verdict.DISAGREES not in graded.detail, (case, graded)


def test_script_is_theirs(theirs):
    one = row("parse_log_pytest") | {"FAIL_TO_PASS": "[]", "PASS_TO_PASS": "[]"}
    cases = [{"do": "script", "row": one}]
    cases.append({"do": "script", "row": one | {"eval_script": "true\n"}})
    assert theirs(cases) == [spec.of(case["row"]).script for case in cases]


def test_command_line_is_read_by_their_parser(python, tmp_path):
    line = docker_harness.command(
        python,
        instances=tmp_path / "i.jsonl",
        predictions=tmp_path / "p.jsonl",
        run="sample-0",
        workers=3,
        seconds=60,
    )
    spy = (
        "import argparse, json, runpy, sys\n"
        "whole = argparse.ArgumentParser.parse_args\n"
        "def read(self):\n    print(json.dumps(vars(whole(self))))\n    sys.exit(0)\n"
        "argparse.ArgumentParser.parse_args = read\n"
        "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)\n"
    )
    done = subprocess.run(
        [python, "-c", spy, *line[2:]], capture_output=True, text=True, check=True
    )
    read = json.loads(done.stdout)
    told = {
        "dataset_name": str(tmp_path / "i.jsonl"),
        "predictions_path": str(tmp_path / "p.jsonl"),
        "run_id": "sample-0",
        "max_workers": 3,
        "timeout": 60,
        "split": "test",
        "report_dir": ".",
        "modal": False,
        "rewrite_reports": False,
        "instance_ids": None,
    }
    assert {name: read[name] for name in told} == told


def test_instances_and_predictions_are_read_by_their_harness(python, tmp_path):
    data = tmp_path / "data.jsonl"
    data.write_text(json.dumps(row("parse_log_pytest") | {"more": "é\u2028"}) + "\n")
    suite = benchmark.load(data)
    rows = tmp_path / "instances.jsonl"
    docker_harness.write_instances(rows, suite.problems)
    texts = ["<patch>\n+é\n</patch>", ""]
    answers = [
        samples.Sample("one", index, "", text, "a/model", 0.0)
        for index, text in enumerate(texts)
    ]
    suite.prepare(answers, tmp_path, None, lambda done, total: None)
    ask = (
        "import json, sys\nfrom swebench.harness.utils import *\n"
        "print(json.dumps([load_swebench_dataset(sys.argv[1]), "
        "*(get_predictions_from_file(path, '', '') for path in sys.argv[2:])]))"
    )
    names = [benchmark.PREDICTIONS, "predictions-1.jsonl"]
    paths = [str(pathlib.Path(tmp_path, name)) for name in names]
    done = subprocess.run(
        [python, "-c", ask, str(rows), *paths],
        capture_output=True,
        text=True,
        check=True,
    )
    one = {"instance_id": "one", "model_name_or_path": "a/model"}
    assert json.loads(done.stdout) == [
        [suite.problems[0].row],
        [one | {"model_patch": "+é\n"}],
        [one | {"model_patch": ""}],
    ]
