"""Devices that are not there: what is traced for them can be lowered anywhere."""

import jax
from jax.sharding import AbstractDevice, AbstractMesh, AxisType

from hrm_jax.models import split

PLATFORMS = {"gpu": "cuda", "tpu": "tpu"}
"""What JAX calls them when it lowers."""
_DEVICES = {
    "gpu": AbstractDevice("NVIDIA A100", None, "gpu"),
    "tpu": AbstractDevice("TPU v5 lite", 1, "tpu"),
}
_NAMES = (*split.ROWS, split.AXIS)


def on(platform: str, shape: tuple[int, int, int] = (1, 1, 1)):
    """Programs traced inside are for a mesh of such devices."""
    mesh = AbstractMesh(
        shape,
        _NAMES,
        (AxisType.Auto,) * len(_NAMES),
        abstract_device=_DEVICES[platform],
    )
    return jax.sharding.use_abstract_mesh(mesh)
