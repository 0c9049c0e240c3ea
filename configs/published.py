"""The published models and their training recipes, as in their authors' code.

HRM: sapientinc/HRM (arXiv 2506.21734). TRM: SamsungSAILMontreal/TinyRecursiveModels
(arXiv 2510.04871). The presets set everything that depends on the puzzles.
"""

from collections.abc import Sequence

from configs import Config
from data_pipeline.schema import UserError


def set_hrm(config: Config) -> None:
    """Two reasoners of four layers each, one-step gradient, Q-learning."""
    _set_common(config)
    config.model.h_layers = 4
    config.model.l_layers = 4
    config.model.h_cycles = 2
    config.model.l_cycles = 2
    config.model.gradient_window = 2
    config.model.prefix_len = 1
    config.halting.q_learning = True
    config.optim.ema_decay = 0.0


def set_trm(config: Config, l_cycles: int) -> None:
    """One reasoner of two layers, gradient through the last cycle, moving average."""
    _set_common(config)
    config.model.h_layers = 0
    config.model.l_layers = 2
    config.model.h_cycles = 3
    config.model.l_cycles = l_cycles
    config.model.gradient_window = l_cycles + 1  # the whole last H-cycle
    config.model.prefix_len = 16
    config.halting.q_learning = False
    config.optim.ema_decay = 0.999


def set_loop(config: Config, calls: int, gradient_window: int) -> None:
    """One latent that one module refines `calls` times a segment (URM, 2512.14693)."""
    config.model.recurrence = "looped"
    config.model.h_layers = 0
    config.model.h_cycles = 1
    config.model.l_cycles = calls
    config.model.gradient_window = gradient_window


def set_thousand_puzzles(config: Config) -> None:
    """As both train on 1,000 Sudokus or mazes, of which all share one puzzle vector."""
    config.data.num_train = 1000
    config.data.num_test = 0  # all of the file
    config.optim.weight_decay = 1.0
    config.optim.puzzle_learning_rate = 1e-4
    config.optim.puzzle_weight_decay = 1.0


def require(preset: str, presets: Sequence[str], file: str) -> None:
    """Raises: UserError: the file has no such preset."""
    if preset not in presets:
        raise UserError(
            f"{file} has no preset {preset!r}; it has {', '.join(presets)}."
        )


def _set_common(config: Config) -> None:
    config.slots = 768

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

    config.train.log_every = 50
    config.train.save_every = 500
    config.evaluation.min_confidence = 0.0
