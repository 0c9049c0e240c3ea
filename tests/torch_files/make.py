"""Makes the `.pt` files beside it, with the real PyTorch, once.

    python3 -m venv elsewhere && elsewhere/bin/pip install torch==2.13.0 numpy
    elsewhere/bin/python tests/torch_files/make.py

The modules have the names of the published code, so that the wrappers around them (the
loss head's `model`, its `inner`, the compiler's `_orig_mod`) name the tensors as in the
released checkpoints. The sizes are those of `TINY` in `tests/hrm_jax/test_convert.py`;
the values of each tensor count up from its place in the state dict.
"""

import pathlib

import torch
from torch import nn

HERE = pathlib.Path(__file__).parent
WIDTH, VOCAB, PUZZLES, INNER = 4, 5, 3, 4


class Holder(nn.Module):
    """A module of whatever parts it is given."""

    def __init__(self, **parts):
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)


def linear(inputs: int, outputs: int, bias: bool = False) -> nn.Linear:
    return nn.Linear(inputs, outputs, bias=bias)


def level() -> Holder:
    block = Holder(
        self_attn=Holder(
            qkv_proj=linear(WIDTH, 3 * WIDTH), o_proj=linear(WIDTH, WIDTH)
        ),
        mlp=Holder(
            gate_up_proj=linear(WIDTH, 2 * INNER), down_proj=linear(INNER, WIDTH)
        ),
    )
    return Holder(layers=nn.ModuleList([block]))


def embedding(rows: int) -> Holder:
    return Holder(embedding_weight=nn.Parameter(torch.zeros(rows, WIDTH)))


def state() -> nn.Buffer:
    return nn.Buffer(torch.zeros(WIDTH, dtype=torch.bfloat16))


def hrm() -> nn.Module:
    inner = Holder(
        H_init=state(),
        L_init=state(),
        embed_tokens=embedding(VOCAB),
        lm_head=linear(WIDTH, VOCAB),
        q_head=linear(WIDTH, 2, bias=True),
        puzzle_emb=Holder(
            weights=nn.Buffer(torch.zeros(PUZZLES, WIDTH)),
            local_weights=nn.Buffer(torch.zeros(2, WIDTH), persistent=False),
            local_ids=nn.Buffer(torch.zeros(2, dtype=torch.int32), persistent=False),
        ),
        H_level=level(),
        L_level=level(),
    )
    model = torch.compile(Holder(model=Holder(inner=inner)))
    with torch.no_grad():
        for number, tensor in enumerate(model.state_dict().values()):
            count = torch.arange(tensor.numel()).reshape(tensor.shape)
            tensor.copy_(count + number)
    return model


def odd_tensors() -> dict[str, object]:
    """Every dtype, and every way in which a tensor can lie in its storage."""
    count = torch.arange(24, dtype=torch.float32)
    kinds = ("float64", "float32", "float16", "bfloat16")
    kinds += ("int64", "int32", "int16", "int8", "uint8")
    return {
        **{kind: torch.arange(5, dtype=getattr(torch, kind)) for kind in kinds},
        "bool": torch.tensor([True, False, True]),
        "shared": count,
        "transposed": count.view(4, 6).T,
        "permuted": count.view(2, 3, 4).permute(2, 0, 1),
        "sliced": count[5:20:3],
        "expanded": count[7:9, None].expand(2, 3),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "parameter": nn.Parameter(torch.ones(2)),
    }


def main() -> None:
    model = hrm()
    torch.save(model.state_dict(), HERE / "released.pt")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.5)
    sum(weight.sum() for weight in model.parameters()).backward()
    optimizer.step()
    nested = {
        "model": model.state_dict(),
        "optimizers": [optimizer.state_dict()],
        "step": 1,
    }
    torch.save(nested, HERE / "nested.pt")
    torch.save(odd_tensors(), HERE / "odd.pt")
    torch.save({"module": nn.Linear(2, 2)}, HERE / "module.pt")
    torch.save(
        {"weight": torch.ones(2)},
        HERE / "legacy.pt",
        _use_new_zipfile_serialization=False,
    )


if __name__ == "__main__":
    main()
