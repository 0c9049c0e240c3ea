"""`benchmark swebench`: predictions, logs made elsewhere, containers, Docker."""

import json

import pytest

from commands import commit
from data_pipeline.schema import UserError
from eval.benchmarks.swebench import docker_harness, records
from eval.benchmarks.swebench.grading import END, START
from eval.sandbox import tiers
from tests.eval.benchmarks.swebench import testbed


@pytest.fixture(autouse=True)
def confined(monkeypatch, tmp_path):
    if all(tiers.probe()[tier] for tier in (1, 2)):
        pytest.skip("programs cannot be confined here")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(commit, "HOME", tmp_path)  # that of the code may change


@pytest.fixture
def bench(run, tmp_path):
    """Runs the command: exit code, both outputs, and the report if there is one."""

    def bench(rows, *words, output="out"):
        data, output = tmp_path / "lite.jsonl", tmp_path / output
        data.write_text("".join(json.dumps(row) + "\n" for row in rows))
        code, out, err = run(
            "benchmark", "swebench", f"--data={data}", f"--output={output}", *words
        )
        report = output / "report.json"
        return code, out, err, json.loads(report.read_text()) if code == 0 else None

    return bench


@pytest.fixture
def bed(tmp_path):
    return testbed.make(tmp_path / "words")


def test_predictions_are_left_and_logs_of_them_graded(bench, bed, tmp_path):
    rows = [bed.row | {"instance_id": f"owner__words-{n}"} for n in range(3)]
    code, out, err, report = bench(rows, "--gold")
    assert code == 0, err
    assert report["benchmark"] == "SWE-bench (proxies, no tests run)"
    assert report["kinds"] == {"not run": 3} and report["pass_at_k"] == []
    assert report["proxies"]["proxy_similarity"] == 1.0
    assert "No test was run. Proxies of 3 patches, 0 of them malformed" in out
    assert "similarity to the gold patch 1.000, recall of its files 1.000, part" in out
    assert "- 3 samples: The tests need the authors' images.\n" in out
    predictions = tmp_path / "out" / "predictions.jsonl"
    assert [json.loads(line) for line in predictions.read_text().splitlines()] == [
        {
            "instance_id": row["instance_id"],
            "model_name_or_path": "gold",
            "model_patch": testbed.GOLD,
        }
        for row in rows
    ]

    logs = tmp_path / "logs"
    for number, status in enumerate(("PASSED", "FAILED")):
        folder = logs / "run_evaluation" / "run" / "gold" / f"owner__words-{number}"
        folder.mkdir(parents=True)
        tests = f"{status} {testbed.FAILS}\nPASSED {testbed.PASSES}\n"
        (folder / records.LOG).write_text(f"{START}\n{tests}{END}\n")
        (folder / records.PATCH).write_text(testbed.GOLD)
        theirs = {f"owner__words-{number}": {"resolved": True}}
        (folder / records.REPORT).write_text(json.dumps(theirs))
    words = (f"--completions={predictions}", f"--logs={logs}")
    code, out, err, report = bench(rows, *words, output="graded")
    assert code == 0, err
    assert report["kinds"] == {"passed": 1, "wrong answer": 1, "not run": 1}
    assert report["pass_at_k"][0]["value"] == 0.5
    (missing,) = report["not_run"]
    assert missing["problem"] == "owner__words-2" and "no log of" in missing["reason"]
    elsewhere, differs = report["notes"]
    assert "No test was run" in elsewhere and "made elsewhere" in out
    assert differs.endswith("for 1: owner__words-1.") and differs in out
    again = (tmp_path / "graded" / "predictions.jsonl").read_text()
    assert again.replace("predictions.jsonl", "gold") == predictions.read_text()


@pytest.mark.slow
def test_containers_run_each_patch_once(bench, bed, tmp_path):
    pytest.importorskip("swerex", reason="swe-rex is not installed")
    if tiers.probe()[1]:
        pytest.skip("bubblewrap makes no container here")
    fleet = tmp_path / "fleet.json"
    words = ("--gold", "--harness=swe-rex", f"--containers={fleet}")
    with testbed.container(bed, tmp_path / "container") as machine:
        fleet.write_text(json.dumps([machine]))
        code, out, err, report = bench([bed.row], *words)
    assert code == 0, err
    assert report["kinds"] == {"passed": 1}
    assert "in containers through swe-rex" in report["benchmark"]
    assert report["seconds_per_sample"]["longest"] > 0
    # The container is gone, and nobody asks for it.
    assert bench([bed.row], *words) == (0, out, err, report)
    words = ("--empty", *words[1:])
    code, out, err, report = bench([bed.row], *words, output="empty")
    assert report["kinds"] == {"malformed": 1}


def test_docker_that_is_not_there_is_one_sentence(bench, bed):
    try:
        docker_harness.version("python3")
        pytest.skip("the authors' harness can run here")
    except UserError as error:
        told = str(error)
    words = ("--gold", "--harness=docker", "--harness_python=python3")
    code, out, err, _ = bench([bed.row], *words)
    assert code == 2 and told in err and err.count("\n") == 1
    code, out, err, _ = bench([bed.row], "--gold", "--test_timeout=0")
    assert code == 2 and "--test_timeout is '0'" in err
