"""HRM's training step in plain PyTorch, written for this comparison.

The same shapes, the same mathematics and the same optimiser as ours, with nothing that
PyTorch does not ship: `scaled_dot_product_attention`, autograd, and the optimiser as
`torch._foreach` calls. `variables` of ours load into it, so that losses can be compared
number by number.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from hrm_jax.train_state import TrainConfig


class Block(nn.Module):
    def __init__(self, width: int, heads: int, inner: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.output = nn.Linear(width, width, bias=False)
        self.gate_up = nn.Linear(width, 2 * inner, bias=False)
        self.down = nn.Linear(inner, width, bias=False)

    def forward(self, x, cos, sin, eps):
        batch, length, width = x.shape
        qkv = linear(x, self.qkv).view(batch, length, 3, self.heads, -1)
        q, k, v = qkv.transpose(1, 3).unbind(2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        mixed = F.scaled_dot_product_attention(q, k, v)
        mixed = mixed.transpose(1, 2).reshape(batch, length, width)
        x = rms_norm(x + linear(mixed, self.output), eps)
        gate, up = linear(x, self.gate_up).chunk(2, -1)
        return rms_norm(x + linear(F.silu(gate) * up, self.down), eps)


def linear(x, layer: nn.Linear):
    """float32 masters, rounded to the activations' type on use."""
    return F.linear(x, layer.weight.to(x.dtype))


def rms_norm(x, eps):
    x32 = x.float()
    return (x32 * torch.rsqrt(x32.square().mean(-1, keepdim=True) + eps)).to(x.dtype)


def rotate(x, cos, sin):
    x32 = x.float()
    first, second = x32.chunk(2, -1)
    return (x32 * cos + torch.cat([-second, first], -1) * sin).to(x.dtype)


class Hrm(nn.Module):
    """One segment with the one-step gradient."""

    def __init__(self, config: TrainConfig):
        super().__init__()
        model = config.model
        self.config = model
        self.dtype = getattr(torch, model.dtype)
        inner = model.inner_width(model.width)
        shape = (model.width, model.num_heads, inner)
        self.embedding = nn.Embedding(model.vocab_size, model.width)
        self.h_module = nn.ModuleList(Block(*shape) for _ in range(model.h_layers))
        self.l_module = nn.ModuleList(Block(*shape) for _ in range(model.l_layers))
        self.answer_head = nn.Linear(model.width, model.vocab_size, bias=False)
        self.halt_head = nn.Linear(model.width, 2)
        head_width = model.width // model.num_heads
        exponents = torch.arange(0, head_width, 2) / head_width
        angles = torch.outer(
            torch.arange(model.length).float(), 1 / model.rotary_theta**exponents
        )
        angles = torch.cat([angles, angles], -1)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def load(self, params: dict) -> None:
        """Copies our parameters."""

        def put(parameter, value):
            with torch.no_grad():
                parameter.copy_(torch.from_numpy(np.array(value)))

        put(self.embedding.weight, params["token_embedding"]["embedding"])
        put(self.answer_head.weight, params["answer_head"]["kernel"].T)
        put(self.halt_head.weight, params["halt_head"]["kernel"].T)
        put(self.halt_head.bias, params["halt_head"]["bias"])
        for name in ("h_module", "l_module"):
            for i, block in enumerate(getattr(self, name)):
                ours = params[name][f"block_{i}"]
                put(block.qkv.weight, ours["attention"]["qkv"]["kernel"].T)
                put(block.output.weight, ours["attention"]["output"]["kernel"].T)
                put(block.gate_up.weight, ours["mlp"]["gate_up"]["kernel"].T)
                put(block.down.weight, ours["mlp"]["down"]["kernel"].T)

    def run(self, blocks, z):
        for block in blocks:
            z = block(z, self.cos, self.sin, self.config.norm_eps)
        return z

    def forward(self, z_h, z_l, inputs, rows):
        model = self.config
        x = self.embedding(inputs).to(self.dtype)
        x = torch.cat([rows.to(self.dtype)[:, None], x], 1) * model.width**0.5
        with torch.no_grad():
            for cycle in range(model.h_cycles):
                for update in range(model.l_cycles):
                    last = (model.h_cycles - 1, model.l_cycles - 1)
                    if (cycle, update) != last:
                        z_l = self.run(self.l_module, z_l + (z_h + x))
                if cycle != model.h_cycles - 1:
                    z_h = self.run(self.h_module, z_h + z_l)
        z_l = self.run(self.l_module, z_l + (z_h + x))
        z_h = self.run(self.h_module, z_h + z_l)
        logits = linear(z_h[:, 1:], self.answer_head)
        halt = F.linear(
            z_h[:, 0],
            self.halt_head.weight.to(z_h.dtype),
            self.halt_head.bias.to(z_h.dtype),
        ).float()
        return z_h.detach(), z_l.detach(), logits, halt[:, 0], halt[:, 1]


def loss_of(model: Hrm, state, inputs, labels, rows, segments, config: TrainConfig):
    """Summed loss of a segment, and the state after it.

    With Q-learning's extra pass where the config has it. Every token is labelled here.
    """
    z_h, z_l, logits, q_halt, q_continue = model(*state, inputs, rows)
    x = logits.double()  # as the published code does
    s = torch.where(x >= 0, x + 1, 1 / (1 - x))
    log_probability = (s / s.sum(-1, keepdim=True)).log()
    picked = log_probability.gather(-1, labels.long()[..., None])[..., 0]
    answer = -picked.mean(-1).sum()
    with torch.no_grad():
        exact = (logits.argmax(-1) == labels).all(-1).float()
    binary = F.binary_cross_entropy_with_logits
    halt = binary(q_halt, exact, reduction="sum")
    if config.halting.q_learning:
        with torch.no_grad():
            _, _, _, next_halt, next_continue = model(z_h, z_l, inputs, rows)
            last = segments + 1 >= config.halting.max_segments
            best = torch.maximum(next_halt, next_continue)
            target = torch.where(last, next_halt, best).sigmoid()
        halt = halt + binary(q_continue, target, reduction="sum")
    return answer + config.loss.halt_weight * halt, (z_h, z_l)


class AdamATan2:
    """The published update, on all tensors at once."""

    def __init__(self, parameters, config: TrainConfig):
        self.parameters = list(parameters)
        self.config = config.optim
        self.first = [torch.zeros_like(p) for p in self.parameters]
        self.second = [torch.zeros_like(p) for p in self.parameters]
        self.count = 0

    @torch.no_grad()
    def step(self, rate: float) -> None:
        c = self.config
        self.count += 1
        grads = [p.grad for p in self.parameters]
        torch._foreach_mul_(self.parameters, 1 - rate * c.weight_decay)
        torch._foreach_lerp_(self.first, grads, 1 - c.b1)
        torch._foreach_mul_(self.second, c.b2)
        torch._foreach_addcmul_(self.second, grads, grads, 1 - c.b2)
        scale = torch._foreach_div(self.second, 1 - c.b2**self.count)
        torch._foreach_sqrt_(scale)
        rate = rate / (1 - c.b1**self.count)
        for p, m, s in zip(self.parameters, self.first, scale, strict=True):
            p.sub_(torch.atan2(m, s), alpha=rate)
            p.grad = None
