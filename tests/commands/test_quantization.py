"""A run that is trained for 4 bits, from its training to its package."""

import json
import pathlib
import shutil

import numpy as np
import pytest

from commands import flags, start
from commands.trained import Trained
from data_pipeline import batches, datasets
from data_pipeline.schema import Batch
from hrm_jax import experiment, saved_config
from hrm_jax.export import fidelity, package, trajectory
from hrm_jax.export.choice import Choice
from hrm_jax.models import matrices
from hrm_jax.quantization import QuantizationConfig
from kernels import quantized_matmul
from kernels.quantized_matmul import formats

FOUR = QuantizationConfig(bits=4, block=32)


@pytest.fixture(scope="module")
def quantized(trained, tmp_path_factory) -> pathlib.Path:
    """The weights of a run, as those that one moves which is trained for 4 bits."""
    workdir = tmp_path_factory.mktemp("quantized") / "run"
    shutil.copytree(trained, workdir)
    config = saved_config.load(workdir)
    config.quantization.bits = FOUR.bits
    text = json.dumps(saved_config.plain(config))
    (workdir / saved_config.CONFIG_FILE).write_text(text)
    return workdir


def loaded(workdir: pathlib.Path) -> Trained:
    return Trained.of(flags.parse(["main.py", "evaluate", f"--workdir={workdir}"]))


def rounded(run: Trained) -> dict[str, quantized_matmul.Quantized]:
    """To the nearest, as `export` does it."""
    return {
        name: quantized_matmul.quantize(
            matrix, *formats.format_of(len(matrix), FOUR.bits, FOUR.block)
        )
        for name, matrix in matrices.of(run.weights.variables.params).items()
    }


def test_it_answers_with_the_weights_of_its_package(trained, quantized):
    floats, run = loaded(trained), loaded(quantized)
    stored = rounded(run)
    assert {matrix.bits for matrix in stored.values()} == {4, 8}, "48 has no block"
    for name, matrix in rounded(floats).items():  # of what it moves
        np.testing.assert_array_equal(matrix.values, stored[name].values)
    packed = matrices.dequantized(matrices.replaced(run.weights.variables, stored))
    model, segments = run.train_config.model, run.evaluation.max_segments
    (batch,) = batches.split(run.held_out(16), 16)
    found = fidelity.measure(
        trajectory.follower(model, segments, run.evaluation.seed),
        run.train_config.halting,
        run.weights,
        {"packed": packed, "floats": floats.weights.variables},
        [Batch(*batch[:3])],
    )
    assert found["packed"].same.all()
    np.testing.assert_allclose(found["packed"].cosine, 1, atol=1e-5)
    assert found["floats"].cosine[-1] < 0.9999, "4 bits are seen"


def test_another_run_begins_with_what_it_moves(trained, quantized):
    config = saved_config.load(trained)
    task = datasets.task(config.data)
    train_config = experiment.train_config(config, task.dimensions)
    theirs = matrices.of(start.weights_of(quantized, task, train_config).params)
    for name, matrix in matrices.of(loaded(trained).weights.variables.params).items():
        np.testing.assert_array_equal(matrix, theirs[name])


def test_a_run_keeps_its_bits(quantized, run):
    for command in ("evaluate", "export"):
        words = f"--workdir={quantized}", "--config.quantization.bits=0"
        code, _, err = run(command, *words)
        assert code == 2 and "holds a run with quantization.bits = 4" in err


def test_silent_flags_choose_what_it_was_trained_for():
    silent = dict.fromkeys(("format", "bits", "rounding", "block", "products"))
    trained_for = QuantizationConfig(bits=4, block=64)
    found = Choice.of(trained_for, False, **silent)
    assert (found.bits, found.rounding, found.block) == (4, "nearest", 64)
    found = Choice.of(trained_for, False, **silent | {"bits": "8"})
    assert (found.bits, found.rounding) == (8, "mixed")
    found = Choice.of(QuantizationConfig(bits=0, block=64), False, **silent)
    assert (found.bits, found.rounding, found.block) == (8, "mixed", 32)


@pytest.mark.slow
def test_tuned_exported_and_verified(trained, overrides, run, tmp_path):
    """For real: the package of a tuned run answers as it does, to the last puzzle."""
    words = [f"--workdir={tmp_path / 'run'}", *overrides]
    tuning = "--config.quantization.bits=4", f"--config.train.start_from={trained}"
    code, out, err = run("train", *words, *tuning, "--config.train.steps=20")
    assert code == 0 and "Beginning with the weights" in out, err
    code, _, err = run("export", words[0], f"--output={tmp_path / 'package'}")
    assert code == 0, err
    made = package.read(tmp_path / "package")
    assert (made["bits"], made["rounding"], made["block"]) == (4, "nearest", 32)
    verified = json.loads((tmp_path / "package" / package.VERIFICATION).read_text())
    assert verified["same_answer"] == verified["same_segments"] == 1
    code, _, err = run("fidelity", words[0])
    assert code == 0, err
    found = json.loads((tmp_path / "run" / "fidelity.json").read_text())["variants"]
    assert found["int4 nearest"]["same_answer"] == 1
    assert found["int4 nearest"]["points_over_float"] == 0
