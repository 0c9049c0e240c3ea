"""`reinforce`, from the command line to the journal of a round."""

import json
import shutil

import pytest

from commands import flags
from commands.text_run import TextRun
from hrm_jax import saved_config
from hrm_jax.checkpoint import BEST_METRIC
from hrm_jax.rl import practice
from hrm_jax.text import own_tokenizer
from tests.commands.conftest import save_untrained_text

TINY = {
    "data.seq_len": 768,
    "data.languages": "python",
    "model.width": 16,
    "model.num_heads": 2,
    "model.h_layers": 1,
    "model.l_layers": 1,
    "model.l_cycles": 1,
    "model.h_cycles": 1,
    "model.gradient_window": 1,
    "model.feed_forward_multiple": 8,
    "rounds.tasks": 3,
    "rounds.answers": 2,
    "rounds.max_tokens": 4,
    "rounds.at_once": 8,
    "rewards.passed": 0,
    "rewards.share": 1,
}


def words(start, workdir, preset="gspo", **changes):
    fields = {
        "train.start_from": start,
        "data.tokenizer": start / own_tokenizer.FILE if start else "",
    }
    fields |= TINY | {name.replace("__", "."): new for name, new in changes.items()}
    return [
        "reinforce",
        f"--config=configs/reinforce.py:{preset}",
        f"--workdir={workdir}",
        *(f"--config.{name}={value}" for name, value in fields.items()),
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rl__objective": "none"}, "rl.objective is none: take a preset of"),
        ({"rl__objective": "ppo"}, "it must be one of none, expert, dagger, grpo"),
        ({"train__start_from": ""}, "name a trained run of text with"),
        (
            {"data__dataset": "corpus", "data__corpus": "."},
            "answers are executed to tasks of data.dataset",
        ),
        ({"data__edits": 0.5}, "known as they are: leave data.edits and data.plan out"),
        ({"data__plan": "before"}, "known as they are: leave data.edits and data.plan"),
        ({"data__direction": "backward"}, "says prompts and no programs: leave data."),
        ({"train__depths": "0.5:1x1"}, "the model's whole depth: leave train.depths"),
        ({"loss__halt_weight": 0.5}, "but the probabilities of answers: set loss.halt"),
        ({"loss__token_loss": "stablemax"}, "train it with loss.token_loss=softmax"),
        ({"rounds__answers": 1}, "set rounds.answers to at least 2"),
        ({"rounds__temperature": 0.5}, "what the model itself would say: set it to 1"),
        ({"rounds__distinct": True}, "be it the same twice: leave rounds.distinct out"),
        (
            {"rounds__distinct": True, "rounds__temperature": 0},
            "rounds.distinct are drawn: set rounds.temperature above 0",
        ),
        ({"rewards__share": 0}, "All weights of rewards are 0"),
        ({"rl__clip_low": -1}, "rl.clip_low is -1.0, but it must be at least 0"),
        ({"model__width": 32}, "give both the same model"),
        ({"rl__objective": "dagger", "rl__kl_weight": 1}, "set it to 0"),
    ],
)
def test_mistakes_are_named(changes, told, untrained_text, tmp_path, run):
    code, _, said = run(*words(untrained_text, tmp_path / "run", **changes))
    assert code == 2 and told in said and said.count("\n") == 1


def test_training_by_examples_is_another_command(untrained_text, tmp_path, run):
    _, *rest = words(untrained_text, tmp_path / "run")
    code, _, said = run("train", *rest)
    assert code == 2 and "which learns from what a run writes itself" in said
    assert not (tmp_path / "run").exists()


def test_who_says_prompts_learns_to_write_no_programs(tmp_path, run):
    begin, workdir = tmp_path / "begin", tmp_path / "run"
    save_untrained_text(begin, fields={"data.direction": "backward"})
    code, _, said = run(*words(begin, workdir))
    assert code == 2 and f"The run in {begin} learned from data.direction=back" in said
    assert said.count("\n") == 1 and not workdir.exists()


SIGNS = (" stdin", " argv", " environ", " atexit", " inspect", " globalThis")
"""Words that the random model below has as tokens, among 300."""
LIKE_ANSWERS = {
    **{"data.scenarios": "predict,write", "data.num_validation": 2, "slots": 8},
    **{"rounds.tasks": 4, "rounds.answers": 6, "rounds.max_tokens": 100},
    **{"rewards.share": 0, "rewards.similarity": 1, "rl.kl_weight": 0.1},
    **{
        "train.steps": 2,
        "train.log_every": 1,
        "train.eval_every": 1,
        "train.save_every": 1,
    },
}


def test_a_run_learns_is_measured_and_stays_near_what_it_began_with(
    tmp_path, run, records
):
    """A random model, by how much what it says is like an answer. Some of it shows
    signs of cheating, which are counted."""
    begin, workdir = tmp_path / "begin", tmp_path / "run"
    save_untrained_text(begin, *SIGNS)
    asked = words(begin, workdir, "similarity", **LIKE_ANSWERS)
    code, out, said = run(*asked)
    assert code == 0 and "Measure it on tasks that `programs` has written" in out, said
    told = {"rollout": [], "train": [], "eval": []}
    for one in records(workdir):
        (part,) = {name.partition("/")[0] for name in one} - {"step", "seconds"}
        told[part].append(one)
    assert [one["step"] for one in told["rollout"]] == [1, 2]
    assert [one["step"] for one in told["eval"]] == [1, 2]
    for number, means in enumerate(told["rollout"]):
        lines = (workdir / "rounds" / f"{number:06}.jsonl").read_text().splitlines()
        head, *answers, end = map(json.loads, lines)
        assert len(answers) == 6 * len(head["tasks"]) and "timing" in end
        signs = [bool(one["signs"]) for one in answers]
        assert means["rollout/signs"] == pytest.approx(sum(signs) / len(signs))
        worth = [one["similarity"] for one in answers]
        assert means["rollout/reward"] == pytest.approx(sum(worth) / len(worth))
        assert means["rollout/lessons"] > 0
    assert any(one["rollout/signs"] for one in told["rollout"])
    for one in told["eval"]:
        names = {name.partition("/")[2] for name in one}
        assert names >= {BEST_METRIC, "tests_passed", "signs"}
    near = [one["train/kl_reference"] for one in told["train"]]
    assert near[0] < 1e-10 < near[-1], "it has moved"

    best, first = (
        TextRun.of(flags.parse(["main.py", "search", f"--workdir={folder}"]))
        for folder in (workdir, begin)
    )
    assert best.step in (1, 2) and best.sha256 != first.sha256
    shutil.copytree(begin, tmp_path / "kept")
    save_untrained_text(begin, *SIGNS, seed=1, step=8)  # it has learned meanwhile
    code, _, said = run(*asked)
    assert code == 2 and "weights that it began with, but the best ones of" in said
    assert said.count("\n") == 1
    shutil.rmtree(begin)
    shutil.move(tmp_path / "kept", begin)
    assert run(*asked)[0] == 0


def test_a_run_answers_with_the_segments_that_it_learned_with(tmp_path):
    """A step goes through all of them at once, and so its halting has a single one."""
    workdir, fields = tmp_path / "run", {"halting.max_segments": 2}
    fields |= {"data.dataset": "programs", "rl.objective": "grpo"}
    save_untrained_text(workdir, fields=fields)
    asked = ["main.py", "generate", f"--workdir={workdir}"]
    run = TextRun.of(flags.parse(asked))
    assert run.settings["segments"] == 2
    trained = TextRun.of(flags.parse([*asked, "--config.halting.max_segments=5"]))
    assert trained.settings["segments"] == 2, "it is of training"
    fewer = TextRun.of(flags.parse([*asked, "--config.evaluation.max_segments=1"]))
    assert fewer.segments == 1


@pytest.mark.slow
def test_who_has_learned_nothing_learns_nothing_here(
    untrained_text, tmp_path, run, monkeypatch
):
    """All its answers are worth the same; they were drawn, judged and kept."""
    monkeypatch.setattr(practice, "_IN_VAIN", 1)
    workdir = tmp_path / "run"
    asked = words(untrained_text, workdir, data__num_train=50)
    code, out, said = run(*asked)
    assert code == 2 and "In 1 rounds no answer passed, or all answers" in said
    assert "sandbox" in out and "Beginning with the weights" in out
    lines = (workdir / "rounds" / "000000.jsonl").read_text().splitlines()
    head, *answers, end = map(json.loads, lines)
    assert len(answers) == 2 * len(head["tasks"]) and "timing" in end
    assert {row["kind"] for row in answers} <= {"malformed", "compile error"}
    # The run that it begins with may have learned from more tasks than it says.
    trained = saved_config.load(untrained_text).data.num_train
    assert trained > 50 and f"-{trained}-" in head["tasks"][0]
    # The same again takes what is there.
    kept = (workdir / "rounds" / "000000.jsonl").read_bytes()
    assert run(*asked)[0] == 2
    assert (workdir / "rounds" / "000000.jsonl").read_bytes() == kept
