"""What there is to choose of a package."""

from __future__ import annotations

from typing import Any, NamedTuple

from data_pipeline.schema import UserError
from hrm_jax.export import formats
from hrm_jax.export.graphs import products
from hrm_jax.export.quantizer import ROUNDINGS

_CHOICES: dict[str, tuple[Any, ...]] = {
    "format": tuple(formats.FORMATS),
    "bits": (8, 4, 16, 32),
    "rounding": ROUNDINGS,
    "block": (32, 64, 128),
    "products": products.FORMS,
}
"""By flag, what it may say; the first is taken where it is silent."""


class Choice(NamedTuple):
    """Attributes:
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
    def of(cls, whole: bool, **flags: str | None) -> Choice:
        """Raises: UserError: a flag says what it cannot say."""
        return cls(whole=whole, **{name: _one(name, flags[name]) for name in _CHOICES})

    @staticmethod
    def block_of(flag: str | None) -> int:
        """Raises: UserError: it says what it cannot say."""
        return _one("block", flag)


def _one(name: str, value: str | None) -> Any:
    known = {str(one): one for one in _CHOICES[name]}
    if value is None:
        return next(iter(known.values()))
    if value not in known:
        raise UserError(f"--{name} is {value}, but it must be {', '.join(known)}.")
    return known[value]
