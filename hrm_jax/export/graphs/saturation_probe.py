"""A product of whole numbers that shows whether a processor adds them up whole.

An x86 without VNNI adds pairs of terms in 16 bits, which large ones exceed:
MatMulInteger is wrong there, and a package that computes with it asks this graph first.
"""

from __future__ import annotations

import numpy as np
import onnx

from hrm_jax.export.graphs.builder import Graph

FILE = "sums.onnx"
_TERMS, _COLUMNS = 32, 16


def model() -> onnx.ModelProto:
    """Of the largest numbers of 8 bits, to `whole`, bool `[]`: is each sum right?"""
    g = Graph()
    unsigned = g.weight("x", np.full((1, _TERMS), 255, np.uint8))
    signed = g.weight("w", np.full((_TERMS, _COLUMNS), 127, np.int8))
    sums = g.op("MatMulInteger", unsigned, signed)
    least, most = (
        g.op(kind, sums, g.constant([0, 1], np.int64), keepdims=0)
        for kind in ("ReduceMin", "ReduceMax")
    )
    right = g.constant(_TERMS * 255 * 127, np.int32)
    both = g.op("Equal", least, right), g.op("Equal", most, right)
    g.output(g.op("And", *both), "whole", np.bool_, [])
    return g.model("sums")
