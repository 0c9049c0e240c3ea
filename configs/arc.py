"""ARC-AGI-1 and -2: the published recipes, ours, and a tiny one.

    python main.py fetch arc1 arc2 conceptarc
    python main.py --config=configs/arc.py:tiny --workdir=runs/arc
    python main.py evaluate --workdir=runs/arc

Files in Kaggle's format also work: set data.arc_training and data.arc_evaluation.

| preset    | parameters       | pass@2 | published hardware, time (arXiv) |
| --------- | ---------------- | ------ | -------------------------------- |
| arc1_hrm  | 27 M + puzzles   | 40.3 % | 8 GPUs, 24 h (2506.21734)        |
| arc2_hrm  | 27 M + puzzles   | 5.0 %  | 8 GPUs, 24 h (2506.21734)        |
| arc1_trm  | 7 M + puzzles    | 44.6 % | 4 H100, 3 days (2510.04871)      |
| arc2_trm  | 7 M + puzzles    | 7.8 %  | 4 H100, 3 days (2510.04871)      |
| arc1_best | 13.7 M + puzzles | ?      | none: ours, not run              |
| arc2_best | 13.7 M + puzzles | ?      | none: ours, not run              |
| tiny      | 0.24 M           | ?      | none: ours; 2 CPU cores, an hour |

We have run none of these to the end. `tiny` with --config.train.steps=400 took 10
minutes on 2 busy CPU cores; of the 45 tests that fit on its canvas and whose answers we
have, it predicted half of the cells correctly and solved none. (With
optim.learning_rate=2e-3 it had learned nothing after 520 steps.) The hour in the table
is an estimate.

In the published recipes each augmentation of a task has a vector of 512 numbers, about
half a billion in all for ARC-1. There is no validation: training uses all pairs, and
the last checkpoint counts. Two tasks of ARC-1's evaluation set are left out: their
answers occur in its training set under other ids; the published scores count them.

`best` is TRM's training of URM's reasoner (2512.14693; zitian-gao/URM, UbiquantAI/URM),
which has the highest published scores, 53.8 % and 16.0 % pass@1, of the small models
trained only on these data. One latent is looped 12 times through four layers with a
convolution over two cells, the last 6 calls carry gradient, puzzle vectors learn at
1e-4, ARC-2 uses Muon, and both train twice as long: expect days on 8 GPUs. All 1,000
augmentations are kept. SE-RRM (2603.02193) needs only 8 (45.3 % and 7.1 %), but only
because it is equivariant to colours: `model.equivariant`, at ten times the latents.

Steps correspond to 100,000 epochs: an epoch, as in the published code, takes every pair
of every task once, so it has (number of pairs) / 768 steps. TRM's released checkpoints
are from steps 518,071 and 723,914. HRM trained for ARC-2 without ConceptARC.
"""

from configs import Config, default, published

PRESETS = (
    *("tiny", "arc1_hrm", "arc1_trm", "arc1_best"),
    *("arc2_hrm", "arc2_trm", "arc2_best"),
)

_FOLDER = "data/downloads"
_CONCEPT = f"{_FOLDER}/conceptarc/corpus"
_IN_TRAINING = ("070dd51e", "50a16a69")


def get_config(preset: str = "tiny") -> Config:
    published.require(preset, PRESETS, "configs/arc.py")
    config = default.get_config()
    config.data.dataset = "arc"
    config.data.num_validation = 0
    arc = preset.partition("_")[0] if preset != "tiny" else "arc1"
    config.data.arc_training = (f"{_FOLDER}/{arc}/data/training", _CONCEPT)
    config.data.arc_evaluation = (f"{_FOLDER}/{arc}/data/evaluation",)
    if arc == "arc1":
        config.data.arc_leave_out = _IN_TRAINING
    if preset == "tiny":
        _set_tiny(config)
        return config

    if preset.endswith("hrm"):
        published.set_hrm(config)
    else:
        published.set_trm(config, l_cycles=4)
    config.train.steps = 518_071 if arc == "arc1" else 723_914
    if preset == "arc2_hrm":
        config.data.arc_training = config.data.arc_training[:1]
        config.train.steps = 606_000
    config.optim.weight_decay = 0.1
    config.optim.puzzle_learning_rate = 1e-2
    config.optim.puzzle_weight_decay = 0.1
    config.train.eval_every = 0
    config.evaluation.batch_size = 512
    config.evaluation.slots = 512
    if preset.endswith("best"):
        _set_best(config, arc)
    return config


def _set_best(config: Config, arc: str) -> None:
    """URM's reasoner instead of TRM's, for twice the steps."""
    published.set_loop(config, calls=12, gradient_window=6)
    config.model.l_layers = 4
    config.model.conv_width = 2
    config.model.prefix_len = 1
    config.optim.puzzle_learning_rate = 1e-4
    config.train.steps *= 2
    if arc == "arc2":
        config.optim.name = "muon"


def _set_tiny(config: Config) -> None:
    """Small grids, few augmentations, the demo's reasoner with a vector a puzzle."""
    config.slots = 32
    config.data.max_size = 10
    config.data.augmentations = 2
    config.data.num_validation = 20
    config.model.l_cycles = 1
    config.model.attention_scopes = ()
    config.model.positions = "learned"
    config.model.puzzle_width = config.model.get_ref("width") + 0  # see decay_steps
    config.halting.max_segments = 2
    config.optim.learning_rate = 1e-3
    # A puzzle is seen a few times only.
    config.optim.puzzle_learning_rate = 0.05
    config.train.steps = 3000
    config.evaluation.batch_size = 64
    config.evaluation.slots = 64
