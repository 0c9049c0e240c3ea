"""Programs that run where this project is not, held against the model."""

import dataclasses
import functools
import json
import pathlib
import re
import shutil
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import Batch, UserError
from hrm_jax import halting, inference
from hrm_jax.export import package, stablehlo, stablehlo_run
from hrm_jax.models import reasoner, tensor_parallel
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.predictor import Weights
from kernels.quantized_matmul import quantize
from tests.hrm_jax.models.small import draw, init_variables, looped, small
from tests.tolerances import assert_close

TASK = {
    "kind": "sudoku",
    "name": "9x9 Sudoku",
    "rows": 9,
    "cols": 9,
    "alphabet": ["", ".0", *"123456789"],
}
ROOMY = {"width": 32, "feed_forward_multiple": 32, "halt_bias": 3.0}


def drawn(config: ReasonerConfig, bits: int) -> Weights:
    """Weights of a model that is sometimes sure after a segment, and sometimes not."""
    variables = init_variables(config, jax.random.key(1))
    head = variables.params["halt_head"]
    head["kernel"] = 0.1 * jax.random.normal(jax.random.key(2), head["kernel"].shape)

    def leaf(path, array):
        if bits > 8 or not tensor_parallel.is_shared(path):
            return array
        # Scales of a dtype that NumPy's files do not know.
        return quantize(array, bits, *([32] if bits == 4 else [None]), jnp.bfloat16)

    params = jax.tree_util.tree_map_with_path(leaf, variables.params)
    table = None
    if config.puzzle_width:
        table = jax.random.normal(jax.random.key(3), (1, config.puzzle_width))
    return Weights(variables._replace(params=params), table)


def made(folder: pathlib.Path, config: ReasonerConfig, bits: int) -> Weights:
    weights = drawn(config, bits)
    constants = weights.variables.constants
    about = {
        "format": "stablehlo",
        "bits": bits,
        "task": TASK,
        "model": dataclasses.asdict(config),
        "halting": {
            "max_segments": 4,
            "min_confidence": 0.95,
            "q_learning": False,
        },
        "initial": {
            name: constants[f"{name}_init"].tolist() for name in ("z_h", "z_l")
        },
    }
    about |= stablehlo.write(folder, config, weights, about)
    package.seal(folder, about)
    return weights


CASES = {
    "looped, 4 bits": (looped(**ROOMY), 4),
    "hierarchical, 8 bits, bfloat16": (
        small(**ROOMY, dtype="bfloat16", puzzle_width=16, prefix_len=1),
        8,
    ),
    "mlp, 16 bits": (small(**ROOMY, mixer="mlp"), 16),
    "equivariant, 32 bits": (small(**ROOMY, equivariant=True), 32),
}


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """The package of a case, made once, and its weights."""

    @functools.cache
    def make(case):
        folder = tmp_path_factory.mktemp("package")
        return folder, made(folder, *CASES[case])

    return make


PUZZLES = [
    "".join(TASK["alphabet"][t][0] for t in row)
    for row in np.random.default_rng(5).integers(1, 11, (5, 81))
]


@pytest.mark.parametrize(
    "case",
    [
        "looped, 4 bits",
        "hierarchical, 8 bits, bfloat16",
        pytest.param("mlp, 16 bits", marks=pytest.mark.slow),
        pytest.param("equivariant, 32 bits", marks=pytest.mark.slow),
    ],
)
def test_a_package_answers_as_the_model(case, packed):
    folder, weights = packed(case)
    config, bits = CASES[case]
    loaded = stablehlo_run.Package(folder)
    tokens = np.stack([loaded.read(puzzle) for puzzle in PUZZLES])
    found = loaded.solve(tokens)
    if bits == 16:
        weights = jax.tree.map(
            lambda x: x.astype(jnp.float16).astype(jnp.float32), weights
        )
    rule = halting.HaltingConfig(4, 0.0, 0.95, 0.0, False)
    batch = Batch(jnp.asarray(tokens), tokens, jnp.zeros(5, jnp.int32))
    run = jax.jit(inference.answer_until_halted, static_argnums=(0, 1, 5))
    expected = run(config, rule, *weights, batch, 5)
    np.testing.assert_array_equal(found["answer"], expected.tokens)
    np.testing.assert_array_equal(found["segments"], expected.segments)
    assert_close(found["confidence"], expected.halt_probability)


def test_examples_halt_by_themselves(packed):
    """Each when it is sure, alone as among others; the rest wait."""
    folder, _ = packed("hierarchical, 8 bits, bfloat16")
    loaded = stablehlo_run.Package(folder)
    tokens = np.stack([loaded.read(puzzle) for puzzle in PUZZLES])
    found = loaded.solve(tokens)
    assert len(set(found["segments"].tolist())) > 1
    early = int(found["segments"].argmin())
    alone = loaded.solve(tokens[early : early + 1])
    np.testing.assert_array_equal(alone["segments"][0], found["segments"][early])
    assert_close(alone["confidence"][0], found["confidence"][early], "bfloat16")


def test_segments_one_by_one_are_the_models(packed):
    case = "hierarchical, 8 bits, bfloat16"
    folder, weights = packed(case)
    config, _ = CASES[case]
    loaded = stablehlo_run.Package(folder)
    tokens = np.asarray(draw(config, batch=3)[1])
    rows = reasoner.puzzle_vectors(weights.table, jnp.zeros(3, jnp.int32))
    run = jax.jit(reasoner.run_segment, static_argnums=0)
    latents = reasoner.initial_latents(config, weights.variables, 3)
    z_h, z_l = loaded.initial(3)
    for _ in range(2):
        latents, output = run(config, weights.variables, latents, tokens, rows)
        found = loaded.segment(tokens, z_h, z_l)
        z_h, z_l = found["z_h_next"], found["z_l_next"]
        assert_close(z_h, latents.z_h.astype(jnp.float32), "bfloat16")
        assert_close(z_l, latents.z_l.astype(jnp.float32), "bfloat16")
        assert_close(found["logits"], output.logits.astype(jnp.float32), "bfloat16")
        assert_close(found["q_halt"], output.q_halt_logit, "bfloat16")
        assert_close(found["q_continue"], output.q_continue_logit, "bfloat16")


ALONE = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    foreign = ("hrm_jax", "kernels", "data_pipeline", "eval", "flax", "safetensors")
    assert not set(foreign) & set(sys.modules), "the project was imported"
"""


def test_it_runs_without_the_project(packed):
    """In an isolated interpreter, which does not see this folder."""
    folder, _ = packed("looped, 4 bits")
    command = [sys.executable, "-I", "-c", ALONE, folder / "run.py", *PUZZLES[:2]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = stablehlo_run.Package(folder)
    found = loaded.solve(np.stack([loaded.read(puzzle) for puzzle in PUZZLES[:2]]))
    for answer, segments in zip(found["answer"], found["segments"], strict=True):
        assert loaded.written(answer) in done.stdout
        assert f"sure after {segments} segment" in done.stdout


def test_weights_are_stored_once_and_as_packed(packed):
    folder, weights = packed("looped, 4 bits")
    nbytes = sum(leaf.nbytes for leaf in jax.tree.leaves(weights))
    with np.load(folder / "weights.npz") as stored:
        assert sum(array.nbytes for array in stored.values()) == nbytes
    for name in ("loop", "segment"):
        program = (folder / f"{name}.stablehlo").read_bytes()
        exported = jax.export.deserialize(bytearray(program))
        assert exported.platforms == ("cpu", "cuda", "tpu")
        assert len(program) < 100_000
        assert b"StableHLO_v1.8.0" in program
        # Of what is no operation of StableHLO, that alone which each version keeps:
        # it stands for a size that is known once the program is called.
        calls = set(re.findall(r"custom_call @([\w.$]+)", exported.mlir_module()))
        assert calls <= {"shape_assertion", "stablehlo.dynamic_reduce_window"}


@pytest.fixture
def copied(packed, tmp_path):
    shutil.copytree(packed("looped, 4 bits")[0], tmp_path / "package")
    return tmp_path / "package"


def reseal(folder: pathlib.Path, **changes) -> None:
    package.seal(folder, json.loads((folder / "package.json").read_text()) | changes)


def test_puzzles_that_are_none(packed):
    loaded = stablehlo_run.Package(packed("looped, 4 bits")[0])
    with pytest.raises(stablehlo_run.PackageError, match="9 x 9 cells.*has 80"):
        loaded.read(PUZZLES[0][:80])
    with pytest.raises(stablehlo_run.PackageError, match="'x' at place 3 .* none of"):
        loaded.read("12x" + PUZZLES[0][3:])
    spaced = "\n".join([PUZZLES[0][:9] + " ", PUZZLES[0][9:]])
    np.testing.assert_array_equal(loaded.read(spaced), loaded.read(PUZZLES[0]))


def test_damage_is_told_in_a_sentence(copied):
    program = copied / "loop.stablehlo"
    content = program.read_bytes()
    program.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(UserError, match="loop.stablehlo is not what was packed"):
        stablehlo.predictor(copied)
    program.unlink()
    with pytest.raises(UserError, match="loop.stablehlo is missing"):
        stablehlo.predictor(copied)


def test_what_another_version_cannot_read_is_told_in_a_sentence(copied):
    (copied / "loop.stablehlo").write_bytes(b"of a version to come")
    reseal(copied)
    predict = stablehlo.predictor(copied)
    tokens = np.ones((1, 81), np.int32)
    with pytest.raises(UserError, match=rf"JAX {jax.__version__} .*install jax=="):
        predict(Batch(tokens, tokens, np.zeros(1, np.int32)))


def test_weights_of_another_model_are_told_in_a_sentence(copied):
    with np.load(copied / "weights.npz") as stored:
        arrays = dict(stored)
    name = next(iter(arrays))
    np.savez(copied / "weights.npz", **arrays | {name: arrays[name][:1]})
    reseal(copied)
    predict = stablehlo.predictor(copied)
    tokens = np.ones((1, 81), np.int32)
    with pytest.raises(UserError, match=f"has not the {name} of the program"):
        predict(Batch(tokens, tokens, np.zeros(1, np.int32)))


def test_no_package_and_one_of_another_format(copied, tmp_path):
    with pytest.raises(UserError, match="package.json cannot be read"):
        stablehlo.predictor(tmp_path)
    reseal(copied, format="onnx")
    with pytest.raises(UserError, match="is a package of onnx"):
        stablehlo.predictor(copied)
    (copied / "package.json").write_text("{")
    with pytest.raises(UserError, match="package.json is damaged"):
        stablehlo.predictor(copied)
