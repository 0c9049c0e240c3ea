"""What a program may use."""

from __future__ import annotations

import dataclasses
import math
import resource


@dataclasses.dataclass(frozen=True)
class Limits:
    """Attributes:
    wall_seconds: by the clock.
    cpu_seconds: of all processes together, on all cores.
    memory_bytes: of all processes together; pages that they share count once.
    processes: at once, threads included.
    output_bytes: of standard output, and as many of standard error.
    file_bytes: of one file.
    disk_bytes: of all files together.
    """

    wall_seconds: float
    cpu_seconds: float
    memory_bytes: int
    processes: int
    output_bytes: int
    file_bytes: int
    disk_bytes: int

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not 0 < value < math.inf:
                raise ValueError(f"{field.name} is {value}, but must be positive.")


MIB = 2**20

RUNNING = Limits(
    wall_seconds=10,
    cpu_seconds=10,
    memory_bytes=512 * MIB,
    processes=64,
    output_bytes=4 * MIB,
    file_bytes=64 * MIB,
    disk_bytes=64 * MIB,
)
"""Enough for the tests of a small exercise."""

COMPILING = Limits(
    wall_seconds=120,
    cpu_seconds=240,
    memory_bytes=3072 * MIB,
    processes=256,
    output_bytes=128 * MIB,
    file_bytes=256 * MIB,
    disk_bytes=512 * MIB,
)
"""Enough for a compiler; the compiled program itself leaves through the output."""

OPEN_FILES = 512


def by_process(limits: Limits, reserve: int) -> dict[int, int]:
    """The limits that the kernel holds each process to: numbers of `resource`, values.

    Args:
      reserve: bytes of addresses that a runtime takes beyond the memory that it uses.
    """
    return {
        resource.RLIMIT_CPU: math.ceil(limits.cpu_seconds),
        resource.RLIMIT_AS: limits.memory_bytes + reserve,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_CORE: 0,
    }
