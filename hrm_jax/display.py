"""What a person sees of a run in training: a live line, or plain lines in a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import rich.console
import rich.progress

_SHOWN = (
    ("train/answer_loss", "loss", ".4f"),
    ("train/exact_match", "solved", ".1%"),
    ("train/mean_segments", "segments", ".1f"),
    ("train/calls", "calls", ".0f"),
    ("eval/exact_match", "validation: solved", ".1%"),
    ("eval/token_accuracy", "cells right", ".1%"),
)
_SHOWN_OF_TEXT = (
    ("rollout/reward", "drawn: reward", ".3f"),
    ("rollout/passed", "passed", ".1%"),
    ("rollout/skipped", "groups skipped", ".0%"),
    ("rollout/length", "tokens each", ".0f"),
    ("rollout/tokens_per_second", "a second", ".0f"),
    ("train/answer_loss", "loss", ".4f"),
    ("train/kl_behaviour", "KL", ".2e"),
    ("train/clipped", "clipped", ".1%"),
    ("train/exact_match", "rows exact", ".1%"),
    ("train/calls", "calls", ".0f"),
    ("eval/exact_match", "validation: answers exact", ".1%"),
    ("eval/token_accuracy", "tokens right", ".1%"),
)


class Display:
    """Shows metrics and the time left; a context manager.

    In a terminal one line moves, and evaluations stay above it. Elsewhere each report
    is a line of its own.
    """

    def __init__(
        self,
        start_step: int,
        total_steps: int,
        of_text: bool = False,
        costs: Sequence[int] | None = None,
        console: rich.console.Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        """Args:
        costs: of the first 0, 1, ..., `total_steps` steps, in any unit; without, all
          steps cost the same.
        """
        self._total = total_steps
        self._costs = costs or range(total_steps + 1)
        self._shown = _SHOWN_OF_TEXT if of_text else _SHOWN
        self._clock = clock
        self._origin: tuple[int, float] | None = None
        self._console = console or rich.console.Console(highlight=False)
        self._live = self._console.is_terminal and not self._console.is_dumb_terminal
        self._bar = rich.progress.Progress(
            rich.progress.TextColumn("step {task.completed:,.0f}/{task.total:,.0f}"),
            rich.progress.BarColumn(bar_width=8),
            rich.progress.TextColumn("{task.fields[note]}"),
            rich.progress.TextColumn("{task.fields[left]}"),
            console=self._console,
            disable=not self._live,
        )
        self._task = self._bar.add_task(
            "train", total=total_steps, completed=start_step, note="compiling", left=""
        )

    def __enter__(self) -> Display:
        self._bar.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self._bar.stop()

    def tick(self, step: int) -> None:
        """Tells that a step is done; costs nothing."""
        # The first step compiles, so the clock starts after it.
        self._origin = self._origin or (step, self._clock())
        self._bar.update(self._task, completed=step, left=self._time_left(step))

    def show(self, step: int, values: dict[str, float]) -> None:
        """Shows a report: names such as "train/answer_loss"."""
        note = "  ".join(
            f"{label} {format(values[name], style)}"
            for name, label, style in self._shown
            if name in values
        )
        evaluated = any(name.startswith("eval/") for name in values)
        if self._live and not evaluated:
            self._bar.update(self._task, note=note)
            return
        words = [f"step {step:,}/{self._total:,}", note]
        if not self._live and not evaluated:
            words.append(self._time_left(step))
        line = "  ".join(word for word in words if word)
        self._console.print(line, soft_wrap=True, markup=False)

    def _time_left(self, step: int) -> str:
        """Judged by all steps of this process, evaluations included."""
        if self._origin is None or step == self._origin[0] or step >= self._total:
            return ""
        first, began = self._origin
        done = self._costs[step] - self._costs[first]
        left = self._costs[self._total] - self._costs[step]
        seconds = (self._clock() - began) / done * left
        minutes, seconds = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02} left"
