"""The tests of an instance, run for real: a repository of our own in a container that
bubblewrap makes, with swe-rex's server in it."""

import json
import subprocess

import pytest

pytest.importorskip("swerex", reason="swe-rex is not installed")

from data_pipeline.schema import UserError
from eval.benchmarks import problem, samples
from eval.benchmarks.problem import Kind
from eval.benchmarks.swebench import benchmark, container, instances, records
from eval.sandbox import tiers
from tests.eval.benchmarks.swebench import testbed

WRONG = testbed.GOLD.replace("[0]", "[2]")
# Its lines are elsewhere now, which `patch --fuzz` alone does not mind.
SHIFTED = testbed.GOLD.replace("@@ -1,", "@@ -3,").replace(
    " def first(text):\n", " def first(words):\n"
)


@pytest.fixture(scope="module")
def bed(tmp_path_factory):
    if tiers.probe()[tiers.Tier.NAMESPACES]:
        pytest.skip("bubblewrap makes no container here")
    return testbed.make(tmp_path_factory.mktemp("testbed") / "words")


@pytest.fixture
def tried(bed, tmp_path):
    """Runs a patch in a fresh container; gives its grade, and the record."""

    def tried(patch, change=(), timeout=60, before=""):
        number = len(list(tmp_path.iterdir()))
        output, data = tmp_path / f"{number}", tmp_path / f"{number}.jsonl"
        output.mkdir()
        data.write_text(json.dumps(bed.row | dict(change)) + "\n")
        with testbed.container(bed, output / "testbed") as machine:
            fleet = output / "fleet.json"
            fleet.write_text(json.dumps([machine]))
            suite = benchmark.load(data, None, "swe-rex", fleet, None, timeout)
            assert "swe-rex" in suite.name
            if before:
                told(suite, before, output)
            told(suite, patch, output)
        (one,) = suite.problems
        found = list((output / "logs").rglob(one.id))
        return suite.grade(one, patch, None), found and records.Record(found[-1])

    return tried


def told(suite, patch, output):
    text = instances.tagged(patch)
    sample = samples.Sample(suite.problems[0].id, 0, "", text, "model", 0.0)
    suite.prepare([sample], output, None, lambda done, total: None)


def test_gold_patch_passes_where_the_tests_failed_before(tried):
    graded, record = tried(testbed.GOLD)
    assert graded.kind == Kind.PASSED, (graded, record.log)
    assert "RESOLVED_FULL: FAIL_TO_PASS 1 of 1, PASS_TO_PASS 1 of 1." in graded.detail
    assert graded.seconds > 0
    assert record.patch == testbed.GOLD
    assert ">>>>> Test Exit Code: 0" in record.log


@pytest.mark.slow
def test_patch_that_mends_nothing_fails(tried):
    graded, record = tried(WRONG)
    assert graded.kind == Kind.WRONG_ANSWER
    counts = "RESOLVED_NO: FAIL_TO_PASS 0 of 1, PASS_TO_PASS 1 of 1."
    assert graded.detail == f"{counts} Not: {testbed.FAILS}."
    assert "IndexError" in record.log and ">>>>> Test Exit Code: 1" in record.log


@pytest.mark.slow
def test_patch_is_applied_as_the_authors_do(tried):
    graded, record = tried(SHIFTED)
    assert graded.kind == Kind.PASSED, record.log
    said = (record.path / records.RUN).read_text()
    assert "error: patch failed: words.py:" in said and "with fuzz" in said
    graded, record = tried(testbed.GOLD.replace("text[1]", "text[7]"))
    assert graded.kind == Kind.MALFORMED and record.log is None and record.refused


@pytest.mark.slow
def test_tests_that_take_too_long_are_out_of_time(tried, bed):
    slow = bed.row["eval_script"].replace("\n: '>>>>> End", "\nsleep 60\n: '>>>>> End")
    graded, record = tried(testbed.GOLD, {"eval_script": slow}, timeout=5)
    assert graded.kind == Kind.TIME_LIMIT
    assert record.log.endswith("Timeout error: 5 seconds exceeded.")


@pytest.mark.slow
def test_what_tests_leave_running_does_not_hold_the_log_up(tried, bed):
    left = bed.row["eval_script"].replace(
        "\n: '>>>>> End", "\nsetsid sleep 300 &\n: '>>>>> End"
    )
    graded, record = tried(testbed.GOLD, {"eval_script": left}, timeout=30)
    assert graded.kind == Kind.PASSED, record.log


@pytest.mark.slow
def test_tests_that_end_the_server_are_out_of_time(tried, bed, monkeypatch):
    monkeypatch.setattr(container, "_SHORT_SECONDS", 3)
    deadly = bed.row["eval_script"].replace(
        "\n: '>>>>> End",
        "\nfor one in /proc/[0-9]*; do\n"
        "grep -q swerex.server $one/cmdline && kill -9 ${one#/proc/}\ndone\n"
        ": '>>>>> End",
    )
    graded, record = tried(testbed.GOLD, {"eval_script": deadly}, timeout=5)
    assert graded.kind == Kind.TIME_LIMIT


@pytest.mark.slow
def test_log_without_end_is_cut(tried, bed):
    endless = bed.row["eval_script"].replace("\n: '>>>>> End", "\nyes\n: '>>>>> End")
    graded, record = tried(testbed.GOLD, {"eval_script": endless}, timeout=30)
    assert graded.kind == Kind.RUNTIME_ERROR
    assert len(record.log) == 64 * 1024 * 1024


@pytest.mark.slow
def test_container_that_is_not_fresh_or_another_s_is_refused(tried):
    graded, record = tried(WRONG, before=testbed.GOLD)
    assert graded.kind == Kind.NOT_RUN and "has been used before" in graded.detail
    graded, record = tried(testbed.GOLD, {"base_commit": "0" * 40})
    assert graded.kind == Kind.NOT_RUN and "has another repository" in graded.detail


def test_what_cannot_be_run_is_not_run(bed, tmp_path):
    fleet, data = tmp_path / "fleet.json", tmp_path / "data.jsonl"
    nobody = {
        "type": "remote",
        "host": "http://127.0.0.1",
        "port": 9,
        "auth_token": "secret",
    }
    fleet.write_text(json.dumps([nobody]))
    rows = [bed.row, {**bed.row, "instance_id": "older-1"}]
    del rows[1]["eval_script"]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    suite = benchmark.load(data, None, "swe-rex", fleet)
    first, older = suite.problems
    told(suite, testbed.GOLD, tmp_path)
    graded = suite.grade(first, testbed.GOLD, None)
    assert graded.kind == Kind.NOT_RUN and "no server of swe-rex" in graded.detail
    graded = suite.grade(older, testbed.GOLD, None)
    assert graded.kind == Kind.NOT_RUN and "no `eval_script`" in graded.detail
    told(suite, "", tmp_path)
    assert suite.grade(first, "", None) == problem.Grade(
        Kind.MALFORMED, "There is no patch."
    )
    halved = testbed.GOLD + "\ud800"
    told(suite, halved, tmp_path)
    assert suite.grade(first, halved, None).kind == Kind.MALFORMED


def test_tests_of_strangers_need_a_container(bed, tmp_path):
    fleet, data = tmp_path / "fleet.json", tmp_path / "data.jsonl"
    data.write_text(json.dumps(bed.row) + "\n")
    fleet.write_text('[{"type": "local"}]')
    with pytest.raises(UserError, match='"local" is no container'):
        benchmark.load(data, None, "swe-rex", fleet)
    engine = "podman"
    try:
        subprocess.run([engine, "--version"], capture_output=True, check=True)
    except OSError:
        fleet.write_text(f'[{{"type": "docker", "container_runtime": "{engine}"}}]')
        with pytest.raises(UserError, match=f"{engine} is not installed"):
            benchmark.load(data, None, "swe-rex", fleet)
