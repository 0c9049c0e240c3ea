"""Tasks as problems for a search: public tests, probes and repairs, really run."""

import json

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks import challenges, hidden
from eval.benchmarks.challenge import Challenge
from eval.benchmarks.hidden import Program
from eval.benchmarks.problem import Kind
from eval.benchmarks.synthetic import rows


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    def loaded(*wanted):
        path = tmp_path_factory.mktemp("tasks") / "tasks.jsonl"
        count = 2 * len(wanted)
        rows.save(list(rows.generate("test", 0, count, wanted, ["python"], 1)), path)
        return challenges.load("programs", path)[1]

    return loaded


def test_solutions_pass_and_others_are_told_what_fails(loaded, strongest):
    for challenge in loaded("write", "repair"):
        assert isinstance(challenge, Challenge)
        row = challenge.problem.row
        right = challenge.extract(row["response"])
        found = challenge.public(right, strongest)
        assert found.kind == Kind.PASSED and len(found.passed) == challenge.public_tests
        assert challenge.failure(found) is None
        head = next(
            line for line in right.split("\n") if line.startswith(f"def {row['name']}")
        )
        wrong = f"{head}\n    return 'nothing of this'\n"
        found = challenge.public(wrong, strongest)
        failure = challenge.failure(found)
        assert f"returned {found.results[0]}, expected " in failure
        asked = challenge.repair_prompt(wrong, failure)
        first = row["prompt"].partition("\n")[0]
        assert asked == f"{first}\n{wrong}This is wrong: {failure}\n"
        raises = f"{head}\n    return 1 // 0\n"
        found = challenge.public(raises, strongest)
        assert "returned no value, expected " in challenge.failure(found)
        assert challenge.failure(challenge.public("def", strongest)) is None


def test_probes_tell_behaviours_apart(loaded, strongest):
    challenge = loaded("write")[0]
    row = challenge.problem.row
    right = challenge.extract(row["response"])
    found = challenge.probe(right, strongest)
    assert found == challenge.probe(f"{right}\n# the same\n", strongest)
    assert len(found) > 10
    head = right.partition("\n")[0]
    assert challenge.probe(f"{head}\n    return 0\n", strongest) != found
    halves = f"{head}\n    return 0 if time.time() else 0\n"
    assert challenge.probe(halves, strongest) == ()
    assert challenge.probe("def", strongest) == ()


def test_hidden_tests_are_run_once_a_program(loaded, strongest, tmp_path):
    challenge = loaded("write")[0]
    right = challenge.extract(challenge.problem.row["response"])
    wanted = {
        Program(challenge.id, "right"): (challenge, right),
        Program(challenge.id, "none"): (challenge, ""),
    }
    path = tmp_path / "grades.jsonl"
    found = hidden.grades(wanted, strongest, path)
    assert [grade.kind for grade in found.values()] == [Kind.PASSED, Kind.MALFORMED]
    lines = path.read_text()
    assert hidden.grades(wanted, strongest, path).keys() == found.keys()
    assert path.read_text() == lines
    untold = json.loads(lines.splitlines()[0]) | {"kind": "not run"}
    path.write_text(json.dumps(untold) + "\n")  # where there was no Python
    assert hidden.grades(wanted, strongest, path).keys() == found.keys()
    again = hidden.grades(wanted, strongest, path)
    assert [grade.kind for grade in again.values()] == [Kind.PASSED, Kind.MALFORMED]
    path.write_text("{}\n")
    with pytest.raises(UserError, match="grades.jsonl:1 is no grade"):
        hidden.grades(wanted, strongest, path)


def test_what_cannot_be_searched_is_named(loaded, tmp_path):
    with pytest.raises(UserError, match="asks for no function.*--scenario=write"):
        loaded("predict")
    with pytest.raises(UserError, match="cannot work on 'swebench': take programs"):
        challenges.load("swebench", tmp_path)
