"""Packages at full size, of small models."""

import numpy as np
import onnx
import pytest

from bench import packages
from hrm_jax.export.graphs import text as graphs
from tests.hrm_jax.export import drawn
from tests.hrm_jax.models.text import text


def test_what_a_token_moves_is_what_the_products_of_its_graph_read():
    config = text(h_layers=1, l_layers=2, tied_embedding=True)
    given = drawn.variables(config)
    graph = graphs.decode(config, given, 1, "nbits").graph
    stored = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    # The head is the table of tokens, turned.
    turned = {
        node.output[0]: node.input[0] for node in graph.node if node.op_type != "MatMul"
    }
    read = [
        stored.get(name, stored.get(turned.get(name, ""), np.zeros(0)))
        for node in graph.node
        if node.op_type == "MatMul"
        for name in node.input
    ]
    wanted = sum(array.nbytes for array in read)
    assert packages._moved(config, given, "nbits") == wanted
    # Where activations are rounded, a number of the head is a byte.
    head = given.params["token_embedding"]["embedding"].size
    assert packages._moved(config, given, "integer") == wanted - 3 * head


@pytest.mark.slow
@pytest.mark.parametrize(
    "config, work", [("text.py:tiny", "64 tokens"), ("default.py", "a puzzle of 8")]
)
def test_each_package_is_timed(config, work, capsys):
    packages.main([f"--config=configs/{config}", "--rounds=1", "--cases=8 bits;4 bits"])
    head, first, second, probe = capsys.readouterr().out.splitlines()
    assert f"{work}, s" in head and "over 8 bits" in head
    assert first.startswith("8 bits ") and second.startswith("4 bits ")
    assert first.split()[-1] == "1.00" and float(second.split()[-1]) > 0
    assert probe.startswith("2 threads read ")
