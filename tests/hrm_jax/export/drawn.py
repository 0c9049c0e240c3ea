"""Models of random numbers, drawn without compiling anything."""

import functools

import jax
import numpy as np

from hrm_jax.models import reasoner
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Variables


@functools.cache
def variables(config: ReasonerConfig) -> Variables:
    """Nothing is zero, as halting heads and biases are at first.

    Some examples halt early, some later, some never. Of random models some amplify what
    is rounded, segment by segment, beyond all tolerances; the seed is of tame ones.
    """
    shapes = jax.eval_shape(
        lambda key: reasoner.init_variables(config, key), jax.random.key(0)
    )
    rng = np.random.default_rng(2)

    def draw(path, leaf):
        names = [part.key for part in path if hasattr(part, "key")]
        width = leaf.shape[0] if names[-1] == "kernel" else 1
        if names[-1] == "embedding":
            width = leaf.shape[1]
        array = rng.standard_normal(leaf.shape).astype(np.float32)
        if names[-2:] == ["halt_head", "bias"]:
            return np.array([-1, 0], np.float32)
        return array if "halt_head" in names else array / np.float32(width**0.5)

    return jax.tree_util.tree_map_with_path(draw, shapes)
