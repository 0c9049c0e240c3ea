"""Sudoku-Extreme, 1,000 training puzzles: the published recipes, line for line.

    python main.py fetch sudoku_extreme
    python main.py --config=configs/sudoku_extreme.py:hrm --workdir=runs/hrm

| preset        | parameters | exact match | published hardware, time (arXiv) |
| ------------- | ---------- | ----------- | -------------------------------- |
| hrm           | 27.3 M     | 55.0 %      | 8 GPUs, 10 min (2506.21734)      |
| trm_attention | 6.8 M      | 74.7 %      | 1 L40S, 36 h (2510.04871)        |
| trm_mlp       | 5.0 M      | 87.4 %      | 1 L40S, 36 h (2510.04871)        |

The published counts of steps are kept: an epoch there is one step's batch of puzzles
*offered*; here it would be puzzles *used*, so steps are what can be compared.
None of them has been run to the end by us.
"""

from configs import Config, default
from data_pipeline.schema import UserError

PRESETS = ("hrm", "trm_attention", "trm_mlp")


def get_config(preset: str = "hrm") -> Config:
    if preset not in PRESETS:
        raise UserError(
            f"configs/sudoku_extreme.py has no preset {preset!r}; it has "
            f"{', '.join(PRESETS)}."
        )
    config = default.get_config()
    config.slots = 768

    config.data.dataset = "sudoku_extreme"
    config.data.box_rows = 3
    config.data.box_cols = 3
    config.data.num_train = 1000
    config.data.num_test = 0  # all of the file
    config.data.num_validation = 1000

    config.model.width = 512
    config.model.num_heads = 8
    config.model.attention_scopes = ()
    config.model.positions = "rotary"
    config.model.expansion = 4.0
    config.model.feed_forward_multiple = 256
    config.model.puzzle_width = 512
    config.model.dtype = "bfloat16"

    config.halting.max_segments = 16
    config.loss.token_loss = "stablemax"

    config.optim.learning_rate = 1e-4
    config.optim.warmup_steps = 2000
    config.optim.final_fraction = 1.0  # constant after the warm-up
    config.optim.weight_decay = 1.0
    config.optim.puzzle_learning_rate = 1e-4
    config.optim.puzzle_weight_decay = 1.0

    config.train.log_every = 50
    config.train.eval_every = 2600
    config.train.save_every = 500
    config.evaluation.batch_size = 4096
    config.evaluation.slots = 1024
    config.evaluation.min_confidence = 0.0

    if preset == "hrm":
        config.model.h_layers = 4
        config.model.l_layers = 4
        config.model.h_cycles = 2
        config.model.l_cycles = 2
        config.model.gradient_window = 2
        config.model.prefix_len = 1
        config.halting.q_learning = True
        config.optim.ema_decay = 0.0
        config.train.steps = 26_000  # 20,000 epochs x 1,000 puzzles / 768
    else:
        config.model.h_layers = 0
        config.model.l_layers = 2
        config.model.h_cycles = 3
        config.model.l_cycles = 6
        config.model.gradient_window = 7  # the whole last H-cycle
        config.model.prefix_len = 16
        config.halting.q_learning = False
        config.optim.ema_decay = 0.999
        config.train.steps = 65_000  # 50,000 epochs
    if preset == "trm_mlp":
        config.model.mixer = "mlp"
        config.model.positions = "none"
    return config
