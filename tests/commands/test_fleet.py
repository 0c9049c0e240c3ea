"""`benchmark` and `doctor` on a fleet: a real server of swe-rex on this machine."""

import json

import pytest

from eval.sandbox import tiers
from tests.eval.benchmarks import rows
from tests.eval.sandbox import machines

WRONG = "    return None"


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    if all(tiers.probe()[tier] for tier in (1, 2)):
        pytest.skip("programs cannot be confined here")
    with machines.serving(1, tmp_path_factory.mktemp("cache")) as found:
        yield found


@pytest.fixture
def fleet(servers, tmp_path):
    return machines.written(tmp_path, [servers[0].entry])


@pytest.mark.slow
def test_grades_are_those_of_this_machine(run, fleet, servers, tmp_path):
    """Of programs that two languages run, right and wrong ones and none."""
    found = [rows.row("javascript"), rows.row("python")]
    data = tmp_path / "data.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in found))
    answers = [row["canonical_solution"] for row in found] + [WRONG, ""] * 2
    completions = tmp_path / "completions.jsonl"
    completions.write_text(
        "".join(
            json.dumps({"task_id": row["task_id"], "completion": answer}) + "\n"
            for row in found
            for answer in answers
        )
    )
    words = ["benchmark", "humaneval_x", f"--data={data}"]
    words += [f"--completions={completions}", "--k=1"]
    reports = []
    for name, more in (("here", []), ("there", [f"--fleet={fleet}"])):
        code, out, err = run(*words, f"--output={tmp_path / name}", *more)
        assert code == 0, err
        assert machines.TOKEN not in out + err
        text = (tmp_path / name / "report.json").read_text()
        assert machines.TOKEN not in text
        reports.append(json.loads(text))
    here, there = reports
    assert there["isolation"].startswith(
        f"tier 4: swe-rex remote (127.0.0.1:{servers[0].port}), inside tier "
    )
    assert here["kinds"] == there["kinds"] and len(here["kinds"]) > 2
    for field in ("kinds_by_language", "pass_at_k", "toolchains"):
        assert here[field] == there[field]


@pytest.mark.slow
def test_doctor_looks_at_the_machines(run, fleet):
    code, out, err = run("doctor", f"--fleet={fleet}")
    assert (code, err) == (0, "") and "tier 4: swe-rex remote (127.0.0.1:" in out
    python = next(line for line in out.splitlines() if line.startswith("Python"))
    assert len(python.split()) == 5 and "." in python.split()[4]


def test_mistake_in_the_file_is_one_sentence(run, tmp_path):
    code, out, err = run("doctor", f"--fleet={tmp_path / 'none.json'}")
    assert code == 2 and err.count("\n") == 1 and "none.json cannot be read" in err
