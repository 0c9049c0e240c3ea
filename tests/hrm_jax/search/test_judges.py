"""Judges of a small reasoner: what they read, what they learn, where they are kept."""

import dataclasses
import functools
import json
import os

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import IGNORE_LABEL, Batch, Layout, UserError
from data_pipeline.text import rows
from data_pipeline.text.example import Example
from data_pipeline.text.tokenizer import LEAST_VOCABULARY, Tokenizer
from hrm_jax.models.judges import JudgesConfig
from hrm_jax.search import choice, encoder, judged, judges, learning
from hrm_jax.search.candidate import Finalist
from hrm_jax.search.encoder import Encoder, Readings, Writing
from hrm_jax.search.fitting import FitConfig
from hrm_jax.search.judged import Judged
from hrm_jax.search.judges import Judges
from hrm_jax.search.learning import LearningConfig
from tests.hrm_jax.models.small import init_variables
from tests.hrm_jax.models.test_text import spread
from tests.hrm_jax.models.text import text
from tests.hrm_jax.search.toys import candidate
from tests.tolerances import assert_close

CONFIG = text(
    vocab_size=LEAST_VOCABULARY, seq_len=64, h_cycles=1, l_cycles=1, gradient_window=2
)
LEARNING = LearningConfig(
    JudgesConfig(width=16, heads=2, rounds=1),
    FitConfig(3e-3, 0.1, 0.9, 0.99, 200, 32, 50),
    finalists=4,
    held_out=0.25,
    tests_shown=(-1,),
)
WORDS = [Writing("python", "p\n", "x = 1\n"), Writing("python", "p\n", "y" * 50 + "\n")]


@functools.cache
def tokenizer():
    return Tokenizer.train([], LEAST_VOCABULARY)


@functools.cache
def variables():
    return spread(init_variables(CONFIG, jax.random.key(0)))


@functools.cache
def reader():
    return Encoder(CONFIG, variables(), tokenizer(), segments=1, at_once=2)


def batch_of(writing, length):
    encoded = rows.encode(Example(*writing), tokenizer())
    row = rows.from_record(rows.to_record([encoded]), length)
    layout = Layout(row["segments"][None], row["prompt"][None])
    batch = Batch(
        row["inputs"][None], row["labels"][None], np.zeros(1, np.int32), layout
    )
    return jax.tree.map(jnp.asarray, batch)


def test_programs_are_read_as_whoever_writes_them_would():
    """Short rows and long ones, beside others or alone: the same reading."""
    found = reader()(WORDS)
    assert found.encodings.shape == (2, 2 * CONFIG.width)
    for place, writing in enumerate(WORDS):
        batch = batch_of(writing, CONFIG.seq_len)
        encodings, log_prob = encoder._read(CONFIG, 1, variables(), batch)
        assert_close(found.encodings[place], encodings[0], "segment")
        assert_close(found.log_probs[place], log_prob[0], "segment")
        assert found.tokens[place] == (batch.labels != IGNORE_LABEL).sum()
    # Many at a time, in a program of their own.
    wide = Encoder(CONFIG, variables(), tokenizer(), segments=1, at_once=8)
    many = wide(WORDS * 3)
    for place in range(6):
        encodings = found.encodings[place % 2]
        assert_close(many.encodings[place], encodings, "segment")
        assert_close(many.log_probs[place], found.log_probs[place % 2], "segment")


def test_what_is_longer_than_the_context_is_read_as_far_as_it_goes():
    found = reader()([Writing("python", "p" * 30, "x" * 200), WORDS[0]])
    assert np.isfinite(found.encodings).all() and found.tokens[0] < 64
    assert reader()([Writing("python", "p" * 300, "x")]).tokens[0] == 1


def test_no_gradient_reaches_the_reasoner():
    config = LEARNING.heads
    params = judges.heads.init_value(
        config, jax.random.key(0), 2 * CONFIG.width, judged.features.KNOWN
    )
    batch = batch_of(WORDS[0], 32)
    facts = jnp.ones((1, judged.features.KNOWN), jnp.float32)

    def loss(variables, params):
        short = dataclasses.replace(CONFIG, seq_len=32)
        encodings, _ = encoder.read(short, 1, variables, batch)
        batch_ = judged.Examples(encodings, facts, np.ones(1, bool))
        return learning.value_loss(config, params, batch_)

    of_reasoner, of_head = jax.jit(jax.grad(loss, (0, 1)))(variables(), params)
    assert all((leaf == 0).all() for leaf in jax.tree.leaves(of_reasoner))
    assert all((leaf != 0).any() for leaf in jax.tree.leaves(of_head))


def tasks(count, rule, seed=0):
    """Tasks of four programs that pass all public tests; one of them is right.

    "marked": it says so where only a reader sees it; "random": nothing says so.
    """
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        right = int(rng.integers(4))
        some, keys = [], [f"{number} {place}" for place in range(4)]
        for place in range(4):
            marked = place == right and rule == "marked"
            some.append(
                candidate(
                    place,
                    source="right" if marked else "wrong",
                    key=keys[place],
                    kind="passed",
                    passed=(True,),
                    log_prob=float(rng.normal()),
                )
            )
        probes = {key: (key,) for key in keys}
        found.append(
            Judged("python", "p", some, probes, {k: k == keys[right] for k in keys})
        )
    return found


def fake(writings):
    """An `Encode` that sees the mark, and else nothing but noise."""
    rng = np.random.default_rng(len(writings))
    encodings = rng.normal(size=(len(writings), 8)).astype(np.float32)
    encodings[:, 0] = [8 * (one.source == "right") for one in writings]
    log_probs = rng.normal(size=len(writings)).astype(np.float32) - 5
    return Readings(encodings, log_probs, np.full(len(writings), 9))


@functools.cache
def learned(rule):
    return learning.learn(judged.read(tasks(80, rule), fake), LEARNING, seed=0)


def scores(rule):
    others = judged.read(tasks(60, rule, seed=1), fake)
    questions = [judged.question(one, -1, 4) for one in others]
    heads = learned(rule).heads
    return judged.value_scores(heads, others), judged.debate_scores(heads, questions)


@pytest.mark.slow
def test_heads_learn_what_only_a_reader_sees():
    value, debate = scores("marked")
    assert value["auc"]["value"] > 0.99 > 0.6 > abs(value["auc"]["log-probability"])
    assert value["brier"]["value"] < 0.05 < value["brier"]["share of right ones"]
    assert debate["right"]["debate"][0] > 0.95
    assert debate["right"]["clusters"][0] < 0.5
    against = debate["debate against"]["clusters"]
    assert against["interval"][0] > 0.3 and against["p"] < 1e-6
    assert debate["open"] == debate["tasks"] == 60


@pytest.mark.slow
def test_heads_find_nothing_where_there_is_nothing():
    """Random labels: on other tasks they are at chance, and do not claim to be sure."""
    value, debate = scores("random")
    assert abs(value["auc"]["value"] - 0.5) < 0.1
    assert value["brier"]["value"] < 0.21
    low, high = debate["right"]["debate"][1:]
    assert low < 0.25 + 0.1 and high > 0.25 - 0.1


def test_judges_are_kept_and_know_whose_they_are(tmp_path):
    heads = learned("marked").heads
    judges.save(heads, {"weights_sha256": "a" * 64}, tmp_path / "judges")
    again = judges.load(tmp_path / "judges", "a" * 64)
    assert again.config == heads.config and again.parameters == heads.parameters
    one, other = (Judges(some, fake) for some in (heads, again))
    task = tasks(1, "marked", seed=5)[0]
    asked = task.language, task.prompt
    assert one.value(*asked, task.candidates) == other.value(*asked, task.candidates)

    with pytest.raises(UserError, match="fitted to the weights aaaaaaaaaaaa, not to"):
        judges.load(tmp_path / "judges", "b" * 64)
    with pytest.raises(UserError, match="holds no judges"):
        judges.load(tmp_path, "a" * 64)
    (tmp_path / "judges" / judges.WEIGHTS_FILE).write_bytes(b"nonsense")
    with pytest.raises(UserError, match="are damaged"):
        judges.load(tmp_path / "judges", "a" * 64)


def test_judges_of_two_fits_are_not_mixed(tmp_path):
    """As a kill leaves them that comes between their files; older ones told no hash."""
    for folder, rule in (("old", "marked"), ("new", "random")):
        about = {"weights_sha256": "a" * 64}
        judges.save(learned(rule).heads, about, tmp_path / folder)
    os.replace(
        tmp_path / "new" / judges.WEIGHTS_FILE, tmp_path / "old" / judges.WEIGHTS_FILE
    )
    told = "damaged .judges.safetensors is of another fit than judges.json.: fit them"
    with pytest.raises(UserError, match=told):
        judges.load(tmp_path / "old", "a" * 64)
    path = tmp_path / "old" / judges.ABOUT_FILE
    about = json.loads(path.read_text())
    del about["heads_sha256"]
    path.write_text(json.dumps(about))
    assert judges.load(tmp_path / "old", "a" * 64).config == LEARNING.heads


def test_a_debate_gives_each_the_same_share_whatever_their_order():
    """To the last bit, and none to whom it does not hear."""
    task = tasks(1, "marked", seed=5)[0]
    some = [Finalist(one, task.probes[one.key], 1) for one in task.candidates]
    read = {
        writing: (np.full(8, float(i), np.float32), -float(i), 9)
        for i, writing in enumerate(
            Writing("python", "p", f"program {n}") for n in range(4)
        )
    }

    def encode(writings):
        columns = zip(*(read[one] for one in writings), strict=True)
        return Readings(*map(np.array, columns))

    some = [
        one._replace(
            candidate=dataclasses.replace(one.candidate, source=f"program {n}")
        )
        for n, one in enumerate(some)
    ]
    chair = Judges(learned("marked").heads, encode)
    shares = chair.decide("python", "p", some)
    assert sum(shares) == pytest.approx(1)
    order = [2, 0, 3, 1]
    others = chair.decide("python", "p", [some[i] for i in order])
    assert others == [shares[i] for i in order]
    extra = some[0]._replace(candidate=candidate(9, source="program 0"))
    assert chair.decide("python", "p", [*some, extra])[4] == 0


def test_what_is_measured_is_what_a_search_would_answer():
    """The debate among those of the largest clusters, who hear no others."""
    heads = learned("random").heads
    differ = 0
    for task in judged.read(tasks(30, "random", seed=2), fake):
        keys = [one.key for one in task.task.candidates]
        probes = {key: (str(place // 2 * 2),) for place, key in enumerate(keys)}
        probes[keys[3]] = ("3",)  # two are alike, and one each is alone
        one = task._replace(task=dataclasses.replace(task.task, probes=probes))
        question = judged.question(one, -1, 4)
        by_source = {c.key: one.of([c]) for c in one.task.candidates}

        def encode(writings, of=by_source, some=one.task.candidates):
            key = {f"{c.source} {c.key}": c.key for c in some}
            columns = zip(*(of[key[each.source]] for each in writings), strict=True)
            return Readings(*map(np.concatenate, columns))

        told = [
            each._replace(
                candidate=dataclasses.replace(
                    each.candidate,
                    source=f"{each.candidate.source} {each.candidate.key}",
                )
            )
            for each in question.some
        ]
        live = choice.final("python", "p", told, Judges(heads, encode).decide)
        (found,) = judged.choices(heads, [question])
        assert found["clusters, debate"] == one.task.right[live.key]
        differ += found["clusters, debate"] != found["debate"]
    assert differ > 0


def test_too_few_tasks_are_named():
    with pytest.raises(UserError, match="too few from which a choice"):
        learning.learn(judged.read(tasks(1, "marked"), fake), LEARNING, seed=0)
