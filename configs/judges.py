"""The heads that judge programs in a search, and how they are fitted.

    python main.py judges --workdir=runs/text

Not part of a run's config: heads are fitted to an existing run. Two of them have 6 % of
the parameters of `configs/text.py:tiny` and are fitted within a minute on two cores,
once their programs have been sampled and executed.
"""

from ml_collections import ConfigDict

from configs import Config


def get_config() -> Config:
    config = ConfigDict()

    # hrm_jax/models/judges.py says what each field means.
    config.heads = heads = ConfigDict()
    heads.width = 64
    heads.heads = 4
    heads.rounds = 3

    # hrm_jax/search/fitting.py
    config.fit = fit = ConfigDict()
    fit.learning_rate = 1e-3
    fit.weight_decay = 0.1
    fit.b1 = 0.9
    fit.b2 = 0.99
    fit.steps = 600
    fit.batch = 64
    fit.check_every = 20

    # Finalists of a problem, at most.
    config.finalists = 8
    # Share of the training tasks on which the best step is chosen.
    config.held_out = 0.2
    # How many of the public tests the debate is shown in training, one row for each
    # number; -1 shows all. With fewer tests more programs are in question.
    config.tests_shown = (0, 1, 2, -1)

    return config
