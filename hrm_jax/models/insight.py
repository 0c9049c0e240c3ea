"""Feedback from below: what the L module has found is told to the H module.

Before each H update, z_l is pooled over the tokens that a token sees (`sight.Pool`).
With W a matrix and a, b, c vectors, one value for each channel:

    i    = W rms_norm(pool(z_l))                  the insight
    z_h <- z_h + sigmoid(a z_h + b i + c) * i     channel by channel
    z_h <- g(z_h + z_l)                           as without it

It is a reading, trained by gradient, of "reverse-order learning", which is a way to
prompt: what debugging found is told to whoever plans ("Cogito, ergo sum",
arXiv:2501.18653). The gate is diagonal, so that all of it is D^2 + 3 D numbers. W
begins as zeros: training starts at the model that has none of this, and W has a
gradient from the first step.
"""

from __future__ import annotations

import flax.linen as nn
from jax import Array
from jaxtyping import Float

from hrm_jax.models import layers
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.models.sight import Pool


class Insight(nn.Module):
    """Adds to z_h what z_l has found, as far as the gate lets it."""

    config: ReasonerConfig

    @nn.compact
    def __call__(
        self, z_h: Float[Array, "B T D"], z_l: Float[Array, "B T D"], pool: Pool
    ) -> Float[Array, "B T D"]:
        """The z_h that the H module is given."""
        config = self.config
        # The symbols of an equivariant model tell each other nothing here.
        rows = (-1, z_h.shape[1] // config.num_symbols, config.width)
        state = z_h.reshape(rows)
        found = layers.rms_norm(pool(z_l.reshape(rows)), config.norm_eps)
        project = layers.Linear(config.width, nn.initializers.zeros, name="project")
        insight = project(found)
        by_state, by_insight, bias = (
            self.param(name, nn.initializers.zeros, (config.width,)).astype(z_h.dtype)
            for name in ("by_state", "by_insight", "bias")
        )
        gate = nn.sigmoid(
            state * by_state[None, None]
            + (insight * by_insight[None, None] + bias[None, None])
        )
        return (state + gate * insight).reshape(z_h.shape)
