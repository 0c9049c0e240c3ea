"""Graphs as ONNX Runtime runs them."""

import functools

import numpy as np
import onnx
import onnxruntime
import pytest

from hrm_jax.export.graphs.builder import Graph


def started(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    """A session after the model has been checked."""
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # A product of a weight that is used once is fused, and would round activations.
    options.add_session_config_entry("session.qdq_matmulnbits_accuracy_level", "1")
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


@functools.cache
def overflows() -> bool:
    """Does MatMulInteger add pairs of terms in 16 bits, as on an x86 without VNNI?"""
    g = Graph()
    given = g.input("x", np.uint8, [1, 32])
    weights = g.weight("w", np.full((32, 16), 127, np.int8))
    g.output(g.op("MatMulInteger", given, weights), "y", np.int32, [1, 16])
    (found,) = started(g.model("sums")).run(
        None, {"x": np.full((1, 32), 255, np.uint8)}
    )
    return not np.all(found == 32 * 255 * 127)


def require_whole_sums() -> None:
    """Skips a test of 8-bit weights that a processor cannot multiply exactly."""
    if overflows():
        pytest.skip("on this processor MatMulInteger's sums of 8-bit weights overflow")
