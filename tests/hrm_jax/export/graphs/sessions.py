"""Graphs as ONNX Runtime runs them."""

import onnx
import onnxruntime


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
