"""Compilers of accelerators that are not there: described devices.

A TPU's is libtpu, a GPU's the CUDA plugin with NVIDIA's ptxas. Both need no device,
only to be told which; what they make cannot be run here.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
from jax.experimental import topologies
from jax.sharding import AbstractDevice, AbstractMesh, AxisType, SingleDeviceSharding

from data_pipeline.schema import UserError
from hrm_jax.models import tensor_parallel


class Device(NamedTuple):
    """Attributes:
    platform: "tpu" or "gpu".
    kind: as JAX knows it. It has no GeForce RTX 3090; an A10 has the same cores.
    memory: bytes.
    description: what its compiler is told: a topology, or a target's text.
    """

    platform: str
    kind: str
    memory: float
    description: str


def _gpu(
    kind: str,
    capability: str,
    *,
    cores: int,
    shared: int,
    threads: int,
    bandwidth: float,
    memory: float,
    l2: int,
    clock: float,
    name: str = "",
) -> Device:
    """From NVIDIA's data sheets and the CUDA programming guide's table of capabilities.

    Args:
      cores: streaming multiprocessors.
      shared: KiB of a multiprocessor's shared memory; a block may have 1 less.
      threads: that a multiprocessor holds.
      bandwidth: bytes a second.
      memory: bytes.
      l2: MiB.
      clock: GHz.
    """
    major, minor = capability.split(".")
    text = f"""
gpu_device_info {{
  threads_per_block_limit: 1024
  threads_per_warp: 32
  shared_memory_per_block: {48 << 10}
  shared_memory_per_block_optin: {(shared - 1) << 10}
  shared_memory_per_core: {shared << 10}
  threads_per_core_limit: {threads}
  core_count: {cores}
  fpus_per_core: {64 if capability == "8.0" else 128}
  block_dim_limit_x: {2**31 - 1}
  block_dim_limit_y: 65535
  block_dim_limit_z: 65535
  registers_per_core_limit: 65536
  registers_per_block_limit: 65536
  memory_bandwidth: {bandwidth:.0f}
  l2_cache_size: {l2 << 20}
  clock_rate_ghz: {clock}
  device_memory_size: {memory:.0f}
  cuda_compute_capability {{ major: {major} minor: {minor} }}
}}
platform_name: "CUDA"
dnn_version_info {{ major: 9 minor: 10 }}
runtime_version {{ major: 12 minor: 9 patch: 0 }}
device_description_str: "{name or kind}"
"""
    return Device("gpu", kind, memory, text)


DEVICES = {
    "TPU v5e": Device("tpu", "TPU v5 lite", 16e9, "v5e:2x2"),
    "TPU v6e": Device("tpu", "TPU v6 lite", 32e9, "v6e:2x2"),
    "A100": _gpu(
        "NVIDIA A100",
        "8.0",
        cores=108,
        shared=164,
        threads=2048,
        bandwidth=2039e9,
        memory=80e9,
        l2=40,
        clock=1.41,
    ),
    "H100": _gpu(
        "NVIDIA H100",
        "9.0",
        cores=132,
        shared=228,
        threads=2048,
        bandwidth=3350e9,
        memory=80e9,
        l2=50,
        clock=1.98,
    ),
    "RTX 3090": _gpu(
        "NVIDIA A10",
        "8.6",
        cores=82,
        shared=100,
        threads=1536,
        bandwidth=936e9,
        memory=24e9,
        l2=6,
        clock=1.70,
        name="NVIDIA GeForce RTX 3090",
    ),
    "RTX 4090": _gpu(
        "NVIDIA GeForce RTX 4090",
        "8.9",
        cores=128,
        shared=100,
        threads=1536,
        bandwidth=1008e9,
        memory=24e9,
        l2=72,
        clock=2.52,
    ),
}

# What each platform's compiler comes in, beside jax.
_PACKAGES = {
    "tpu": ("libtpu",),
    "gpu": ("jax_plugins.xla_cuda12", "nvidia.cuda_nvcc"),
}


def require_compilers(platforms: set[str]) -> None:
    """Raises: UserError: a package is missing."""
    missing = [
        package
        for platform in sorted(platforms)
        for package in _PACKAGES[platform]
        if not _installed(package)
    ]
    if missing:
        raise UserError(
            f"To compile for devices that are not there, {' and '.join(missing)} must "
            "be installed: `make compile-kernels` does that, in an environment of its "
            "own."
        )


def _installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # not even what it is a part of
        return False


@contextlib.contextmanager
def described(
    device: Device, shape: tuple[int, int, int] = (1, 1, 1)
) -> Iterator[None]:
    """Programs that are traced inside are for a mesh of such devices."""
    cores = 1 if device.platform == "tpu" else None
    abstract = AbstractDevice(device.kind, num_cores=cores, platform=device.platform)
    names = (*tensor_parallel.ROWS, tensor_parallel.AXIS)
    types = (AxisType.Auto,) * len(names)
    mesh = AbstractMesh(shape, names, types, abstract_device=abstract)
    with jax.sharding.use_abstract_mesh(mesh):
        yield


@functools.cache
def _sharding(device: Device) -> SingleDeviceSharding:
    if device.platform == "tpu":
        topology = topologies.get_topology_desc(device.description, platform="tpu")
    else:
        topology = topologies.get_topology_desc(
            platform="cuda", target_config=device.description, topology="1x1x1"
        )
    return SingleDeviceSharding(topology.devices[0])


def compile_for(
    device: Device, function: Any, *arguments: Any, options: dict[str, str] | None
) -> Any:
    """Traces, lowers and compiles.

    Args:
      function: jitted.
      arguments: trees of arrays or their shapes.
      options: XLA's, for this program alone.

    Returns:
      What `.compile()` returns.

    Raises:
      NotImplementedError: a kernel that was asked for does not do this.
      RuntimeError, ValueError, and others of JAX's: what the compiler has against it.
    """
    place = _sharding(device)
    arguments = jax.tree.map(
        lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=place), arguments
    )
    with described(device):
        lowered = function.trace(*arguments).lower(
            lowering_platforms=("tpu" if device.platform == "tpu" else "cuda",)
        )
    return lowered.compile(compiler_options=options)
