"""Graphs as ONNX Runtime runs them."""

import functools

import onnx
import onnxruntime
import pytest

from hrm_jax.export.graphs import saturation_probe


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
    (whole,) = started(saturation_probe.model()).run(None, {})
    return not whole


def require_whole_sums() -> None:
    """Skips a test of 8-bit weights that a processor cannot multiply exactly."""
    if overflows():
        pytest.skip("on this processor MatMulInteger's sums of 8-bit weights overflow")
