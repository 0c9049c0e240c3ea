"""`search` as a user meets it: a server that answers, real programs, real tests."""

import json
import shutil

import pytest

from data_pipeline.programs import inputs
from eval.benchmarks.synthetic import drivers, rows
from eval.sandbox import tiers, toolchains
from hrm_jax.search import journal
from tests.eval.benchmarks.server import serving


@pytest.fixture(scope="module")
def tasks(tmp_path_factory):
    """Two tasks, and what the server knows of them: solutions, by first lines."""
    path = tmp_path_factory.mktemp("tasks") / "tasks.jsonl"
    made = list(rows.generate("test", 0, 2, ["write"], ["python"], 1))
    rows.save(made, path)
    return path, {row["prompt"].partition("\n")[0]: row for row in made}


def mender(solutions):
    """Writes what returns nothing, and the solution once it is told what fails."""

    def answer(question):
        prompt = question["prompt"]
        row = solutions[prompt.partition("\n")[0]]
        if "This is wrong" in prompt:
            return row["response"]
        head = next(
            line
            for line in row["response"].split("\n")
            if line.startswith(f"def {row['name']}")
        )
        return f"{head}\n    return {question['temperature']}\n"

    return answer


@pytest.fixture
def searching(run, tasks, tmp_path):
    def searching(address, *words):
        flags = (f"--model={address}", "--model_name=scribe", f"--data={tasks[0]}")
        return run("search", *flags, f"--output={tmp_path / 'out'}", *words)

    return searching


def called(row, calls):
    """Lines of a program that calls a function."""
    unit = drivers.Unit("", row["name"], calls, row["types"])
    lines = drivers.program("python", [unit]).files["main.py"].splitlines()
    return {line for line in lines if line.startswith(b"told(submission0.")}


FEW = ("--samples=9", "--methods=greedy,clusters,ucb")


def test_repair_is_found_reported_drawn_and_resumed(
    searching, tasks, tmp_path, monkeypatch
):
    order = []
    opened = tiers.open_sandbox

    def recording(**options):
        sandbox = opened(**options)
        real = sandbox.run

        def run(program, *rest, **more):
            order.append(program.files["main.py"].splitlines())
            return real(program, *rest, **more)

        monkeypatch.setattr(sandbox, "run", run)
        return sandbox

    monkeypatch.setattr(tiers, "open_sandbox", recording)
    path, solutions = tasks
    with serving(mender(solutions)) as (address, asked):
        code, out, err = searching(address, *FEW)
        assert code == 0, err
        questions = len(asked)
        lines = (tmp_path / "out" / "journal.jsonl").read_text()
        assert searching(address, *FEW)[1] == out
        assert len(asked) == questions
        assert (tmp_path / "out" / "journal.jsonl").read_text() == lines
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    scores = {name: by["9"] for name, by in report["scores"].items()}
    assert scores["public"]["solved"] == 0 and scores["ucb"]["solved"] == 1
    assert scores["greedy"]["samples"] == 1 and scores["greedy"]["executions"] == 0
    for one in scores.values():
        assert one["samples"] <= 9 and one["executions"] <= 9
    assert list(report["scores"]["ucb"]) == ["1", "2", "4", "8", "9"]
    assert "| ucb | 100.0% |" in out
    # Trees choose among clusters: best of n that does is their second measure.
    over = report["over"]["clusters"]
    assert list(over) == ["clusters", "ucb"] and over["ucb"]["9"]["gain"] == 1
    assert over["clusters"]["9"]["gain"] == 0 and "| ucb | +100.0% |" in out
    # The server writes afresh what fails, and mends all that it is told of.
    ways = report["ways"]["ucb"]
    assert list(ways) == ["fresh", "repair"] and ways["fresh"]["passed"] == 0
    assert ways["repair"]["first"] == len(solutions) <= ways["repair"]["passed"]
    assert sum(one["candidates"] for one in ways.values()) == 9 * len(solutions)
    whole = f"| {ways['repair']['candidates']} |"
    assert f"| ucb | repair {whole}" in out
    page = (tmp_path / "out" / "report.html").read_text()
    assert "new to their tree" in page and "<td>repair</td>" in page
    # Hidden arguments are met at the very end, by what was chosen alone.
    for row in solutions.values():
        probes = list(map(list, inputs.probes(tuple(row["types"]))))
        secret = called(row, row["calls"])
        secret -= called(row, row["public_calls"]) | called(row, probes)
        name = f"told(submission0.{row['name']}(".encode()
        met = [
            bool(set(lines) & secret)
            for lines in order
            if any(line.startswith(name) for line in lines)
        ]
        assert met == sorted(met) and (any(met) or not secret)
    assert len(order) > 10
    page = (tmp_path / "out" / "trees.html").read_text()
    assert "repair" in page and page.count("<script") == 2
    assert "ucb solves 100.0% with 9" in (tmp_path / "out" / "report.html").read_text()


def test_a_server_that_dies_loses_nothing(searching, tasks, tmp_path):
    answer = mender(tasks[1])
    left = []

    def dying(question):
        left.append(question)
        return answer(question) if len(left) <= 5 else (400, "gone")

    words = ("--samples=4", "--methods=ucb", "--workers=1")
    with serving(dying) as (address, asked):
        code, _, err = searching(address, *words)
    assert code == 2 and "refuses: 400 gone" in err
    journal = tmp_path / "out" / "journal.jsonl"
    assert journal.read_text().count('"sample"') == 5
    with serving(answer) as (address, asked):
        assert searching(address, *words)[0] == 0
    samples = journal.read_text().count('"sample"')
    assert len(asked) == samples - 5


def test_a_language_that_is_installed_later_is_searched_as_if_it_always_was(
    run, tasks, tmp_path, monkeypatch
):
    """Neither public tests nor probes of a machine without it are kept as known."""

    def answer(question):
        row = tasks[1][question["prompt"].partition("\n")[0]]
        head = f"def {row['name']}({', '.join('abcdef'[: len(row['types'])])}):"
        return f"{head}\n    return 0 * {question['seed'] % 2}\n"

    def searched(name, code):
        words = ("--methods=clusters", "--samples=5", f"--output={tmp_path / name}")
        flags = (f"--model={address}", "--model_name=scribe", f"--data={tasks[0]}")
        assert run("search", *flags, *words)[0] == code
        with journal.opened(tmp_path / name / "journal.jsonl") as known:
            return known.probes

    with serving(answer) as (address, asked):
        whole = searched("always", 0)
        questions = len(asked)
        with monkeypatch.context() as bare:
            bare.setattr(toolchains, "installed", lambda name: ())
            assert not searched("later", 2) and len(asked) == 2 * questions
        assert searched("later", 0) == whole and len(asked) == 2 * questions
    assert len(whole) == 2 * 2 and all(whole.values())
    always, later = (
        json.loads((tmp_path / name / "report.json").read_text())
        for name in ("always", "later")
    )
    assert always["scores"] == later["scores"]


@pytest.mark.parametrize("tokens", [5, None])
def test_what_a_server_does_not_tell_is_noted(searching, tmp_path, tokens):
    said = {"choices": [{"text": "x = 1\n"}], "usage": {"completion_tokens": tokens}}
    with serving(json.dumps(said).encode()) as (address, _):
        words = ("--samples=2", "--methods=public", "--limit=1")
        code, out, err = searching(address, *words)
    assert code == 0, err
    assert "The server tells no log-probabilities" in out
    assert ("none are counted" in out) == (tokens is None)
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["scores"]["public"]["2"]["tokens"] == 2 * (tokens or 0)


def test_a_server_is_told_the_seed_of_each_sample(searching, tmp_path):
    def answer(question):
        return f"def f():\n    return {question['seed']}\n"

    words = ("--samples=3", "--methods=log_prob", "--seeds=2")
    journal, found = tmp_path / "out" / "journal.jsonl", []
    with serving(answer) as (address, asked):
        for _ in range(2):  # a server that heeds seeds says the same again
            assert searching(address, *words)[0] == 0
            rows = list(map(json.loads, journal.read_text().splitlines()))
            found.append({tuple(r["sample"]): r["text"] for r in rows if "sample" in r})
            journal.unlink()
    # Two problems of two seeds, three samples each: all are drawn on their own.
    assert found[0] == found[1] and len(set(found[0].values())) == 2 * 2 * 3
    assert len(asked) == 2 * 2 * 2 * 3


def test_an_untrained_run_is_searched_with(run, untrained_text, tasks, tmp_path):
    words = (f"--workdir={untrained_text}", f"--data={tasks[0]}", "--max_tokens=4")
    out = f"--output={tmp_path / 'out'}"
    code, text, err = run("search", *words, out, "--samples=2", "--limit=1")
    assert code == 0, err
    assert text.count("| puct |") == 4
    row = json.loads(tasks[0].read_text().splitlines()[0])
    assert "1 of 1 problems do not fit into the model's context" in text
    short = tmp_path / "short.jsonl"
    short.write_text(json.dumps(row | {"prompt": "Return x.\n"}) + "\n")
    asked = (f"--data={short}", f"--output={tmp_path / 'short'}", "--samples=1")
    assert "do not fit" not in run("search", words[0], *asked, "--methods=public")[1]
    # Judges of other weights are nobody's business who does not ask them.
    folder = untrained_text / "judges"
    folder.mkdir()
    (folder / "judges.json").write_text("{}")
    try:
        some = (*words, out, "--samples=2", "--limit=1")
        assert run("search", *some, "--methods=ucb")[0] == 0
        code, _, err = run("search", *some, "--methods=debate")
        assert code == 2 and "no judges" in err
        assert "Without a debate: " in run("search", *some)[1]
        edits = ("--methods=signature", "--config.data.edits=1.0")
        assert "begin with no signature" in run("search", *some, *edits)[1]
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    "words, told",
    [
        (["--samples=0"], "--samples is '0'"),
        (["--methods=magic"], "no method 'magic'"),
        (["--seeds=none"], "--seeds is 'none'"),
        (["--settings=nowhere.json"], "nowhere.json cannot be read as settings"),
        (["--language=cobol"], "has no problems in cobol"),
        (["mbpp"], "cannot work on 'mbpp'"),
        (["programs", "humaneval"], "takes the name of one benchmark"),
        (["--workdir=runs/none"], "."),
        (["--temperature=0.5"], "give --settings=FILE.json in place of configs"),
    ],
)
def test_a_mistake_is_one_sentence(searching, words, told):
    code, out, err = searching("http://localhost:1/v1", *words)
    assert (code, out) == (2, "") and told in err and err.count("\n") == 1


def test_it_needs_data_a_model_and_a_folder(run, tasks, tmp_path):
    model = ("--model=http://localhost:1/v1", "--model_name=a")
    for missing, words in {
        "--chat is of a server's --model": (
            *("--workdir=a", "--chat"),
            *(f"--data={tasks[0]}", f"--output={tmp_path}/a"),
        ),
        "needs --data=PATH": model,
        "needs --output=PATH": (*model, f"--data={tasks[0]}"),
        "needs either --workdir": (f"--data={tasks[0]}", f"--output={tmp_path}/a"),
    }.items():
        code, _, err = run("search", *words)
        assert code == 2 and missing in err
