"""The one table of tolerances: largest difference over largest value.

Never loosened to make a test pass.
"""

import numpy as np

RELATIVE = {
    # float32 against PyTorch's float32: the same sums in another order.
    "float32": 1e-5,
    # A whole segment: 12 to 18 blocks of such sums, each feeding the next.
    "segment": 3e-5,
    # bfloat16 keeps 8 bits, and the order of rounding differs between frameworks.
    "bfloat16": 4e-2,
}


def relative_error(actual, expected) -> float:
    """max |actual - expected| / max |expected|."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert actual.shape == expected.shape, (actual.shape, expected.shape)
    if actual.size == 0:
        return 0.0
    scale = np.abs(expected).max()
    return float(np.abs(actual - expected).max() / (scale if scale else 1.0))


def assert_close(actual, expected, kind: str = "float32", name: str = "") -> None:
    error = relative_error(actual, expected)
    assert error <= RELATIVE[kind], f"{name}: relative error {error:.2e}"
