"""Products in each form against NumPy."""

import jax.numpy as jnp
import numpy as np
import pytest

from hrm_jax.export.graphs.builder import Graph
from hrm_jax.export.graphs.products import FORMS, MatrixWriter
from kernels import quantized_matmul
from tests.hrm_jax.export.graphs.sessions import require_whole_sums, started
from tests.tolerances import assert_close, relative_error

ROWS = 7


def product(
    x, matrix, form: str, count: int = 1, few_rows: bool = False
) -> list[np.ndarray]:
    g = Graph()
    given = g.input("x", np.float32, ["rows", x.shape[-1]])
    parts = MatrixWriter(form, np.float32, few_rows).products(
        g, given, "w", matrix, count
    )
    width = matrix.shape[-1] // count
    for i, part in enumerate(parts):
        g.output(part, f"y{i}", np.float32, ["rows", width])
    return started(g.model("product")).run(None, {"x": x})


def draw(rows: int, columns: int, bits: int, block: int | None):
    rng = np.random.default_rng(rows)
    # Rows of very different sizes, as tokens may be.
    x = rng.standard_normal((ROWS, rows)) * np.logspace(-3, 3, ROWS)[:, None]
    w = jnp.asarray(rng.standard_normal((rows, columns)), jnp.float32)
    return x.astype(np.float32), quantized_matmul.quantize(w, bits, block)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "rows, bits, block",
    [(128, 4, 32), (128, 4, 64), (256, 4, 128), (384, 8, None), (97, 8, None)],
)
def test_products_are_of_what_the_numbers_stand_for(rows, bits, block, form):
    if form == "integer" and bits == 8:
        require_whole_sums()
    x, matrix = draw(rows, 24, bits, block)
    whole = np.asarray(quantized_matmul.dequantize(matrix), np.float64)
    for few_rows in (False, True):
        seen = x.astype(np.float64)
        if form == "integer" and bits == 8 and not few_rows:
            seen = _rounded(x)
        elif form == "integer":
            seen = _rounded_in_blocks(x, block or 128)
        for count in (1, 3):
            parts = product(x, matrix, form, count, few_rows)
            got = np.concatenate(parts, axis=-1)
            for row in range(ROWS):
                assert_close(got[row], (seen @ whole)[row])


def _rounded(x: np.ndarray) -> np.ndarray:
    """By steps of the 255th part of what the rows span, each as large as the others."""
    largest = np.abs(x).max(-1, keepdims=True)
    even = x / largest
    step = np.float32((even.max() - even.min()) / 255)
    zero = np.round(-even.min() / step)
    return (np.clip(np.round(even / step) + zero, 0, 255) - zero) * step * largest


def _rounded_in_blocks(x: np.ndarray, block: int) -> np.ndarray:
    """By steps of the 127th part of the largest of so many neighbours."""
    padded = np.pad(x, ((0, 0), (0, -x.shape[1] % block)))
    blocks = padded.reshape(len(x), -1, block)
    step = np.abs(blocks).max(-1, keepdims=True) / np.float32(127)
    return (np.round(blocks / step) * step).reshape(padded.shape)[:, : x.shape[1]]


@pytest.mark.parametrize("rows", [32, 97, 384])
def test_halves_of_8_bits_are_the_same_numbers(rows):
    x, matrix = draw(rows, 24, 8, None)
    whole, halves = (
        product(x, matrix, "nbits", few_rows=few_rows) for few_rows in (False, True)
    )
    for row in range(ROWS):
        assert_close(halves[0][row], whole[0][row])


def test_halves_hold_every_number():
    values = np.arange(-127, 128, dtype=np.int8)[None].repeat(16, 0)
    scales = jnp.ones((1, 255), jnp.float32)
    matrix = quantized_matmul.Quantized(jnp.asarray(values), scales)
    (got,) = product(np.eye(16, dtype=np.float32), matrix, "nbits", few_rows=True)
    np.testing.assert_array_equal(got, values)


def test_a_row_of_zeros_stays_one():
    x, matrix = draw(64, 8, 8, None)
    x[2] = 0
    (got,) = product(x, matrix, "integer")
    assert not got[2].any() and np.isfinite(got).all()


def test_rows_do_not_depend_on_each_other():
    """Where a row holds both ends of the scale, as those of a board do together."""
    x, matrix = draw(64, 8, 8, None)
    x[:, 0], x[:, 1] = np.abs(x).max(-1), -np.abs(x).max(-1)
    (all_rows,) = product(x, matrix, "integer")
    for row in range(ROWS):
        (alone,) = product(x[row : row + 1], matrix, "integer")
        np.testing.assert_array_equal(alone[0], all_rows[row])


def test_sums_that_16_bits_hold_are_whole_on_any_processor():
    x, matrix = draw(384, 24, 8, None)
    half = matrix._replace(values=jnp.asarray(np.asarray(matrix.values) // 2))
    (got,) = product(x, half, "integer")
    wanted = _rounded(x) @ np.asarray(quantized_matmul.dequantize(half), np.float64)
    for row in range(ROWS):
        assert_close(got[row], wanted[row])


def test_8_bits_of_activations_cost_a_percent():
    require_whole_sums()
    x, matrix = draw(512, 64, 8, None)
    (exact,) = product(x, matrix, "standard")
    (rounded,) = product(x, matrix, "integer")
    for row in range(ROWS):
        assert 1e-4 < relative_error(rounded[row], exact[row]) < 2e-2


def test_unknown_forms_are_refused():
    with pytest.raises(ValueError, match="whole is no form"):
        MatrixWriter("whole", np.float32)
