"""A policy's own answers as a data stream, and what it learns from them."""

import collections
import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import IGNORE_LABEL, UserError
from hrm_jax import quantization, sharding, train, train_step
from hrm_jax.rl import practice, rewards, rounds
from hrm_jax.rl.objectives import EXPERT
from tests.hrm_jax.rl import bandit
from tests.hrm_jax.rl.bandit import Referee, assert_same, drain, learned


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A round of GRPO: its folder, numbers and batches, and who judged it."""
    workdir, referee = tmp_path_factory.mktemp("drawn"), Referee()
    stream = bandit.practice("grpo", workdir, referee)
    numbers, found, _ = drain(stream, bandit.state("grpo"))
    return workdir, numbers, found, referee


def test_learner_and_engine_agree_on_what_was_drawn(drawn):
    """By float32, through another program: cache against whole rows."""
    _, numbers, found, _ = drawn
    assert numbers["gap"] < 1e-5
    variables = bandit.state("grpo").variables
    policy = rounds.Policy(bandit.MODEL, 1, bandit.VOCABULARY)
    for batch in found:
        scores = practice.score(policy, variables, jax.tree.map(jnp.asarray, batch))
        np.testing.assert_allclose(scores, batch.layout.log_probs, atol=1e-5)


def test_answers_are_drawn_with_the_matrices_that_training_sees(tmp_path):
    """Those of 4 bits, else the ratios of the first update would not be 1."""
    config = bandit.train_config("grpo")
    four_bits = dataclasses.replace(config.quantization, bits=4)
    stream = bandit.practice("grpo", tmp_path, Referee(), quantization=four_bits)
    state = bandit.state("grpo")
    stream.look(state)
    batch = jax.tree.map(jnp.asarray, next(stream))
    seen = quantization.seen(four_bits, rounds.on_one_device(state.variables))
    policy = rounds.Policy(bandit.MODEL, 1, bandit.VOCABULARY)
    scores = practice.score(policy, seen, batch)
    np.testing.assert_allclose(scores, batch.layout.log_probs, atol=1e-5)
    floats = practice.score(policy, rounds.on_one_device(state.variables), batch)
    assert np.abs(floats - scores).max() > 1e-3, "rounding changes this model"


def test_other_segments_in_learner_and_engine_are_found_out(tmp_path):
    stream = bandit.practice("grpo", tmp_path, Referee())
    state = bandit.state("grpo")
    stream.look(state)
    stream._policy = stream._policy._replace(segments=2)
    batch = next(stream)
    with pytest.raises(UserError, match="do not think for as many segments"):
        stream._gap(rounds.on_one_device(state.variables), batch)


def test_advantages_are_standard_scores_of_groups_with_spread(drawn):
    workdir, numbers, found, referee = drawn
    lines = (workdir / "rounds" / "000000.jsonl").read_text().splitlines()
    answers = [json.loads(line) for line in lines if '"place"' in line]
    assert sorted(row["place"] for row in answers) == list(range(48))
    by_task = [[row for row in answers if row["place"] // 8 == n] for n in range(6)]
    wanted, skipped = [], 0
    for group in by_task:
        worth = np.array([row["kind"] == "passed" for row in group], float)
        if worth.std() == 0:
            skipped += 1
            continue
        scores = (worth - worth.mean()) / worth.std()
        wanted += [
            (*row["tokens"], round(float(score), 4))
            for row, score in zip(group, scores, strict=True)
        ]
    got = []
    for batch in found:
        labelled = batch.labels != IGNORE_LABEL
        for row in range(bandit.SLOTS):
            for number in range(1, batch.layout.segments[row].max() + 1):
                here = labelled[row] & (batch.layout.segments[row] == number)
                (score,) = np.unique(batch.layout.advantages[row, here])
                got.append((*batch.labels[row, here], round(float(score), 4)))
    assert sorted(got) == sorted(wanted) and 0 < skipped < 6
    assert numbers["skipped"] == skipped / 6
    assert numbers["lessons"] == len(wanted)
    assert sorted(referee.asked) == list(range(48))


def test_equal_answers_to_a_task_are_executed_once(tmp_path):
    referee = Referee()
    stream = bandit.practice("grpo", tmp_path, referee, words=1)
    numbers = stream.look(bandit.state("grpo"))
    lines = (tmp_path / "rounds" / "000000.jsonl").read_text().splitlines()
    answers = [json.loads(line) for line in lines if '"place"' in line]
    texts = {(row["place"] // 8, tuple(row["tokens"])) for row in answers}
    assert len(referee.asked) == len(texts) == numbers["runs"] * 48 < 48
    # Each has a verdict all the same.
    assert sorted(row["place"] for row in answers) == list(range(48))
    for row in answers:
        assert (row["kind"] == "passed") == (row["tokens"] == [bandit.WORD])


@pytest.mark.parametrize("fail_after", [0, 5])
def test_a_round_that_was_interrupted_is_drawn_again_the_same(
    drawn, tmp_path, fail_after
):
    """And what was executed is not executed again."""
    _, _, wanted, whole = drawn
    state, first, second = bandit.state("grpo"), Referee(fail_after), Referee()
    with pytest.raises(KeyboardInterrupt):
        bandit.practice("grpo", tmp_path, first).look(state)
    path = tmp_path / "rounds" / "000000.jsonl"
    path.write_bytes(path.read_bytes() + b'{"tok')  # cut off by the end
    _, found, _ = drain(bandit.practice("grpo", tmp_path, second), state)
    assert_same(found, wanted)
    assert sorted(first.asked + second.asked) == sorted(whole.asked)


def test_a_round_that_is_whole_is_not_drawn_again(drawn):
    workdir, _, wanted, _ = drawn
    nobody = Referee(0)
    state = bandit.state("grpo")
    _, found, end = drain(bandit.practice("grpo", workdir, nobody), state)
    assert_same(found, wanted)
    assert end == {"round": 0, "taken": len(wanted), "first": 0, "even": True}
    stream = bandit.practice("grpo", workdir, nobody)
    stream.set_state({"round": 0, "taken": len(wanted) - 1})
    assert stream.look(state) is None
    assert_same(next(stream), wanted[-1])


def test_a_round_that_was_divided_otherwise_is_told(drawn, capsys):
    """In its middle alone: no other has answers that are now in another batch."""
    state, middle = bandit.state("grpo"), {"round": 0, "taken": 1}
    for kept, told in (
        (middle, True),
        (middle | {"even": True}, False),
        (middle | {"taken": 0}, False),
    ):
        stream = bandit.practice("grpo", drawn[0], Referee(0), passes=2)
        stream.set_state(kept)
        assert stream.look(state) is None
        assert ("in the middle of a round" in capsys.readouterr().out) == told
        assert stream.get_state()["even"]


def tasks_of(path):
    return json.loads(path.read_text().splitlines()[0])["tasks"]


def test_a_state_knows_where_its_tasks_begin(tmp_path):
    state, path = bandit.state("grpo"), tmp_path / "rounds" / "000000.jsonl"
    begun = bandit.practice("grpo", tmp_path, Referee(), first=12)
    _, wanted, _ = drain(begun, state)
    assert tasks_of(path) == [f"2-{task}" for task in range(6)]
    kept = begun.get_state()
    again = bandit.practice("grpo", tmp_path, Referee(), first=6)
    again.set_state(kept | {"taken": 0})
    assert again.look(state) is None
    assert_same(next(again), wanted[0])
    again.set_state(kept)
    again.look(state)
    assert tasks_of(tmp_path / "rounds" / "000001.jsonl")[0] == "3-0"
    # One of an earlier version had no number of its own.
    del kept["first"]
    early = bandit.practice("grpo", tmp_path, Referee(), first=6)
    early.set_state(kept)
    early.look(state)
    assert tasks_of(tmp_path / "rounds" / "000001.jsonl")[0] == "2-0"


def test_a_round_of_other_weights_is_drawn_anew(drawn, tmp_path):
    state = bandit.state("grpo")
    moved = jax.tree.map(lambda leaf: leaf * 1.01, state.variables.params)
    changed = state._replace(variables=state.variables._replace(params=moved))
    stream = bandit.practice("grpo", tmp_path, Referee())
    stream.look(changed)
    _, found, _ = drain(bandit.practice("grpo", tmp_path, Referee()), state)
    assert_same(found, drawn[2])


def test_a_round_that_is_gone_is_told(drawn, tmp_path):
    stream = bandit.practice("grpo", tmp_path, Referee())
    stream.set_state({"round": 3, "taken": 0})
    with pytest.raises(UserError, match=r"000003\.jsonl, .* is not there as a whole"):
        stream.look(bandit.state("grpo"))


def test_expert_iteration_learns_as_from_examples(drawn, tmp_path):
    """As often as they were drawn, even if all are right, in rows as of examples."""
    stream = bandit.practice(EXPERT, tmp_path, Lenient(), words=1)
    numbers, found, _ = drain(stream, bandit.state("grpo"))
    lines = (tmp_path / "rounds" / "000000.jsonl").read_text().splitlines()
    exercises = bandit.exercises(0)
    passed = [
        (tuple(exercises[row["place"] // 8].prompt), tuple(row["tokens"]))
        for row in map(json.loads, lines)
        if row.get("kind") == "passed"
    ]
    assert sorted(learned(found)) == sorted(passed)
    assert len(passed) > len(set(passed)) and numbers["lessons"] == len(passed)
    groups = {prompt for prompt, _ in passed}
    assert numbers["skipped"] == 1 - len(groups) / len(exercises)
    assert numbers["all_right"] > 0
    # The loss is that of all training, to the last bit: there is no other.
    config = bandit.train_config(EXPERT)
    assert config.objective is None and found[0].layout._fields == (
        "segments",
        "prompt",
    )


def test_each_pass_learns_from_other_answers_to_a_task(tmp_path):
    """Where it learns from one of those that pass."""
    stream = bandit.practice(
        EXPERT, tmp_path, Lenient(), passes=3, lessons=1, distinct=True
    )
    numbers, found, _ = drain(stream, bandit.state("grpo"))
    assert numbers["skipped"] == 0 and numbers["lessons"] == 48
    said = collections.defaultdict(list)
    for prompt, answer in learned(found):
        said[prompt].append(answer)
    assert len(said) == 6 and {len(answers) for answers in said.values()} == {3}
    assert len({answer for answers in said.values() for answer in answers}) > 6
    again = bandit.practice(
        EXPERT, tmp_path, Referee(0), passes=3, lessons=1, distinct=True
    )
    assert_same(drain(again, bandit.state("grpo"))[1], found)


def test_what_compares_answers_needs_all_of_them(tmp_path):
    with pytest.raises(UserError, match=r"set rounds\.answers to at least 2"):
        bandit.practice("grpo", tmp_path, Referee(), answers=1)
    with pytest.raises(UserError, match=r"leave rounds\.lessons out"):
        bandit.practice("grpo", tmp_path, Referee(), lessons=1)


class Lenient(Referee):
    """Finds all right in the first two rounds."""

    def __call__(self, jobs):
        exercises = {}

        def noted():
            for place, job in jobs:
                exercises[place] = job[0]
                yield place, job

        for place, verdict in super().__call__(noted()):
            if exercises[place].row["id"][0] in "01":
                verdict = verdict._replace(kind="passed", share=1.0, failure="")
            yield place, verdict


def test_rounds_in_vain_count_in_the_numbers(tmp_path):
    stream = bandit.practice("grpo", tmp_path, Lenient(), mistakes=4)
    numbers = stream.look(bandit.state("grpo"))
    lines = (tmp_path / "rounds" / "000002.jsonl").read_text().splitlines()
    answers = [json.loads(line) for line in lines if '"place"' in line]
    last = np.mean([row["kind"] == "passed" for row in answers])
    assert numbers["rounds_in_vain"] == 2 and stream.get_state()["round"] == 2
    assert 0 < last < 1
    assert numbers["passed"] == numbers["reward"] == pytest.approx((2 + last) / 3)
    assert numbers["skipped"] > 2 / 3 and numbers["all_right"] >= 2 / 3
    # What was asked about mistakes is of the round alone that had some.
    assert numbers["mistakes"] == pytest.approx(4 / 3)
    lines = (tmp_path / "rounds" / "000002-mistakes.jsonl").read_text().splitlines()
    answers = [json.loads(line) for line in lines if '"place"' in line]
    repaired = np.mean([row["kind"] == "passed" for row in answers])
    assert numbers["mistakes/passed"] == pytest.approx(repaired)


def test_groups_that_never_differ_end_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(practice, "_IN_VAIN", 2)
    monkeypatch.setattr(bandit, "WORD", -1)
    stream = bandit.practice("grpo", tmp_path, Referee())
    with pytest.raises(UserError, match="In 2 rounds no answer passed, or all answers"):
        stream.look(bandit.state("grpo"))


@pytest.mark.slow
def test_a_policy_learns_to_say_the_word(tmp_path):
    """On eight devices, by the loop of all training, two batches a round."""
    config = bandit.train_config("grpo", microbatches=1)
    outcome = train.train(
        config,
        bandit.loop_config(24),
        tmp_path,
        bandit.practice("grpo", tmp_path, Referee()),
        None,
    )
    assert outcome.step == 24
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    passed = [one["rollout/passed"] for one in records if "rollout/passed" in one]
    assert passed[0] < 0.2 and np.mean(passed[-3:]) > 0.6
    # Where a round begins, the learner is the policy that drew it.
    assert records[1]["step"] == 1 and "train/kl_behaviour" in records[1]
    assert abs(records[1]["train/kl_behaviour"]) < 1e-6
    assert records[1]["train/clipped"] == 0


def test_padding_and_skipped_groups_teach_nothing():
    """An answer without advantage has no gradient, beside others or alone."""
    config = bandit.train_config("grpo")
    state = bandit.state("grpo")
    blank = jax.tree.map(lambda leaf: leaf[0], state.queue.ring)
    blank = blank._replace(labels=jnp.full_like(blank.labels, IGNORE_LABEL))
    step = jax.jit(train_step.segment_step, static_argnums=0)
    minimum = jnp.zeros(bandit.SLOTS, jnp.int32)
    _, metrics, trace = step(config, state, blank, minimum)
    assert float(metrics.policy.answers) == 0
    assert all((leaf == 0).all() for leaf in jax.tree.leaves(trace.grads))


def on_device(batch):
    return jax.tree.map(jnp.asarray, batch)


def test_what_is_to_be_stayed_near_is_told_of_each_token(drawn, tmp_path):
    """Weights that are the present ones hold an answer as likely as it was drawn."""
    state = bandit.state("grpo")
    reference = rounds.on_one_device(state.variables)
    stream = bandit.practice("grpo", tmp_path, Referee(), reference)
    _, found, _ = drain(stream, state)
    for batch, wanted in zip(found, drawn[2], strict=True):
        np.testing.assert_array_equal(batch.layout.log_probs, wanted.layout.log_probs)
        np.testing.assert_allclose(
            batch.layout.reference, batch.layout.log_probs, atol=1e-5
        )
        assert (wanted.layout.reference == 0).all()


@pytest.mark.slow
def test_the_learner_thinks_for_as_many_segments_as_the_engine(drawn):
    """What an engine of two segments would have said, one of two finds as likely."""
    state = bandit.state("grpo")
    batch = on_device(drawn[2][0])
    policy = rounds.Policy(bandit.MODEL, 2, bandit.VOCABULARY)
    likely = practice.score(policy, state.variables, batch)
    assert np.abs(likely - batch.layout.log_probs).max() > 1e-3
    told = batch._replace(layout=batch.layout._replace(log_probs=likely))
    step = jax.jit(train_step.segment_step, static_argnums=0)
    minimum = jnp.zeros(bandit.SLOTS, jnp.int32)
    for segments, near in ((1, False), (2, True)):
        config = bandit.train_config("grpo", segments)
        _, metrics, _ = step(config, state, told, minimum)
        divergence = float(metrics.policy.kl_behaviour / metrics.policy.answers)
        assert (divergence < 1e-9) == near


@pytest.mark.slow
@pytest.mark.parametrize("name", ["grpo", "gspo"])
def test_parts_and_devices_do_not_change_what_is_learned(drawn, name):
    """Eight devices against one, and four parts of two rows against all at once."""
    state, batch = bandit.state("grpo"), drawn[2][0]
    minimum = jnp.zeros(bandit.SLOTS, jnp.int32)
    step = jax.jit(train_step.segment_step, static_argnums=0)
    mesh = sharding.make_mesh(1, 1)
    given = sharding.shard_batch(batch, mesh, bandit.SLOTS)
    found = [
        step(bandit.train_config(name), state, on_device(batch), minimum),
        step(bandit.train_config(name), state, given, minimum),
        step(
            bandit.train_config(name, microbatches=4), state, on_device(batch), minimum
        ),
    ]
    _, metrics, trace = found[0]
    assert float(metrics.grad_norm) > 0.01
    for _, same, other in found[1:]:
        np.testing.assert_allclose(same.policy, metrics.policy, rtol=1e-5, atol=1e-6)
        for a, b in zip(
            jax.tree.leaves(trace.grads), jax.tree.leaves(other.grads), strict=True
        ):
            np.testing.assert_allclose(a, b, atol=2e-6)


def test_rewards_are_weighed_sums():
    from eval.benchmarks.synthetic.verdict import Verdict

    weights = rewards.RewardConfig(1.0, 0.5, 0.25, 0.1, 2.0)
    right = Verdict("passed", 1.0, 0.9, 0.8, (), "", 0.0)
    assert rewards.reward(right, weights) == pytest.approx(1 + 0.5 + 0.08 + 1.8)
    broken = Verdict("compile error", 0.0, -1.0, 0.5, (), "", 0.0)
    assert rewards.reward(broken, weights) == pytest.approx(-0.25 - 2.0)
    half = Verdict("wrong answer", 0.5, 0.2, 0.8, (), "f(1) ...", 0.0)
    assert rewards.reward(half, weights) == pytest.approx(0.25 + 0.4)
    with pytest.raises(UserError, match="All weights of rewards are 0"):
        rewards.RewardConfig(0.0, 0.0, 0.0, 0.0, 0.0)
    assert rewards.advantages([1.0, 1.0, 1.0]) is None
    found = rewards.advantages([1.0, 0.0, 0.0, 1.0])
    np.testing.assert_allclose(found, [1, -1, -1, 1])
