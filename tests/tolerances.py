"""The one table of tolerances: largest difference over largest value.

Never loosened to make a test pass.
"""

import numpy as np

RELATIVE = {
    # float32 against PyTorch's float32: the same sums in another order.
    "float32": 1e-5,
    # A whole segment: 12 to 18 blocks of such sums, each feeding the next.
    "segment": 3e-5,
    # The same run on other devices, over 20 to 30 steps: float32 sums in another
    # order, each step from the weights of the one before.
    "other devices": 1e-3,
    # bfloat16 keeps 8 bits, and the order of rounding differs between frameworks.
    "bfloat16": 4e-2,
}

# A recurrence may amplify rounding, and two right programs then differ by more. How
# much is measured, by witnesses: the same run with every weight rounded the other way.
# No error may exceed the largest difference that they show by more than this factor.
WITNESSES = 4
SPREAD = {"float32": 4.0, "bfloat16": 1.0}


def relative_error(actual, expected) -> float:
    """max |actual - expected| / max |expected|."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert actual.shape == expected.shape, (actual.shape, expected.shape)
    if actual.size == 0:
        return 0.0
    scale = np.abs(expected).max()
    return float(np.abs(actual - expected).max() / (scale if scale else 1.0))


def assert_close(
    actual, expected, kind: str = "float32", name: str = "", witnesses=()
) -> None:
    """`witnesses`: other values that rounding could have made of `actual`."""
    error = relative_error(actual, expected)
    allowed = RELATIVE[kind]
    for other in witnesses:
        allowed = max(allowed, SPREAD[kind] * relative_error(other, actual))
    assert error <= allowed, f"{name}: relative error {error:.2e}, not {allowed:.2e}"


# A rounding to each dtype, relative.
ROUNDING = {"float32": 2.0**-24, "bfloat16": 2.0**-9}


def assert_product_close(actual, expected, dtype: str, length: int) -> None:
    """A sum of `length` products of numbers of either sign, against the exact one.

    Its operands and itself are rounded to `dtype`, which does not grow with the length,
    and its partial sums to float32, which grows with the square root. The largest of
    many results shows up to four such deviations.
    """
    allowed = 4 * (ROUNDING[dtype] + ROUNDING["float32"] * length**0.5)
    error = relative_error(actual, expected)
    assert error <= allowed, f"relative error {error:.2e}, not {allowed:.2e}"
