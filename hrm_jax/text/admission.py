"""Which prompts have to be read, and which are there already, in another slot.

Whoever asks for several answers to a prompt has it read once: what a slot keeps of its
prompt does not change while it answers, nor afterwards, until another one comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

Prompt = tuple[int, ...]

_SHORTEST = 16


class Copy(NamedTuple):
    """A slot that is to have what another one, or itself, holds of the same prompt."""

    slot: int
    source: int


class Plan(NamedTuple):
    """In this order.

    Attributes:
      before: copies of what slots hold now.
      read: slots whose prompts are read.
      after: copies of what was read.
    """

    before: list[Copy]
    read: list[int]
    after: list[Copy]


def plan(held: Sequence[Prompt | None], wanted: Iterable[tuple[int, Prompt]]) -> Plan:
    """How slots come to prompts with as little reading as possible.

    Args:
      held: of each slot, the prompt that it has read last.
      wanted: slots that are free, each with the prompt that it is to have.
    """
    there = {prompt: slot for slot, prompt in enumerate(held) if prompt is not None}
    coming: dict[Prompt, int] = {}
    made = Plan([], [], [])
    for slot, prompt in wanted:
        if prompt in there:
            made.before.append(Copy(slot, there[prompt]))
        elif prompt in coming:
            made.after.append(Copy(slot, coming[prompt]))
        else:
            coming[prompt] = slot
            made.read.append(slot)
    return made


def lengths(context: int) -> list[int]:
    """Padded prompt lengths: powers of two below the context, and the context, so that
    few programs are compiled."""
    found = [_SHORTEST]
    while found[-1] < context:
        found.append(2 * found[-1])
    return [*found[:-1], context]


def length_of(prompt: Prompt, context: int) -> int:
    """The smallest of `lengths` that holds the prompt."""
    return next(length for length in lengths(context) if length >= len(prompt))


def few(slots: int) -> int:
    """How many prompts are read together, where not one alone: each other number would
    be a program of its own, and most prompts come one by one."""
    return max(1, slots // 4)


def padded(slots: list[int], count: int) -> list[int | None]:
    """Pads with None to `count` slots; a single slot stays single."""
    return [*slots, *[None] * (count - len(slots) if len(slots) > 1 else 0)]
