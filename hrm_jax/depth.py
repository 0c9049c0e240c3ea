"""How deep a model reasons while it learns: few cycles at first, all of them later.

Early on, many shallow steps teach more than few deep ones of the same cost, and what
they teach serves the whole depth, which is reached in stages: the progressive depth
curriculum of CGAR (arXiv:2511.08653). Independently of it, HRM-Text lets the gradient
flow through ever more calls (arXiv:2605.20613). The parameters are those of the whole
depth all the time.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
from typing import NamedTuple

from data_pipeline.schema import UserError
from hrm_jax.models.config import ReasonerConfig

_STAGE = re.compile(r"(\d*\.?\d+):([1-9]\d*)x([1-9]\d*)")


class Stage(NamedTuple):
    """A part of training in which segments are shorter.

    Attributes:
      end: the step with which it ends.
      h_cycles, l_cycles: instead of the model's.
    """

    end: int
    h_cycles: int
    l_cycles: int


@dataclasses.dataclass(frozen=True)
class DepthSchedule:
    """Which cycles, and which gradient window, each training step has.

    Attributes:
      model: with the cycles and the window of the end.
      stages: that come first; the model's own depth follows.
      first_window: gradient window to begin with, which grows to the model's by one
        call after the other; 0 for the same window all the time.
      window_steps: in which it grows.
    """

    model: ReasonerConfig
    stages: tuple[Stage, ...]
    first_window: int
    window_steps: int

    def at(self, step: int) -> ReasonerConfig:
        """The model as it is trained after so many steps."""
        return self._model(*self._cycles(step), self._window(step))

    def is_whole(self, step: int) -> bool:
        """Does the step that follows so many have all of the model's cycles?"""
        return self._cycles(step) == (self.model.h_cycles, self.model.l_cycles)

    def costs(self, steps: int) -> list[int]:
        """What the first 0, 1, ..., `steps` steps cost, in module calls forward, those
        of the gradient window three times: about proportional to their time."""

        @functools.cache
        def cost(h_cycles: int, l_cycles: int, window: int) -> int:
            model = self._model(h_cycles, l_cycles, window)
            return model.module_calls + 2 * model.gradient_window

        each = (cost(*self._cycles(step), self._window(step)) for step in range(steps))
        return list(itertools.accumulate(each, initial=0))

    def _model(self, h_cycles: int, l_cycles: int, window: int) -> ReasonerConfig:
        shallow = dataclasses.replace(
            self.model, h_cycles=h_cycles, l_cycles=l_cycles, gradient_window=1
        )
        # Where there are fewer calls than that, the gradient goes through all of them.
        window = min(window, shallow.module_calls)
        return dataclasses.replace(shallow, gradient_window=window)

    def _cycles(self, step: int) -> tuple[int, int]:
        for end, h_cycles, l_cycles in self.stages:
            if step < end:
                return h_cycles, l_cycles
        return self.model.h_cycles, self.model.l_cycles

    def _window(self, step: int) -> int:
        first, last = self.first_window, self.model.gradient_window
        if not first or step >= self.window_steps:
            return last
        return first + (last - first) * step // self.window_steps


def stages(
    texts: tuple[str, ...], steps: int, h_cycles: int, l_cycles: int
) -> tuple[Stage, ...]:
    """Reads "SHARE:HxL", such as "0.5:1x2": half of the steps with one H-cycle of two
    L-cycles.

    Args:
      steps: that the shares are of.
      h_cycles, l_cycles: of the model.

    Raises:
      UserError: one is of another form, or deeper than the model.
    """
    found: list[Stage] = []
    share = 0.0
    for text in texts:
        match = _STAGE.fullmatch(text)
        if match is None:
            raise UserError(
                f"train.depths holds {text!r}, but a stage is SHARE:HxL, such as "
                "0.5:1x2: half of the steps with one H-cycle of two L-cycles."
            )
        share += float(match[1])
        stage = Stage(round(share * steps), int(match[2]), int(match[3]))
        if stage.h_cycles > h_cycles or stage.l_cycles > l_cycles:
            raise UserError(
                f"train.depths holds {text!r}, which is deeper than the model with "
                f"model.h_cycles = {h_cycles} and model.l_cycles = {l_cycles}."
            )
        found.append(stage)
    return tuple(found)
