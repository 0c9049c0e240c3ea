"""`generate` as a user meets it, with a model that has learned nothing."""

import io
import json
import pathlib
import re
import sys

import pytest

from data_pipeline.programs import actions
from eval.benchmarks.edits import formats
from hrm_jax import saved_config
from tests.commands.conftest import save_untrained_text

FEW = "--max_tokens=6"
FOUR = ("--temperature=1", "--samples=4")


@pytest.fixture
def generate(run, untrained_text):
    def generate(*words):
        return run("generate", f"--workdir={untrained_text}", *words)

    return generate


@pytest.fixture
def piped(monkeypatch):
    def piped(content: bytes):
        stream = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", stream)

    return piped


@pytest.mark.parametrize(("steps", "poor"), [(14, True), (13, False)])
def test_a_run_stopped_before_its_whole_depth_is_told(steps, poor, run, tmp_path):
    """Of a checkpoint of step 7, after whose stage of 7 or 6 steps more are to come."""
    workdir = tmp_path / "run"
    model = {"model.l_cycles": 2, "model.gradient_window": 3}
    staged = {"train.depths": ("0.49:1x1",), "train.steps": steps}
    save_untrained_text(workdir, fields=model | staged)
    code, _, told = run("generate", f"--workdir={workdir}", FEW, "a = ")
    assert code == 0
    sentence = "The checkpoint of step 7 has learned with fewer cycles"
    assert (sentence in told) == poor


def test_a_run_of_other_probabilities_than_are_drawn_by_is_refused(run, taught):
    """Of an earlier version, which drew by softmax what stablemax had taught."""
    workdir = taught()
    path = workdir / saved_config.CONFIG_FILE
    content = json.loads(path.read_text())
    content["loss"]["token_loss"] = "stablemax"
    path.write_text(json.dumps(content))
    code, _, told = run("generate", f"--workdir={workdir}", "a = ")
    assert code == 2 and told.count("\n") == 1
    assert "loss.token_loss is 'stablemax', but the tokens of a text are drawn" in told


def test_what_is_behind_a_hole_is_read(run, taught):
    workdir = taught(dataset="corpus", corpus=("nowhere",))

    def generate(*words):
        return run("generate", f"--workdir={workdir}", *words)

    code, out, _ = generate(FEW, "--suffix=\nb = a", "a = ")
    assert code == 0
    assert (
        out != generate(FEW, "a = ")[1]
        and out != generate(FEW, "--suffix=c", "a = ")[1]
    )
    code, _, err = generate("--suffix=x", "--grammar=actions", "a = ")
    assert code == 2 and "leave one of them out" in err


def test_a_hole_is_filled_by_who_has_learned_it(generate, run, taught):
    without = taught(dataset="corpus", corpus=("nowhere",), fill_in_middle=0.0)
    for asked in (
        generate("--suffix=x", "a"),
        run("generate", f"--workdir={without}", "--suffix=x", "a"),
    ):
        assert asked[0] == 2 and asked[2].count("\n") == 1
        assert "a hole, which the run in" in asked[2]
        assert "has never learned" in asked[2]


def test_a_run_writes_in_the_languages_that_it_has_learned(run, taught, tmp_path):
    """Whatever the command line says of its data; its first one where it is asked for
    none and knows no Python."""
    asked = "generate", f"--workdir={taught(languages=('go', 'rust'))}", FEW, "a"
    assert run(*asked)[1] == run(*asked, "--language=go")[1]
    code, _, err = run(*asked, "--language=java", "--config.data.languages=java")
    assert code == 2 and err.count("\n") == 1
    assert "--language asks for an answer in java, but the run in" in err
    assert "has learned only go, rust: choose by --language" in err
    (tmp_path / "f.py").write_text("x = 1\n")
    edits = "--grammar=edits", f"--file={tmp_path / 'f.py'}"
    code, _, err = run(*asked, *edits)
    assert code == 2 and "f.py is in python, but the run in" in err
    assert run(*asked, *edits, "--language=go")[0] == 0


def test_a_prompt_is_the_same_as_argument_file_and_pipe(generate, piped, tmp_path):
    code, out, err = generate(FEW, "say é")
    assert code == 0 and out.strip()
    assert "tokens in" in err and "MiB of weights and cache" in err
    (tmp_path / "prompt.txt").write_text("say é", encoding="utf-8")
    assert generate(FEW, f"--file={tmp_path / 'prompt.txt'}")[1] == out
    piped("say é".encode())
    assert generate(FEW)[1] == out
    assert generate(FEW, "say e")[1] != out


def test_an_answer_ends_before_a_stop_word(generate):
    _, out, _ = generate(FEW, "say é")
    word = out[2:4]
    assert word.strip(), "of some letters"
    _, stopped, err = generate(FEW, "say é", f"--stop={word}")
    assert stopped == out[: out.index(word)] + "\n" and "cut off" not in err


def test_a_line_end_is_added_where_it_lacks(generate):
    assert generate(FEW, "a\n")[1] == generate(FEW, "a")[1]


def test_what_is_cut_off_is_told(generate):
    _, _, err = generate(FEW, "a")
    assert "1 of 1 answers do not end within --max_tokens=6" in err


def test_several_answers_are_told_apart_and_have_seeds_of_their_own(generate):
    words = ("--samples=2", "--temperature=1", "--seed=3", FEW, "a", "b")
    _, out, _ = generate(*words)
    assert [f"--- {n} of 4" in out for n in (1, 2, 3, 4)] == [True] * 4
    _, out, _ = generate(*words, "--json")
    found = [json.loads(line) for line in out.splitlines()]
    asked = sorted((answer["prompt"], answer["seed"]) for answer in found)
    assert asked == [("a", 3), ("a", 4), ("b", 3), ("b", 4)]
    (third,) = (a for a in found if (a["prompt"], a["seed"]) == ("b", 4))
    alone = ("--temperature=1", "--seed=4", FEW, "b", "--json")
    assert json.loads(generate(*alone)[1]) == third


def test_a_language_changes_the_answer(generate):
    found = {generate(FEW, f"--language={name}", "a")[1] for name in ("go", "rust")}
    assert len(found) == 2


def test_an_action_parses_if_it_ends(generate):
    words = ("--grammar=actions", *FOUR, "--json", "a prompt of a middling length")
    found = [json.loads(line) for line in generate(*words)[1].splitlines()]
    whole = [answer["text"] for answer in found if answer["finish_reason"] == "stop"]
    assert whole and all(actions.parse(text) for text in whole)


def test_an_edit_is_of_the_file(generate, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("f.py").write_text("x = 1\n")
    words = ("--grammar=edits", "--file=f.py", *FOUR)
    _, out, _ = generate(*words, "--json", "y")
    for answer in map(json.loads, out.splitlines()):
        assert answer["prompt"] == "y\nf.py:\nx = 1\nEdit it.\n"
        assert answer["text"].startswith("f.py\n```\n<<<<<<< SEARCH\n")
        if answer["finish_reason"] == "stop":
            formats.FORMATS["diff"].apply(answer["text"], {"f.py": "x = 1\n"}, ["f.py"])


def test_a_file_that_is_edited_tells_its_language(generate, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("f.rs").write_text("x")
    words = ("--grammar=edits", "--file=f.rs", *FOUR, "--json", "y")
    said = {
        name: sorted(generate(*words, *name)[1].splitlines())
        for name in ((), ("--language=rust",), ("--language=python",))
    }
    assert said[()] == said[("--language=rust",)] != said[("--language=python",)]


@pytest.mark.parametrize(
    "words, told",
    [
        (["x" * 99], "The prompt has 102 tokens, .* context of 64: shorten it"),
        (["a", "--language=cobol"], "in cobol, but the run in .* learned only cpp, go"),
        (["a", "--max_tokens=0"], "--max_tokens is '0'"),
        (["a", "--samples=2"], "are all the same: draw others with --temperature"),
        (["a", "--top_p=0.5"], "With --top_p=0.5 the most likely answer is the same"),
        (["a", "--seed=7"], "With --seed=7 the most likely answer is the same: draw"),
        (["a", "--file=b"], "arguments or --file, but not both"),
        (["--file=nowhere.txt"], "nowhere.txt cannot be read as text"),
        (["a\udcff"], "The prompt 'a.udcff' is not Unicode"),
        (["a", "--suffix=\udcff"], "--suffix is not Unicode"),
        (["a", "--stop=\udcff"], "--stop is not Unicode"),
        (["a", "--grammar=poems"], "no grammar 'poems'"),
        (["a", "--grammar=edits"], "needs the file that is edited"),
    ],
)
def test_a_mistake_is_one_sentence(generate, words, told):
    code, out, err = generate(*words)
    assert (code, out) == (2, "") and err.count("\n") == 1
    assert re.search(told, err)


@pytest.mark.parametrize(
    "content, told", [(b"\xff", "is no text"), (b"", "Nothing is piped in")]
)
def test_a_pipe_without_a_prompt_is_named(generate, piped, content, told):
    piped(content)
    code, _, err = generate()
    assert code == 2 and told in err and err.count("\n") == 1
