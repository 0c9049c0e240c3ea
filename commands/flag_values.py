"""What the flags of a command line say, once their text is understood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from absl import flags

from data_pipeline.schema import UserError

_Split = TypeVar("_Split", bound=str)


def number(
    values: flags.FlagValues,
    name: str,
    default: float,
    *,
    whole: bool = False,
    least: float = 1,
    most: float = 1e9,
) -> float:
    """The number that a flag has.

    Raises:
      UserError: it is none, or out of bounds.
    """
    text = values[name].value
    if not text:
        return default
    try:
        found = int(text) if whole else float(text)
    except ValueError:
        found = None
    if found is None or not least <= found <= most:
        kind = "a whole number" if whole else "a number"
        raise UserError(
            f"--{name} is {text!r}, but it must be {kind} from {least:,.10g} to "
            f"{most:,.10g}."
        )
    return found


def drawn(values: flags.FlagValues) -> tuple[int, float]:
    """How many answers a model draws, and at which temperature.

    Raises:
      UserError: a number is wrong, or several are drawn where all are the same.
    """
    samples = int(number(values, "samples", 1, whole=True))
    temperature = number(values, "temperature", 0.0, least=0, most=10)
    if samples > 1 and not temperature:
        raise UserError(
            f"--samples={samples} of the most likely answer are all the same: draw "
            "others with --temperature=0.8."
        )
    return samples, temperature


def numbers(
    values: flags.FlagValues, name: str, default: Sequence[int]
) -> Sequence[int]:
    """The whole numbers between the commas of a flag, each once, in order.

    Raises:
      UserError: one is none.
    """
    text = values[name].value
    if not text:
        return default
    words = text.split(",")
    if not all(word.isdecimal() and int(word) for word in words):
        raise UserError(
            f"--{name} is {text!r}, but it must be whole numbers: --{name}=1,10."
        )
    return sorted({int(word) for word in words})


def split_of(values: flags.FlagValues, splits: Sequence[_Split]) -> _Split:
    """The split that --split names, of those that there are; without, the test split.

    Raises:
      UserError: there is no such split.
    """
    wanted = values.split or "test"
    for split in splits:
        if split == wanted:
            return split
    raise UserError(f"--split is {wanted!r}: take {' or '.join(splits)}.")
