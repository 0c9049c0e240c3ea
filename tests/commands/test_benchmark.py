"""The command `benchmark`, with a real server, real files and the real sandbox."""

import functools
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from commands import commit
from eval.benchmarks.synthetic import rows as synthetic
from eval.sandbox import tiers
from eval.sandbox.tiers import Tier
from tests.eval.benchmarks import rows
from tests.eval.benchmarks.livecodebench.test_scenarios import ADD, PROGRAM, fenced
from tests.eval.benchmarks.server import serving
from tests.eval.benchmarks.test_wording import CRUXEVAL, LIVECODEBENCH

REPOSITORY = pathlib.Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def confined(monkeypatch, tmp_path):
    if all(tiers.probe()[tier] for tier in (1, 2)):
        pytest.skip("programs cannot be confined here")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(commit, "HOME", tmp_path)  # that of the code may change


@pytest.fixture
def data(tmp_path):
    """Three problems in JavaScript and one in Python, of HumanEval-X."""
    found = [rows.row("javascript") | {"task_id": f"JavaScript/{n}"} for n in range(3)]
    folder = tmp_path / "data"
    folder.mkdir()
    lines = "".join(json.dumps(row) + "\n" for row in found)
    (folder / "js.jsonl").write_text(lines)
    (folder / "python.jsonl").write_text(json.dumps(rows.row("python")) + "\n")
    return folder


@pytest.fixture
def bench(run, data, tmp_path):
    """Runs the command: exit code, both outputs, and the report if there is one."""

    def bench(*words, name="humaneval_x", path=data, output="out"):
        output = tmp_path / output
        code, out, err = run(
            "benchmark", name, f"--data={path}", f"--output={output}", *words
        )
        report = output / "report.json"
        found = json.loads(report.read_text()) if code == 0 else None
        return code, out, err, found

    return bench


def test_gold_passes_and_the_report_says_all(bench, data, tmp_path):
    code, out, err, report = bench("--gold", "--workers=2")
    assert code == 0 and "100.0%" in out
    assert report["benchmark"] == "HumanEval-X" and report["model"] == "gold"
    assert report["problems"] == report["samples"] == 4
    assert report["kinds"] == {"passed": 4}
    assert report["kinds_by_language"] == {
        "javascript": {"passed": 3},
        "python": {"passed": 1},
    }
    assert [one["value"] for one in report["pass_at_k"]] == [1.0]
    assert report["isolation"].startswith("tier ") and report["commit"] is None
    assert set(report["toolchains"]) == {"javascript", "python"}
    assert report["seconds_per_sample"]["longest"] > 0
    (digest,) = report["data"].values()
    assert len(digest) == 64
    samples = tmp_path / "out" / report["samples_file"]
    assert len(samples.read_text().splitlines()) == 4
    assert (tmp_path / "out" / "report.md").read_text() in out


def test_what_no_model_draws_needs_no_temperature(bench):
    code, _, err, report = bench("--empty", "--language=python", "--samples=3")
    assert code == 0, err
    assert report["samples"] == report["settings"]["samples"] == 3


@pytest.mark.parametrize(
    "way, more",
    [("--gold", ["samples=3"]), ("--empty", []), ("--completions=x", ["samples=3"])],
)
def test_what_no_model_draws_takes_no_flag_of_one(bench, way, more, tmp_path):
    words = ["temperature=0.7", "top_p=0.2", "max_tokens=3", "seed=1", *more]
    for word in [*words, "model_name=a", "latest"]:
        code, _, err, _ = bench(way, f"--{word}")
        told = f"--{word.partition('=')[0]} is of a model that is asked: leave it out"
        assert code == 2 and f"{told} beside {way.partition('=')[0]}.\n" in err
        assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_empty_answers_fail(bench):
    code, out, err, report = bench("--empty", "--language=javascript", "--limit=2")
    assert code == 0 and report["kinds"] == {"malformed": 2}
    assert report["pass_at_k"][0]["value"] == 0.0


def test_a_file_of_completions(bench, tmp_path):
    path = tmp_path / "completions.jsonl"
    right, wrong = rows.X["javascript"]["canonical_solution"], rows.BUGGY["javascript"]
    texts = [right, right, wrong, right, wrong, wrong]
    path.write_text(
        "".join(
            json.dumps({"task_id": f"JavaScript/{n // 2}", "completion": text}) + "\n"
            for n, text in enumerate(texts)
        )
    )
    code, out, err, report = bench(
        f"--completions={path}", "--language=javascript", "--k=1,2,3"
    )
    assert code == 0, err
    found = {one["k"]: one["value"] for one in report["pass_at_k"]}
    assert found == {1: 0.5, 2: pytest.approx(2 / 3)}
    assert report["kinds"] == {"passed": 3, "wrong answer": 3}
    code, out, err, report = bench(f"--completions={path}", output="other")
    assert code == 2 and "no completion for 1 of 4 problems, Python/0" in err


def test_a_server_is_asked_and_not_asked_again(bench):
    def answers(body):
        language = "python" if "def thrice" in body["prompt"] else "javascript"
        return rows.X[language]["canonical_solution"]

    with serving((503, ""), answers) as (url, asked):
        words = (f"--model={url}", "--model_name=small", "--samples=2", "--k=1,2")
        code, out, err, report = bench(*words, "--temperature=0.5")
        assert code == 0, err
        assert report["kinds"] == {"passed": 8}
        assert [one["k"] for one in report["pass_at_k"]] == [1, 2]
        assert report["settings"]["temperature"] == 0.5
        assert len(asked) == 8 + 1
        again = bench(*words, "--temperature=0.5")
        assert again[3] == report and len(asked) == 9
        code, out, err, _ = bench(*words, "--temperature=0.7")
    assert code == 2 and "was begun with temperature 0.5, not 0.7" in err


def test_signs_of_cheating_are_counted(bench, tmp_path):
    """Also in an answer that passes, for it knows the hidden arguments."""
    (row,) = synthetic.generate("test", 0, 1, ["write"], ["python"])
    tasks, answers = tmp_path / "tasks.jsonl", tmp_path / "answers.jsonl"
    synthetic.save([row], tasks)
    known = {
        json.dumps(call): json.loads(result)
        for call, result in zip(row["calls"], row["expected"], strict=True)
    }
    cheat = (
        f"import json\nknown = {known!r}\ndef {row['name']}(*args):\n"
        "    return known[json.dumps(args)]\n"
    )
    said = [row["response"], cheat, row["response"], "print(1)\n"]
    answers.write_text(
        "".join(
            json.dumps({"task_id": row["id"], "completion": one}) + "\n" for one in said
        )
    )
    asked = {"name": "programs", "path": tasks, "output": "signs"}
    code, out, err, report = bench(f"--completions={answers}", "--k=1", **asked)
    assert code == 0, err
    assert report["pass_at_k"][0]["value"] == 0.75
    each = {"looks around": 1, "prints": 1}
    assert report["signs"] == {"share": 0.5, "by_sign": each}
    told = "Answers with signs of cheating: 50.0% (looks around: 1, prints: 1).\n"
    assert told in out
    honest = bench("--gold", **(asked | {"output": "gold"}))
    assert honest[3]["signs"] == {"share": 0.0, "by_sign": {}}
    assert "Answers with signs of cheating: 0.0%.\n" in honest[1]
    assert "signs" not in bench("--gold", output="other")[3]


def test_programs_of_a_run_are_repaired_in_another(bench, tmp_path):
    path, answers = tmp_path / "rows.jsonl", tmp_path / "answers.jsonl"
    path.write_text(json.dumps(PROGRAM) + "\n")
    texts = [fenced("print(3)"), fenced(ADD), fenced("1 / 0"), "I do not know."]
    lines = [json.dumps({"task_id": "abc_a", "completion": text}) for text in texts]
    answers.write_text("\n".join(lines) + "\n")
    words = (f"--completions={answers}",)
    code, out, err, report = bench(*words, name="livecodebench", path=path)
    assert report["kinds"]["passed"] == 1, err
    name, words = "livecodebench_repair", (f"--evaluated={tmp_path / 'out'}", "--chat")
    theirs = tmp_path / "theirs"
    for file, text in LIVECODEBENCH.items():
        (theirs / file).parent.mkdir(parents=True, exist_ok=True)
        (theirs / file).write_text(text)
    with serving(fenced(ADD)) as (url, asked):
        server = (f"--model={url}", "--model_name=small")
        report = bench(*words, *server, name=name, path=path, output="mended")[3]
        ours = [body["messages"][-1]["content"] for _, _, body in asked]
        asked.clear()
        words = (*words, f"--prompts={theirs}")
        code, out, err, _ = bench(*words, *server, name=name, path=path, output="again")
        assert code == 0, err
    assert report["kinds"] == {"passed": 4}
    assert any("Input: 1\n5\n\nGenerated Output: 3" in text for text in ours)
    assert any("ZeroDivisionError" in text for text in ours)
    assert len(ours) == 3  # what was right is not asked about
    told = [body["messages"][-1]["content"] for _, _, body in asked]
    assert "Add the numbers. print(3) 1\n5\n" in told
    code, out, err, _ = bench("--empty", name=name, path=path, output="third")
    assert code == 2 and "livecodebench_repair needs --evaluated=PATH" in err
    words = (f"--evaluated={tmp_path / 'theirs'}", "--empty")
    code, out, err, _ = bench(*words, name=name, path=path, output="third")
    assert code == 2 and "has no grades.jsonl: run `livecodebench` first" in err
    (tmp_path / "theirs" / "grades.jsonl").write_text('{"key": "of a search"}\n')
    code, out, err, _ = bench(*words, name=name, path=path, output="third")
    assert code == 2 and "has no samples.jsonl: run `livecodebench` first" in err


def test_a_server_is_asked_in_the_authors_words(bench, tmp_path):
    row = {"code": "def f(n):\n    return n", "input": "1", "output": "1", "id": "a"}
    path = tmp_path / "cruxeval.jsonl"
    path.write_text(json.dumps(row) + "\n")
    for file, text in CRUXEVAL.items():
        (tmp_path / "theirs" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "theirs" / file).write_text(text)
    with serving("1") as (url, asked):
        words = (f"--model={url}", "--model_name=small", "--chat")
        words = (*words, f"--prompts={tmp_path / 'theirs'}")
        code, out, err, report = bench(*words, name="cruxeval_output", path=path)
    assert code == 0, err
    assert [message["content"] for message in asked[0][2]["messages"]] == [
        "You know Python.",
        f"Say it. {row['code']} on 1",
    ]
    assert report["kinds"] == {"passed": 1} and report["settings"]["prompts_sha256"]
    assert report["benchmark"] == "CRUXEval, output (the authors' prompts)"


@pytest.mark.parametrize(
    "words, told",
    [
        (("--gold", "--empty"), "not gold and empty"),
        (("--gold", "--prompts=x"), "--prompts is for cruxeval_input, cruxeval_output"),
        ((), "needs one of --workdir=runs/NAME"),
        (("--gold", "--split=train"), "--split is of what --generate makes: leave it"),
        (
            ("--model=http://a/v1", "--model_name=a", "--latest"),
            "--latest is of a run in --workdir: leave it out beside --model",
        ),
        (("--model=http://localhost:1/v1",), "--model needs --model_name"),
        (("--model=localhost", "--model_name=a"), "must be the address of a server"),
        (("--gold", "--k=0"), "--k is '0'"),
        (("--gold", "--limit=x"), "--limit is 'x', but it must be a whole number"),
        (("--gold", "--workers=0"), "--workers is '0'"),
        (("--gold", "--language=go"), "--language is 'go', but the data have java"),
        (("--gold", "more"), "takes the name of one benchmark"),
        (("--completions=/no/file",), "There is no file /no/file"),
        (
            ("--model=http://a/v1", "--model_name=a", "--top_p=2"),
            "--top_p is '2', but it must be a number from 0 to 1",
        ),
        (
            ("--model=http://a/v1", "--model_name=a", "--samples=10", "--k=10"),
            "--samples=10 of the most likely answer are all the same: draw others",
        ),
        (
            ("--model=http://a/v1", "--model_name=a", "--seed=7"),
            "With --seed=7 the most likely answer is the same: draw others with",
        ),
    ],
)
def test_mistakes_are_one_sentence(bench, words, told):
    code, out, err, _ = bench(*words)
    assert code == 2 and told in err and err.count("\n") == 1, err


@pytest.mark.parametrize(
    "line, told",
    [
        ('{"task_id": "Java/1"}', "js.jsonl:1 has no field"),
        (json.dumps(rows.row("javascript") | {"task_id": "Perl/1"}), "none of the"),
        ("\n".join(2 * [json.dumps(rows.row("javascript"))]), "is there twice"),
        ("{", "js.jsonl:1 is no JSON"),
    ],
)
def test_damaged_data_are_named(bench, data, line, told):
    (data / "js.jsonl").write_text(line)
    code, out, err, _ = bench("--gold")
    assert code == 2 and told in err and err.count("\n") == 1, err


@pytest.mark.slow
def test_repositories_are_made_and_graded(bench, tmp_path):
    made = tmp_path / "made.jsonl"
    words = ("--gold", "--generate=2", "--seed=3", "--split=train")
    code, out, err, report = bench(*words, name="repositories", path=made)
    assert code == 0, err
    assert report["kinds"] == {"passed": 2}
    first = made.read_bytes()
    code, out, err, _ = bench(*words, name="repositories", path=made)
    assert code == 2 and "is there already" in err
    made.unlink()
    again = bench(*words, name="repositories", path=made, output="again")
    assert again[0] == 0 and made.read_bytes() == first
    code, out, err, report = bench(
        "--empty", name="repositories", path=made, output="empty"
    )
    assert code == 0 and "passed" not in report["kinds"]


@pytest.mark.parametrize(
    "words, told",
    [
        (("--generate=x",), "--generate is 'x'"),
        (("--generate=1", "--split=all"), "--split is 'all'"),
        (("--generate=1", "--seed=-1"), "--seed is '-1'"),
    ],
)
def test_mistakes_about_repositories_are_one_sentence(bench, tmp_path, words, told):
    path = tmp_path / "made.jsonl"
    code, out, err, _ = bench("--gold", *words, name="repositories", path=path)
    assert code == 2 and told in err and err.count("\n") == 1, err
    assert not path.exists()


def test_repositories_are_made_where_the_flags_say(bench, tmp_path, monkeypatch):
    """On a fleet, and if that is asked for where nothing confines a program."""
    made = tmp_path / "made.jsonl"
    asked = functools.partial(bench, "--gold", "--generate=1", path=made)
    fleet = f"--fleet={tmp_path / 'fleet.json'}"
    code, out, err, _ = asked(fleet, name="repositories")
    assert code == 2 and "fleet" in err and not made.exists()
    code, out, err, _ = asked(fleet, "--seed=-1", name="repositories")
    assert code == 2 and "--seed is '-1'" in err, "known before a fleet is opened"
    found = tiers.probe() | dict.fromkeys((Tier.NAMESPACES, Tier.LANDLOCK), "Lacking.")
    if found[Tier.LIMITS]:
        pytest.skip(found[Tier.LIMITS])
    monkeypatch.setattr(tiers, "probe", lambda: found)
    code, out, err, _ = asked(name="repositories")
    assert code == 2 and "say --allow_unsafe_execution" in err and not made.exists()
    begun, opened = [], tiers.open_sandbox
    monkeypatch.setattr(
        tiers, "open_sandbox", lambda **how: begun.append(how) or opened(**how)
    )
    code, out, err, report = asked("--allow_unsafe_execution", name="repositories")
    assert code == 0 and len(begun) == 1, err
    assert made.exists() and report["isolation"] == Tier.LIMITS.title


def test_unknown_names_get_a_hint(bench):
    code, out, err, _ = bench("--gold", name="humaneval-x")
    assert code == 2 and "did you mean humaneval_x?" in err


def test_data_and_output_are_needed(run):
    for words in (("--output=a",), ("--data=a",)):
        code, out, err = run("benchmark", "humaneval_x", "--gold", *words)
        assert code == 2 and "`benchmark` needs --" in err


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_command_goes_on_to_the_same_report(bench, data, tmp_path, stop):
    code, out, err, whole = bench("--gold", output="whole")
    assert code == 0
    output = tmp_path / "stopped"
    command = [
        *(sys.executable, "main.py", "benchmark", "humaneval_x", "--gold"),
        *(f"--data={data}", f"--output={output}", "--workers=1"),
    ]
    started = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE)
    grades = output / "grades.jsonl"
    until = time.monotonic() + 60
    while time.monotonic() < until and started.poll() is None:
        if grades.exists() and grades.read_bytes().count(b"\n"):
            break
        time.sleep(0.001)
    os.kill(started.pid, stop)
    told = started.communicate()[1]
    if stop == signal.SIGINT and started.returncode != 0:
        assert started.returncode == 130 and b"Interrupted." in told
    code, out, err, found = bench("--gold", output="stopped")
    assert code == 0
    assert len(grades.read_bytes().splitlines()) == 4
    for report in (found, whole):
        del report["seconds_per_sample"]
    assert found == whole
