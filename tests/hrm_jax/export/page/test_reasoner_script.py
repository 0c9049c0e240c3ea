"""The page believes and halts as hrm_jax does."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import BoardShape
from hrm_jax import halting, losses
from hrm_jax.halting import HaltingConfig
from hrm_jax.types import SegmentOutput
from tests.hrm_jax.export.page import javascript, packed

TASK = packed.sudoku(BoardShape(2, 2))


@pytest.mark.parametrize("loss", sorted(losses.LOG_PROBABILITIES))
def test_beliefs_are_what_the_loss_says(loss):
    logits = np.random.default_rng(0).normal(0, 6, (16, 6)).astype(np.float32)
    logits[3] = 2.0  # all alike
    script = (
        'import { Beliefs } from "./beliefs.mjs";\n'
        "const logits = Float32Array.from(given.logits.flat());\n"
        "const beliefs = new Beliefs(logits, 6, given.loss);\n"
        "tell([[...beliefs.probabilities], [...beliefs.answer], beliefs.likely(0, 0),\n"
        "  beliefs.sure(5)]);\n"
    )
    shares, answer, likely, sure = javascript.run(
        script, {"logits": logits.tolist(), "loss": loss}
    )
    expected = np.exp(losses.LOG_PROBABILITIES[loss](jnp.asarray(logits)))
    np.testing.assert_allclose(np.reshape(shares, (16, 6)), expected, rtol=2e-5)
    assert answer == logits.argmax(-1).tolist()
    assert likely == np.argsort(-logits[0], kind="stable").tolist()
    assert sure == pytest.approx(expected[5].max(), rel=2e-5)


@pytest.mark.parametrize("q_learning", [False, True])
@pytest.mark.parametrize("min_confidence", [0.0, 0.5, 0.95])
def test_wish_to_halt(q_learning, min_confidence):
    q_halt, q_continue = np.random.default_rng(1).normal(0, 3, (2, 500))
    q_halt[:3], q_continue[:3] = (0, 2.9444389, 1), (0, 0, 1)
    halt, go_on = (jnp.asarray(q, jnp.float32) for q in (q_halt, q_continue))
    config = HaltingConfig(8, 0.0, min_confidence, 0.0, q_learning)
    logits = jnp.zeros((500, 1, 2))
    wish = halting.wants_to_halt(SegmentOutput(logits, halt, go_on), config)
    script = (
        'import { wantsToHalt } from "./reasoner.mjs";\n'
        "tell(given.q.map((q) => wantsToHalt(...q.map(Math.fround), given.halting)));\n"
    )
    given = {
        "q": np.stack([q_halt, q_continue], 1).tolist(),
        "halting": {"min_confidence": min_confidence, "q_learning": q_learning},
    }
    told = np.array(javascript.run(script, given))
    # At the threshold itself rounding decides.
    near = np.abs(np.asarray(jax.nn.sigmoid(halt)) - min_confidence) < 1e-6
    assert near.sum() < 5
    np.testing.assert_array_equal(told[~near], np.asarray(wish)[~near])
    assert 0 < told.sum() < 500


THINK = """
import { Reasoner } from "./reasoner.mjs";
const fed = [];
let segment = 0;
async function run(inputs) {
  const plain = ({ type, dims, data }) => [type, dims, [...data]];
  const named = Object.entries(inputs).map(([name, one]) => [name, plain(one)]);
  fed.push(Object.fromEntries(named));
  const of = (data) => ({ type: "float32", dims: [1, data.length], data });
  const q = given.q[segment++];
  const more = ({ data, ...rest }) => ({ ...rest, data: data.map((x) => x + 1) });
  const logits = Array.from({ length: 96 }, (_, i) => (i % 6 === segment ? 1 : 0));
  const outputs = {
    logits: of(Float32Array.from(logits)),
    q_halt: of(Float32Array.of(q)), q_continue: of(Float32Array.of(0)),
    z_h_next: more(inputs.z_h), z_l_next: more(inputs.z_l),
  };
  return { outputs, milliseconds: 2 };
}
const reasoner = new Reasoner(given.page, run);
const { segments } = await reasoner.answer(Int32Array.from(given.tokens));
tell({ fed, segments: segments.map((s) =>
  [s.number, s.confidence, s.wish, s.halted, s.milliseconds, [...s.beliefs.answer]]) });
"""


def think(q, **changes):
    page = packed.manifest(TASK) | {"token_loss": "softmax"} | changes
    tokens = np.arange(16) % 5 + 1
    return javascript.run(THINK, {"page": page, "q": q, "tokens": tokens.tolist()})


def test_thinks_until_it_is_sure():
    told = think([-1.0, 2.0, 5.0])  # 27 %, 88 % and 99 % sure; 90 % is asked for
    assert [one[0] for one in told["segments"]] == [1, 2, 3]
    assert [one[2:4] for one in told["segments"]] == [[False, False]] * 2 + [[True] * 2]
    assert [one[5][0] for one in told["segments"]] == [1, 2, 3]
    told = think([-1.0, 3.0])
    assert [one[2:4] for one in told["segments"]] == [[False, False], [True, True]]


def test_thinks_to_the_last_segment():
    told = think([-1.0] * 3)
    assert [one[2:4] for one in told["segments"]] == [[False, False]] * 2 + [
        [False, True]
    ]


def test_states_begin_as_the_package_says_and_go_on():
    fed = think([-1.0] * 3)["fed"]
    for turn, inputs in enumerate(fed):
        assert sorted(inputs) == ["tokens", "z_h", "z_l"]
        assert inputs["tokens"] == ["int32", [1, 16], [i % 5 + 1 for i in range(16)]]
        assert inputs["z_h"] == ["float32", [1, 17, 4], [0.5 + turn] * 68]
        assert inputs["z_l"] == ["float32", [1, 17, 4], [-0.5 + turn] * 68]


def test_equivariant_model_has_a_state_for_each_symbol_and_puzzle_a_vector():
    model = packed.manifest(TASK)["model"] | {"equivariant": True}
    fed = think([9.0], model=model, puzzle_vector=[0.25, 1.5])["fed"]
    assert fed[0]["z_h"][1] == [1, 17 * 4, 4]
    assert fed[0]["puzzle_vectors"] == ["float32", [1, 2], [0.25, 1.5]]


def test_verdict_says_what_came_of_it():
    script = (
        'import { Sudoku } from "./sudoku.mjs";\n'
        'import { verdict } from "./verdict.mjs";\n'
        "const sudoku = new Sudoku(given.task);\n"
        "const board = sudoku.encode(given.board);\n"
        "const truth = sudoku.encode(given.truth);\n"
        "tell(given.answers.map((text) => {\n"
        "  const answer = sudoku.encode(text);\n"
        "  const last = { ...given.segment, beliefs: { answer } };\n"
        "  return verdict(sudoku, board, [{ milliseconds: 1.5 }, last], truth);\n"
        "}));\n"
    )
    truth = "1234341221434321"
    given = {
        "task": TASK,
        "board": "1" + truth[1:8] + "........",
        "truth": truth,
        "answers": [truth, truth[:8] + "21434312", truth[:15] + "2"],
        "segment": {"confidence": 0.97, "wish": True, "milliseconds": 2},
    }
    thought = "halted by itself after 2 segments, 97 % sure of its answer."
    told = javascript.run(script, given)
    right, wrong, one = ((text.replace("\u00a0", " "), kind) for text, kind in told)
    assert right[1] == "right" and wrong[1] == one[1] == "wrong"
    assert right[0].startswith(
        "Right: every row, column and box holds each digit once."
    )
    assert right[0].endswith(f"{thought} It computed for 3.5 ms.")
    assert (
        "column 3 holds 1 twice. 2 cells are wrong: row 4, column 3; row 4" in wrong[0]
    )
    assert "1 cell is wrong: row 4, column 4. The model" in one[0]
    given["segment"]["wish"] = False
    given["answers"] = [truth]
    ((late, _),) = javascript.run(script, given)
    assert "never sure enough to halt: after 2 segments it is only 97" in late
