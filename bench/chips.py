"""Accelerators as their makers describe them, and what a training step costs on many.

A prediction, never a measurement: compute at a share of the peak, communication at the
published bandwidth of the links, one after the other. What is not counted: latency, the
host, and that XLA may do both at once.
"""

from __future__ import annotations

from typing import NamedTuple

from hrm_jax.models import cost
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.train_state import TrainConfig

EFFICIENCY = 0.4
"""Of the peak; the aim for HRM's step at batch 768 in bfloat16, not shown yet."""


class Chip(NamedTuple):
    """Attributes:
    flops: dense bfloat16, a second.
    link: bytes a second that a chip sends to its neighbours in an all-reduce.
    near: chips that have these links to each other.
    far: bytes a second that each sends beyond them.
    """

    flops: float
    link: float
    near: int
    far: float


CHIPS = {
    # docs.cloud.google.com/tpu/docs/v5e and /v6e: all-reduce bandwidth per pod of 256.
    "v5e": Chip(197e12, 51.2e12 / 256, 256, 25e9 / 8),
    "v6e": Chip(918e12, 102.4e12 / 256, 256, 100e9 / 8),
    # NVIDIA's data sheets of A100 80GB SXM and DGX A100 (NVLink 600 GB/s both ways; one
    # 200 Gb/s port a GPU), of H100 SXM and DGX H100 (900 GB/s; 400 Gb/s).
    "A100": Chip(312e12, 300e9, 8, 25e9),
    "H100": Chip(989e12, 450e9, 8, 50e9),
}


class Work(NamedTuple):
    """Of one step, on one device.

    Attributes:
      flops: of products of matrices.
      gradients, weights, latents, queue: bytes sent: to add up gradients over the
        copies, to bring weights where they are used, to add up the parts of split
        layers, and to hand waiting examples to slots.
      state: bytes of parameters, moments, average and puzzle table.
    """

    flops: float
    gradients: float
    weights: float
    latents: float
    queue: float
    state: float

    @property
    def sent(self) -> float:
        return self.gradients + self.weights + self.latents + self.queue


def step_flops(config: TrainConfig) -> int:
    """Of a training step, for one slot."""
    extra = cost.segment_flops(config.model) if config.halting.q_learning else 0
    return cost.training_flops(config.model) + extra


def work(
    config: TrainConfig, parameters: int, data: int, fsdp: int, tensor: int
) -> Work:
    """Counts; `tests/bench/test_scaling.py` compares them with compiled programs.

    Args:
      parameters: of the network, without the puzzle table.
    """
    model, copies = config.model, data * fsdp
    slots = config.slots / copies
    width = 2 if model.dtype == "bfloat16" else 4
    latent = slots * model.length * model.width * width
    # Forward, each block adds up twice; backward in the gradient window, twice again.
    window = model.gradient_window
    passes = model.module_calls * (2 if config.halting.q_learning else 1) + window
    layers = (
        model.l_layers if not model.h_layers else max(model.h_layers, model.l_layers)
    )
    latents = 2 * layers * passes * _ring(2 * latent, tensor)
    kept = 3 + (config.optim.ema_decay > 0)
    table = 4 * model.num_puzzles * model.puzzle_width
    shared = 4 * parameters / tensor
    # Fused kernels change places, forward (in both passes) and backward.
    fused = 4 * (model.l_layers + model.h_layers) * _fused(model) / tensor
    moved = (3 if config.halting.q_learning else 2) * _ring(fused, tensor)
    tokens = 4 * config.slots * (2 * model.seq_len + 1)
    return Work(
        flops=step_flops(config) * slots / tensor,
        gradients=config.microbatches * _ring(2 * shared, copies),
        weights=_ring(shared, fsdp) + moved,
        latents=latents,
        queue=_ring(2 * tokens, copies)
        + _ring(2 * 4 * config.slots * model.puzzle_width, fsdp),
        state=kept * shared / fsdp + table / fsdp,
    )


def seconds(work: Work, chip: Chip, devices: int) -> tuple[float, float]:
    """Of a step: computing, and communicating."""
    link = chip.link if devices <= chip.near else chip.far
    return work.flops / (EFFICIENCY * chip.flops), work.sent / link


def _fused(model: ReasonerConfig) -> int:
    """Parameters of a block in matrices that stand side by side."""
    mixer = 3 * model.width**2
    if model.mixer == "mlp":
        mixer = 2 * model.tokens * model.inner_width(model.tokens)
    return mixer + 2 * model.width * model.inner_width(model.width)


def _ring(size: float, devices: int) -> float:
    return size * (devices - 1) / devices
