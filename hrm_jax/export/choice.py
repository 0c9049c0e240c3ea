"""What there is to choose of a package."""

from __future__ import annotations

from typing import Any, NamedTuple

from data_pipeline.schema import UserError
from hrm_jax.export import formats
from hrm_jax.export.graphs import products
from hrm_jax.export.quantizer import ROUNDINGS
from hrm_jax.quantization import QuantizationConfig
from kernels.quantized_matmul.formats import BLOCKS

_CHOICES: dict[str, tuple[Any, ...]] = {
    "format": tuple(formats.FORMATS),
    "bits": (8, 4, 16, 32),
    "rounding": ROUNDINGS,
    "block": BLOCKS,
    "products": products.FORMS,
}
"""By flag, what it may say; as a rule the first is taken where it is silent."""


_NEEDS: tuple[tuple[str, str, tuple[Any, ...]], ...] = (
    ("products", "format", ("onnx",)),
    ("products", "bits", (8, 4)),
    ("whole", "format", ("onnx",)),
    ("rounding", "bits", (8, 4)),
    ("block", "bits", (4,)),
)
"""Flags that do something only where another one has one of these values."""


class Choice(NamedTuple):
    """How a package is to be written.

    Attributes:
      format: of `formats.FORMATS`.
      bits: of the matrices; 16 and 32 are floats.
      rounding: of `ROUNDINGS`, of 8 and 4 bits.
      block: rows that share a scale, of 4 bits.
      products: how an ONNX graph multiplies, of `products.FORMS`.
      whole: with a graph of the whole loop beside that of one segment.
    """

    format: str
    bits: int
    rounding: str
    block: int
    products: str
    whole: bool

    @classmethod
    def of(
        cls, trained: QuantizationConfig, whole: bool, **flags: str | None
    ) -> Choice:
        """Args:
          trained: what the run was trained for: where flags are silent, it gets that.

        Raises:
          UserError: a flag says what it cannot say, or would have no effect.
        """
        silent = _first(trained)
        if flags["bits"] not in (None, str(trained.bits)):
            silent["rounding"] = _CHOICES["rounding"][0]
        found = {name: _one(name, flags[name], silent[name]) for name in _CHOICES}
        given = {**flags, "whole": whole}
        for name, other, values in _NEEDS:
            if given[name] and found[other] not in values:
                raise UserError(
                    f"--{name} has no effect with --{other}={found[other]}: leave it "
                    f"out, or take --{other}={' or '.join(map(str, values))}."
                )
        return cls(whole=whole, **found)

    @staticmethod
    def block_of(flag: str | None, trained: QuantizationConfig) -> int:
        """Raises: UserError: it says what it cannot say."""
        return _one("block", flag, _first(trained)["block"])


def _first(trained: QuantizationConfig) -> dict[str, Any]:
    """By flag, what is taken where it is silent."""
    first = {name: known[0] for name, known in _CHOICES.items()}
    if not trained.bits:
        return first
    own = {"bits": trained.bits, "rounding": "nearest", "block": trained.block}
    return first | own


def _one(name: str, value: str | None, silent: Any) -> Any:
    known = {str(one): one for one in _CHOICES[name]}
    if value is None:
        return silent
    if value not in known:
        raise UserError(f"--{name} is {value}, but it must be {', '.join(known)}.")
    return known[value]
