"""The command `agent`: a session, many of them, and what a user may get wrong."""

import contextlib
import json
import math
import os
import re
import signal
import socket
import subprocess
import sys

import pytest

from commands import agent_model
from commands import flags as flags_of
from configs.agent import get_config
from eval.sandbox import tiers
from hrm_jax.agent import journal
from hrm_jax.agent.settings import Settings
from hrm_jax.search.candidate import Ask
from tests.conftest import REPOSITORY
from tests.eval.benchmarks.server import serving
from tests.hrm_jax.agent import scripted
from tests.hrm_jax.agent.scripted import FILES, GOAL


def answer(body):
    """The scripted model behind a server; a chat's last words are what it reads."""
    prompt = body.get("prompt") or body["messages"][-1]["content"]
    return scripted.mender(prompt)


@pytest.fixture(autouse=True)
def sandboxed():
    """Skips where there is no sandbox."""
    found = tiers.probe()
    if found[tiers.Tier.NAMESPACES] and found[tiers.Tier.LANDLOCK]:
        pytest.skip(found[tiers.Tier.NAMESPACES])


@pytest.fixture
def repo(tmp_path):
    home = tmp_path / "repo"
    for path, text in FILES.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text(text)
    return home


def words(url, folder, repo, *more):
    return (
        *("agent", f"--repo={repo}", f"--task={GOAL}", f"--output={folder}"),
        *(f"--model={url}", "--model_name=it", *more),
    )


def texts(home):
    return {
        path.relative_to(home).as_posix(): path.read_text()
        for path in home.rglob("*.py")
    }


def test_it_solves_a_task_and_writes_nothing_unasked(run, repo, tmp_path):
    folder = tmp_path / "out"
    with serving(answer) as (url, asked):
        code, out, err = run(*words(url, folder, repo))
        assert code == 0 and "All tests pass." in out and "+    return x // 2" in out
        assert texts(repo) == FILES and "attempt 2" in err
        count = len(asked)
        assert run(*words(url, folder, repo))[0] == 0
        assert len(asked) == count, "all of it was there"
        code, out, _ = run(*words(url, folder, repo, "--apply"))
    assert code == 0 and "Written to" in out
    changed = texts(repo)
    assert "return x // 2" in changed.pop("sums.py")
    assert changed.items() <= FILES.items()
    (path, _, body) = asked[0]
    assert path == "/v1/completions" and "search WORDS" in body["prompt"]
    assert body["max_tokens"] == 96 and "language" not in body


def test_it_is_applied_only_where_nothing_has_changed(run, repo, tmp_path):
    """But for what the session keeps there itself."""
    folder, memory = repo / "runs/it", repo / "memory.jsonl"
    with serving(answer) as (url, _):
        line = *words(url, folder, repo, f"--memory={memory}"), "--apply"
        assert run(*line[:-1])[0] == 0
        (repo / "words.py").write_text("mine = 1\n")
        code, _, err = run(*line)
        assert code == 2 and f"{repo}/words.py has changed since it was copied" in err
        assert texts(repo)["sums.py"] == FILES["sums.py"]
        (repo / "words.py").write_text(FILES["words.py"])
        assert run(*line)[0] == 0
    assert "return x // 2" in (repo / "sums.py").read_text() and memory.exists()


def test_a_chat_that_does_not_solve_it_exits_with_1(run, repo, tmp_path):
    with serving("I do not know.") as (url, _):
        more = "--chat", "--agent=attempts=1,runs=2"
        code, out, _ = run(*words(url, tmp_path / "out", repo, *more))
    assert code == 1 and "Not solved" in out
    assert "no action" in (tmp_path / "out/transcript.md").read_text()


def test_a_server_that_hangs_ends_it_by_its_budget(run, repo, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        line = words(url, tmp_path / "out", repo, "--agent=seconds=5")
        code, out, _ = run(*line)
    assert code == 1 and "Not solved: the budget of 5 seconds is used up" in out


@pytest.mark.parametrize(
    "usage, likely, read, written",
    [
        ({"prompt_tokens": 5_000, "completion_tokens": 1_000}, [], 5_000, 1_000),
        ({}, [-1.0, -0.5, -0.5], None, 3),
        ({}, [], None, 2),
    ],
)
def test_the_budget_counts_the_tokens_that_a_server_tells(
    run, repo, tmp_path, usage, likely, read, written
):
    """Of the prompt and of the answer; where it tells none, they are estimated."""
    choice = {"text": "look\n", "logprobs": {"token_logprobs": likely}}
    said = json.dumps({"choices": [choice], "usage": usage}).encode()
    with serving(said) as (url, asked):
        code, _, _ = run(*words(url, tmp_path, repo, "--agent=tokens=6000"))
    assert code == 1 and asked[0][2]["logprobs"] == 0
    rows = [row for row in journal.read(tmp_path) if row["kind"] == "answer"]
    estimated = math.ceil(len(rows[0]["prompt"]) / 4)
    assert (rows[0]["read"], rows[0]["tokens"]) == (read or estimated, written)
    assert (len(rows) == 1) == bool(usage), "one is all of the budget"


def test_a_context_that_holds_no_prompt_ends_attempts(run, repo, tmp_path):
    full = 400, json.dumps({"error": {"code": "context_length_exceeded"}})
    with serving(full) as (url, asked):
        line = words(url, tmp_path / "out", repo, "--agent=attempts=2")
        code, out, err = run(*line)
    assert code == 1 and "Not solved" in out and "Traceback" not in err
    rows = journal.read(tmp_path / "out")
    ends = [row["ended"] for row in rows if row["kind"] == "attempt"]
    # At a temperature it may say something else the next time.
    assert ends == ["it comes back to where it was", "3 answers were no actions"]
    answers = [row for row in rows if row["kind"] == "answer"]
    assert len(answers) == len(asked) and all(row["cut"] for row in answers)


def test_ctrl_c_pauses_and_the_same_command_goes_on(run, repo, tmp_path):
    folder = tmp_path / "out"
    line = []

    def slow(body):
        if line and len(journal_rows()) >= 4:
            os.kill(line[0].pid, signal.SIGINT)
            line.clear()
        return answer(body)

    def journal_rows():
        return (folder / journal.JOURNAL).read_text().splitlines()

    with serving(slow) as (url, _):
        command = [sys.executable, "main.py", *words(url, folder, repo)]
        process = subprocess.Popen(
            command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True
        )
        line.append(process)
        err = process.communicate()[1]
        assert process.returncode == 130 and "Paused" in err
        assert "paused" in (folder / "transcript.md").read_text()
        assert run(*words(url, folder, repo))[0] == 0


def test_a_command_that_is_not_there_is_a_mistake(run, repo, tmp_path):
    with serving(answer) as (url, asked):
        more = "--test_command=nosuchprogram"
        code, _, err = run(*words(url, tmp_path / "out", repo, more))
    assert code == 2 and "nosuchprogram: not found): begin in another --output" in err
    assert not asked


def test_a_command_that_runs_no_tests_is_a_mistake(run, repo, tmp_path):
    with serving(answer) as (url, asked):
        folder, command = tmp_path / "out", "--test_command=python3 -m unittest words"
        code, _, err = run(*words(url, folder, repo, command))
    assert code == 2 and "there are none that ran" in err and not asked
    assert "another --output" in err and "--test_command" in err


def test_outputs_may_lie_in_the_repository_and_what_is_left_out_is_told(run, repo):
    (repo / "large.txt").write_text("x" * 2**21)
    with serving(answer) as (url, _):
        for number, missing in (1, "1 path is"), (2, "2 paths are"):
            folder = repo / f"runs/{number}"
            code, out, _ = run(*words(url, folder, repo))
            assert code == 0 and "All tests pass." in out
            assert f"{missing} not in the copy (left_out.txt), as " in out
            assert "large.txt: 2,097,152 bytes are too many" in out
            told = (folder / "transcript.md").read_text()
            assert f"- {missing} not in the copy" in told
    kept = (repo / "runs/2/left_out.txt").read_text()
    assert "runs/1: a session of an agent\n" in kept


def test_many_tasks_are_reported_with_what_hidden_tests_say(run, tmp_path):
    tasks, folder = tmp_path / "tasks.jsonl", tmp_path / "out"
    assert run("agent", "--generate=2", f"--tasks={tasks}")[0] == 0
    rows = [json.loads(line) for line in tasks.read_text().splitlines()]
    rows.append({"id": "empty", "goal": "g", "files": {"a.py": "x = 1\n"}})
    tasks.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with serving("look\n") as (url, _):
        line = "agent", f"--tasks={tasks}", f"--output={folder}", "--workers=2"
        model = f"--model={url}", "--model_name=it"
        code, out, _ = run(*line, *model)
    assert code == 0 and "pass hidden tests: 0.0%" in out and "mistake: 1" in out
    report = json.loads((folder / "report.json").read_text())
    assert list(report["results"]) == [row["id"] for row in rows]
    assert "no tests that are known" in report["results"]["empty"]["mistake"]
    hidden = report["results"][rows[0]["id"]]
    assert hidden["hidden"] == "wrong answer" and hidden["malformed"] > 0
    code, _, err = run(*line, MODEL[0], "--model_name=another")
    assert code == 2 and "begun with model 'it'" in err
    assert run(*line, *MODEL, "--limit=1")[0] == 0  # the server is not asked again
    code, _, err = run(*line, *MODEL, "--test_command=false")
    assert code == 2 and "--test_command is of a --task in --repo: of many" in err


def test_a_server_that_is_away_ends_no_task(run, tmp_path):
    """It refuses after a few answers; once it is back, the same command goes on."""
    tasks, folder = tmp_path / "tasks.jsonl", tmp_path / "out"
    rows = [{"id": f"t{n}", "goal": GOAL, "files": FILES} for n in range(3)]
    tasks.write_text("".join(json.dumps(row) + "\n" for row in rows))
    line = "agent", f"--tasks={tasks}", f"--output={folder}", "--workers=2"
    more = "--agent=leases=1", "--model_name=it"
    away = (401, '{"error": {"message": "no key"}}')
    with serving(answer, answer, answer, away) as (url, _):
        code, _, err = run(*line, *more, f"--model={url}")
    assert code == 2 and f"{url} refuses: 401 no key." in err
    assert "Traceback" not in err and err.count("refuses") == 1
    with serving(answer) as (url, _):
        code, out, _ = run(*line, *more, f"--model={url}")
        other = run(*line, *more, f"--model={url}", "--context=4096")
        chat = run(*line, *more, f"--model={url}", "--chat")
    assert code == 0 and "solved: 100.0%" in out and "mistake" not in out
    assert other[0] == 2 and "begun with context 8192, not 4096" in other[2]
    assert chat[0] == 2 and "begun with chat False, not True" in chat[2]
    # Folders of versions that kept neither are gone on with.
    kept = json.loads((folder / "settings.json").read_text())
    del kept["context"], kept["chat"]
    (folder / "settings.json").write_text(json.dumps(kept))
    assert run(*line, *more, *MODEL[:1])[0] == 0


MODEL = "--model=http://127.0.0.1:9/v1", "--model_name=it"


@pytest.mark.parametrize(
    "flags, told",
    [
        ((), "one of --workdir"),
        (MODEL, "needs --output"),
        ((*MODEL, "--output=x"), "needs --repo=FOLDER and --task"),
        (("--workdir=x", "--context=9"), "--context is of a server's --model"),
        (
            (*MODEL, "--output=x", "--repo=nowhere", "--task=t"),
            "which is no folder",
        ),
        ((*MODEL, "--output=x", "--tasks=a", "--repo=b"), "not on both"),
        ((*MODEL, "--output=x", "--tasks=nowhere.jsonl"), "nowhere.jsonl"),
        ((*MODEL[:1], "--output=x", "--repo=REPO", "--task=t"), "--model_name"),
        ((*MODEL, "--agent=runs=0"), "budget of runs is 0"),
        ((*MODEL, "--agent=runs=many"), "runs is int"),
        ((*MODEL, "--agent=luck=1"), "luck=1"),
        ((*MODEL, "--agent=test_seconds=-1"), "agent.test_seconds is -1, but it must"),
        ((*MODEL, "--agent=leases=0"), "agent.leases is 0"),
        (
            (*MODEL, "--agent=memory_share=7"),
            "memory_share is 7.0, but it must be from 0 to 1",
        ),
        ((*MODEL, "--agent=seconds=nan"), "budget of seconds is nan"),
        ((*MODEL, "--output=x", "--repo=REPO", "--task=\udcff"), "is not Unicode"),
        ((*MODEL, "--agent=strategy=luck"), "take build_on, restart, likeliest, tree"),
        (
            (*MODEL, "--agent=widening_power=nan"),
            "agent.widening_power is nan, but it must be from 0 to 1",
        ),
        (
            (*MODEL, "--agent=exploration=-1"),
            "agent.exploration is -1.0, but it must be finite, and at least 0",
        ),
        (
            (*MODEL, "--output=x", "--repo=REPO", "--task=t", "--grammar=poems"),
            "--grammar is 'poems'",
        ),
        (
            (*MODEL, "--output=x", "--repo=REPO", "--task=t", "--context=50"),
            "has no room for a prompt",
        ),
        (("--generate=5",), "add --tasks=FILE"),
        (("--generate=5", "--tasks=a", "--limit=2"), "none of them: leave --limit out"),
        (("--generate=5", "--tasks=a", *MODEL), "none of them: leave --model out"),
        ((*MODEL, "--output=x", "--tasks=a", "--seed=7"), "draws by --agent=seed=7"),
        ((*MODEL, "--split=train"), "--split is of what --generate makes: leave it"),
        ((*MODEL, "--level=3"), "--level is of what --generate makes: leave it out"),
        ((*MODEL, "--latest"), "--latest is of a run in --workdir: leave it out"),
        (
            (*MODEL, "--output=x", "--repo=REPO", "--task=t", "--workers=2"),
            "--workers is of many --tasks: leave it out of a --task",
        ),
    ],
)
def test_mistakes_are_told_in_a_sentence(run, repo, tmp_path, monkeypatch, flags, told):
    monkeypatch.chdir(tmp_path)
    flags = [flag.replace("REPO", str(repo)) for flag in flags]
    code, _, err = run("agent", *flags)
    assert code == 2 and told in err and err.count("\n") == 1


@pytest.mark.parametrize(
    "row, told",
    [
        ("{", "no JSON"),
        ({"id": "a"}, "goal"),
        ({"id": "../a", "goal": "g", "files": {"a": ""}}, "must be of letters"),
        ({"id": "a", "goal": "g"}, "either 'repo', a folder, or 'files'"),
        ({"id": "a", "goal": "g", "files": {"a": 1}}, "either 'repo'"),
        ({"id": "a", "goal": "g", "files": {"../a": ""}}, "'../a'"),
        ({"id": "a", "goal": 1, "files": {"a": ""}}, "'goal' must be a text"),
        ({"id": "a", "goal": "g", "files": {"a": "\ud800"}}, "'a' is not Unicode"),
        (
            {"id": "a", "goal": "\ud800", "files": {"goal": "x"}},
            "'goal' is not Unicode, as '\\ud800' at place 1 is no character",
        ),
        (
            {"id": "a", "goal": "g", "files": {"a": ""}, "test_command": "x\ud800"},
            "'test_command' is not Unicode, as '\\ud800' at place 2",
        ),
    ],
)
def test_a_malformed_file_of_tasks_is_refused(run, tmp_path, row, told):
    path = tmp_path / "tasks.jsonl"
    path.write_text(row if isinstance(row, str) else json.dumps(row) + "\n")
    code, _, err = run("agent", *MODEL, f"--tasks={path}", f"--output={tmp_path}/o")
    assert code == 2 and told in err


@pytest.mark.parametrize("served", [False, True])
def test_a_run_is_asked_in_languages_that_it_has_learned(
    taught, untrained_text, served
):
    """About files in others in its usual one; a server would refuse their own."""
    settings = Settings.read(get_config(), "answer_tokens=12")
    asks = [Ask(language, "Mend it.\n", 1.0, 1) for language in ("rust", "go")]

    def said(workdir):
        line = flags_of.parse(["main.py", "agent", f"--workdir={workdir}"])
        with contextlib.ExitStack() as held:
            if served:
                shared = held.enter_context(agent_model.shared(line, settings, 1))
                writer = shared()
            else:
                writer = agent_model.local(line, settings)
            return [sample.log_prob for _, sample in sorted(writer.write(asks))]

    rust, go = said(untrained_text)
    assert rust != go
    assert said(taught(languages=("go",))) == [go, go]


@pytest.mark.slow
def test_our_own_models_are_asked_in_their_own_way(run, repo, tmp_path, untrained_text):
    more = "--agent=answer_tokens=12,attempts=1", f"--workdir={untrained_text}"
    line = "agent", f"--repo={repo}", f"--task={GOAL}", f"--output={tmp_path / 'out'}"
    code, out, err = run(*line, *more)
    assert code == 1, err
    rows = journal.read(tmp_path / "out")
    asked = [row for row in rows if row["kind"] == "answer"]
    assert asked and all(row["read"] <= 64 - 12 - 2 for row in asked)
    assert all(row["tokens"] <= 12 for row in asked)
    assert re.search("scribe at step 7", (tmp_path / "out/transcript.md").read_text())


@pytest.mark.slow
def test_workers_ask_our_own_models_through_a_server(run, tmp_path, untrained_text):
    """Which tells them how many tokens it read and wrote."""
    tasks, folder = tmp_path / "tasks.jsonl", tmp_path / "out"
    tasks.write_text(json.dumps({"id": "a", "goal": GOAL, "files": FILES}) + "\n")
    line = "agent", f"--tasks={tasks}", f"--output={folder}", "--workers=1"
    more = "--agent=answer_tokens=12,attempts=1", f"--workdir={untrained_text}"
    code, out, err = run(*line, *more, "--grammar=actions")
    assert code == 0 and "worked on: 1" in out, err
    rows = [r for r in journal.read(folder / "tasks/a") if r["kind"] == "answer"]
    assert rows and all(0 < r["read"] <= 64 - 12 for r in rows)
    assert all(0 < r["tokens"] <= 12 and r["text"] == "finish\n" for r in rows)
