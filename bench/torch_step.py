"""PyTorch's contenders: the training step and the segment of `bench.torch_hrm`."""

from __future__ import annotations

import functools
import os
from typing import Any

import jax
import numpy as np
import torch

from bench import torch_hrm
from bench.timing import Run
from data_pipeline.schema import Batch
from hrm_jax.train_state import TrainConfig
from hrm_jax.types import Variables


def device() -> torch.device:
    """The kind that JAX uses.

    Raises:
      ImportError: this PyTorch has no support for it.
    """
    if jax.default_backend() == "cpu":
        torch.set_num_threads(os.cpu_count() or 1)
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise ImportError("this PyTorch was built without the device that JAX uses")
    return torch.device("cuda")


def wait(_: Any) -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


class Step:
    """A training step: loss, backward, both optimisers."""

    def __init__(
        self, config: TrainConfig, batch: Batch, variables: Variables, compiled: bool
    ):
        self.config, self.device = config, device()
        model = torch_hrm.Hrm(config)
        model.load(variables.params)
        model.to(self.device)
        self.optimizer = torch_hrm.AdamATan2(model.parameters(), config)
        self.state = initial_state(config, variables)
        self.table = torch.zeros(1, config.model.puzzle_width, device=self.device)
        self.inputs = torch.from_numpy(batch.inputs).to(self.device)
        self.labels = torch.from_numpy(batch.labels).to(self.device)
        self.segments = torch.zeros(config.slots, device=self.device)

        def loss_of(state, rows, segments):
            return torch_hrm.loss_of(
                model, state, self.inputs, self.labels, rows, segments, config
            )

        self.loss_of = torch.compile(loss_of) if compiled else loss_of

    def __call__(self) -> torch.Tensor:
        optim = self.config.optim
        rows = self.table.expand(self.config.slots, -1).clone().requires_grad_()
        loss, self.state = self.loss_of(self.state, rows, self.segments)
        (loss / self.config.slots).backward()
        self.optimizer.step(optim.learning_rate)
        rate, decay = optim.puzzle_learning_rate, optim.puzzle_weight_decay
        assert rows.grad is not None
        self.table.mul_(1 - rate * decay).sub_(rows.grad.sum(0).sign(), alpha=rate)
        self.segments += 1
        return loss.detach()


def initial_state(
    config: TrainConfig, variables: Variables
) -> tuple[torch.Tensor, ...]:
    shape = (config.slots, config.model.length, config.model.width)
    dtype = getattr(torch, config.model.dtype)
    return tuple(
        torch.from_numpy(np.array(variables.constants[name]))
        .to(device(), dtype)
        .expand(shape)
        for name in ("z_h_init", "z_l_init")
    )


def segment(
    config: TrainConfig, batch: Batch, variables: Variables, compiled: bool
) -> Run:
    """One segment without gradient, and its answers."""
    model = torch_hrm.Hrm(config)
    model.load(variables.params)
    model.to(device())
    state = initial_state(config, variables)
    inputs = torch.from_numpy(batch.inputs).to(device())
    rows = torch.zeros(config.slots, config.model.puzzle_width, device=device())

    def answers(state, inputs, rows):
        z_h, z_l, logits, q_halt, _ = model(*state, inputs, rows)
        return (z_h, z_l), logits.argmax(-1), q_halt

    answers = torch.compile(answers) if compiled else answers
    run = torch.no_grad()(functools.partial(answers, state, inputs, rows))
    return Run(run, wait)
