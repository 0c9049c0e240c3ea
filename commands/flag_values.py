"""What the flags of a command line say, once their text is understood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

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


class Drawing(NamedTuple):
    """How a model draws answers, and how many; see `endpoint.Sampling`."""

    samples: int
    temperature: float
    top_p: float
    seed: int


def drawn(values: flags.FlagValues) -> Drawing:
    """What the flags say of it. With --generate, its seed is also of something else.

    Raises:
      UserError: a number is wrong, or means nothing where all answers are the same.
    """
    found = Drawing(
        int(number(values, "samples", 1, whole=True)),
        number(values, "temperature", 0.0, least=0, most=10),
        number(values, "top_p", 1.0, least=0, most=1),
        int(number(values, "seed", 0, whole=True, least=0)),
    )
    if found.temperature:
        return found
    if found.samples > 1:
        raise UserError(
            f"--samples={found.samples} of the most likely answer are all the same: "
            "draw others with --temperature=0.8."
        )
    idle = ["top_p"] if found.top_p < 1 else []
    idle += ["seed"] if found.seed and not values.generate else []
    for name in idle:
        raise UserError(
            f"With --{name}={values[name].value} the most likely answer is the same: "
            "draw others with --temperature=0.8, or leave it out."
        )
    return found


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
