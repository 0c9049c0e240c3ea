"""Default settings of a search; `--settings=FILE.json` overrides them.

They are not part of a run's config: the same run can be searched with in many ways.
"""

from __future__ import annotations

from ml_collections import ConfigDict


def get_config() -> ConfigDict:
    return ConfigDict(
        {
            # of how children are compared; sqrt(2) is UCB1's own, for many more visits
            "exploration": 0.3,
            # of N candidates at most ceil(fresh_widening N^widening_power) are fresh;
            # one with N at and below it has ceil(repair_widening N^widening_power)
            # repairs at most; none is counted that was there before
            "fresh_widening": 2.0,
            "repair_widening": 1.0,
            "widening_power": 0.6,
            # in turn, after the most likely first sample of a problem
            "temperatures": (0.6, 0.8, 1.0),
            # of answers that all differ: what a low one repeats is not drawn here
            "distinct_temperature": 0.3,
            # candidates of a problem that are made at once; of such that differ, one
            "batch": 4,
            # share of a value head, if there is one, in what a candidate is worth
            "value_weight": 0.0,
            # else what is left after a candidate has passed all public tests goes to
            # fresh ones, for the vote
            "stop_when_passed": False,
        }
    )
