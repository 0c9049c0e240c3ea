"""Which search settings evolution may change, and how it proceeds.

python main.py evolve --workdir=runs/text --output=runs/evolved
"""

from ml_collections import ConfigDict

from configs import Config


def get_config() -> Config:
    return ConfigDict(
        {
            # settings that are measured, the first of them those of configs/search.py
            "members": 16,
            # see `hrm_jax.search.archive.EvolutionConfig`
            "pressure": 2.0,
            # values of numbers in their order, of which a mutation takes a neighbour;
            # those of configs/search.py must be among them
            "numbers": {
                "exploration": (0.1, 0.3, 0.6, 1.0, 1.5),
                "fresh_widening": (1.0, 2.0, 3.0, 4.0),
                "repair_widening": (0.5, 1.0, 2.0, 3.0),
                "widening_power": (0.3, 0.45, 0.6, 0.8),
                "temperatures": (
                    *((0.4,), (0.6,), (0.6, 0.8), (0.6, 0.8, 1.0)),
                    *((0.8,), (0.8, 1.0, 1.2)),
                ),
                "distinct_temperature": (0.1, 0.2, 0.3, 0.45, 0.6, 0.8),
                "batch": (1, 2, 4, 8),
            },
            "choices": {
                "rule": (
                    "flat",
                    "signature",
                    "distinct",
                    "ucb",
                    "puct",
                    "ucb_distinct",
                ),
                "stop_when_passed": (False, True),
            },
            # only where the run has judges
            "judged_numbers": {"value_weight": (0.0, 0.25, 0.5, 0.75)},
            "judged_choices": {"debate": (False, True)},
        }
    )
