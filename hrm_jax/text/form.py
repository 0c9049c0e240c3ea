"""How a run of text says what it says: as the data say it that it was trained on last.

Reinforcement teaches a run by its own answers, and so leaves their form as it was. A
run keeps it in its record. Those of earlier versions did not: of them the configs tell.
"""

from __future__ import annotations

import json
import pathlib
from typing import NamedTuple

from configs import Config
from hrm_jax import saved_config
from hrm_jax.text import learned

KEY = "form"
"""In the record."""


class Form(NamedTuple):
    """How a run says what it says.

    Attributes:
      edits: of some answers, as edits that write a program.
      plans: with a plan before a program.
      backward: it reads programs and says what was asked.
    """

    edits: bool
    plans: bool
    backward: bool

    @property
    def whole_programs(self) -> bool:
        """Are answers programs from their first line on, not edits or plans?"""
        return not self.edits and not self.plans

    def joined(self, other: Form) -> Form:
        """That of a run which may answer in the one or the other."""
        return Form(*map(max, self, other))


def of_config(config: Config) -> Form:
    """That of the data of a config."""
    data = config.data
    plans, backward = data.plan == "before", data.direction == "backward"
    return Form(data.edits > 0, plans, backward)


def of_run(workdir: pathlib.Path) -> Form:
    """That of the run in a workdir, whose config is kept there: of one that was
    reinforced that of the run which it began with, as far as it can be read.

    Raises:
      UserError: there is no such run.
    """
    found: Form | None = None
    for run, config in saved_config.readable_lineage(workdir):
        recorded = _recorded(run)
        found = recorded or of_config(config)
        if recorded or config.rl.objective == "none":
            break
    assert found is not None, "the run itself"
    return found


def _recorded(run: pathlib.Path) -> Form | None:
    try:
        kept = json.loads((run / learned.RECORD).read_text(encoding="utf-8"))[KEY]
        return Form(*(bool(kept[name]) for name in Form._fields))
    except (OSError, ValueError, KeyError, TypeError):
        return None
