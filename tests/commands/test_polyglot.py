"""The command `benchmark polyglot`, with a real server and the real sandbox."""

import collections
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from commands import commit
from eval.benchmarks.polyglot import benchmark, session, testing
from eval.sandbox import tiers
from tests.eval.benchmarks.polyglot import exercises
from tests.eval.benchmarks.server import serving

REPOSITORY = pathlib.Path(__file__).parent.parent.parent
CHAT = ("--model_name=small", "--chat")


@pytest.fixture
def data(tmp_path, monkeypatch):
    if all(tiers.probe()[tier] for tier in (1, 2)):
        pytest.skip("programs cannot be confined here")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(commit, "HOME", tmp_path)  # that of the code may change
    path = exercises.write(tmp_path / "data", ["javascript", "python"])
    with tiers.open_sandbox() as sandbox:
        for problem in benchmark.load(path).problems:
            exercise = benchmark.load(path).exercise(problem)
            if why := testing.obstacle(exercise, sandbox):
                pytest.skip(why)
    return path


@pytest.fixture
def bench(run, data, tmp_path):
    """Runs the command: exit code, both outputs, and the report if there is one."""

    def bench(*words, output="out"):
        folder = tmp_path / output
        code, out, err = run(
            "benchmark", "polyglot", f"--data={data}", f"--output={folder}", *words
        )
        found = json.loads((folder / "report.json").read_text()) if code == 0 else None
        return code, out, err, found

    return bench


def replies(data):
    """A model in a server: wrong first, right once it has seen what the tests say."""
    suite = benchmark.load(data)
    gold = {problem.language: suite.gold(problem) for problem in suite.problems}

    def answer(body):
        said = [one["content"] for one in body["messages"]]
        language = "python" if "halving_steps.py" in said[0] else "javascript"
        return gold[language] if len(said) > 1 else "I do not know."

    return answer


def test_a_server_has_two_tries_and_is_not_asked_again(bench, data, tmp_path):
    with serving((503, ""), replies(data)) as (url, asked):
        words = (f"--model={url}", *CHAT)
        code, out, err, report = bench(*words)
        assert code == 0, err
        assert len(asked) == 1 + 4
        second = [body["messages"] for _, _, body in asked if len(body["messages"]) > 1]
        assert [[one["role"] for one in said] for said in second] == [
            ["user", "assistant", "user"]
        ] * 2
        assert asked[0][2]["max_tokens"] == 4096
        assert bench(*words)[3] == report and len(asked) == 5
    board = report["leaderboard"]
    assert (board["pass_num_1"], board["pass_num_2"], board["test_cases"]) == (0, 2, 2)
    assert [one["value"] for one in report["pass_rates"]] == [0.0, 1.0]
    assert report["kinds_by_language"]["python"] == {"passed": 1}
    assert report["isolation"].startswith("tier ")
    assert set(report["toolchains"]) == {"javascript", "python"}
    assert "| pass_rate_2 | 100.0 |" in out
    assert (tmp_path / "out" / "report.md").read_text() in out
    kept = (tmp_path / "out" / report["samples_file"]).read_text().splitlines()
    assert sum(json.loads(line)["completion"] == "I do not know." for line in kept) == 2


@pytest.mark.slow
def test_gold_empty_and_files_of_completions(bench, data, tmp_path):
    assert bench("--gold", output="gold")[3]["leaderboard"]["pass_rate_1"] == 100
    empty = bench("--empty", output="empty")[3]
    assert empty["leaderboard"]["pass_rate_2"] == 0
    assert empty["kinds"] == {"malformed": 2}
    path = tmp_path / "completions.jsonl"
    suite = benchmark.load(data)
    rows = [
        {"task_id": problem.id, "completion": text}
        for problem in suite.problems
        for text in ("I do not know.", suite.gold(problem))
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    board = bench(f"--completions={path}")[3]["leaderboard"]
    assert (board["pass_num_1"], board["pass_num_2"]) == (0, 2)


def test_samples_are_refused(bench):
    for word in ("--samples=2", "--k=1"):
        code, out, err, _ = bench("--empty", word)
        assert code == 2 and "a model has two tries" in err and err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("place", [session.REPLIES, session.TESTS])
@pytest.mark.parametrize("lines", [1, 2, 3])
def test_a_killed_command_goes_on_to_the_same_report(
    bench, data, tmp_path, place, lines
):
    output = tmp_path / "killed"
    with serving(replies(data)) as (url, asked):
        words = (f"--model={url}", *CHAT, "--workers=1")
        whole = bench(*words, output="whole")[3]
        before = len(asked)
        command = [
            *(sys.executable, "main.py", "benchmark", "polyglot", *words),
            *(f"--data={data}", f"--output={output}"),
        ]
        started = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while time.monotonic() < until and started.poll() is None:
            path = output / place
            if path.exists() and path.read_bytes().count(b"\n") >= lines:
                break
            time.sleep(0.001)
        os.kill(started.pid, signal.SIGKILL)
        started.wait()
        kept = (output / session.REPLIES).read_bytes().count(b"\n")
        killed = len(asked)
        found = bench(*words, output="killed")[3]
        # What was kept is not asked for again; what was under way may be.
        assert len(asked) - killed == 4 - kept
        assert killed - before - kept in (0, 1)
    rows = [
        json.loads(line) for line in (output / session.REPLIES).read_text().splitlines()
    ]
    keys = collections.Counter((row["problem"], row["index"]) for row in rows)
    assert len(keys) == 4 and set(keys.values()) == {1}
    for report in (found, whole):
        del report["seconds_per_sample"]
    assert found == whole
