"""Devices that are not there: what is traced for them can be lowered anywhere."""

from bench.devices import DEVICES, described

PLATFORMS = {"gpu": "cuda", "tpu": "tpu"}
"""What JAX calls them when it lowers."""
_DEVICES = {"gpu": DEVICES["A100"], "tpu": DEVICES["TPU v5e"]}


def on(platform: str, shape: tuple[int, int, int] = (1, 1, 1)):
    """Programs traced inside are for a mesh of such devices."""
    return described(_DEVICES[platform], shape)
