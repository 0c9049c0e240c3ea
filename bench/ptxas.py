"""What a GPU's kernels take of a multiprocessor, by XLA's dumps and NVIDIA's assembler.

XLA keeps it to itself. So it is told to write out each program's PTX, which ptxas then
assembles again, verbosely; the shared memory stands in the list of what is launched.
"""

from __future__ import annotations

import importlib
import pathlib
import re
import subprocess
from typing import NamedTuple

_TARGET = re.compile(r"^\.target (\w+)", re.MULTILINE)
_FUNCTION = re.compile(
    r"Function properties for (\w+)\n"
    r"\s*(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads\n"
    r".*?Used (\d+) registers"
)
# What XLA generates itself is launched without, so this finds Triton's kernels alone.
_LAUNCH = re.compile(r"(\w+) grid: .*?shared_memory: ([1-9]\d*) bytes")


class Resources(NamedTuple):
    """Attributes:
    registers: of a thread.
    spilled: bytes that a thread writes to memory for want of registers.
    shared: bytes of a block.
    """

    registers: int
    spilled: int
    shared: int


def dump_options(folder: pathlib.Path) -> dict[str, str]:
    """XLA's options that write what `read` reads."""
    return {"xla_dump_to": str(folder), "xla_dump_emitter_re": "ptx"}


def read(folder: pathlib.Path) -> dict[str, Resources]:
    """By the name of a Pallas kernel; XLA's own are left out."""
    launches = "".join(f.read_text() for f in folder.glob("*.thunk_sequence.txt"))
    shared = {name: int(size) for name, size in _LAUNCH.findall(launches)}
    found = {}
    for ptx in folder.glob("*.ptx"):
        for name, _, stores, _, registers in _FUNCTION.findall(_assemble(ptx)):
            if name in shared:
                found[name] = Resources(int(registers), int(stores), shared[name])
    return found


def _assemble(ptx: pathlib.Path) -> str:
    target = _TARGET.search(ptx.read_text())
    if target is None:
        return ""  # nothing but constants
    home = importlib.import_module("nvidia.cuda_nvcc").__path__[0]
    command = [f"{home}/bin/ptxas", "-v", f"-arch={target[1]}", str(ptx)]
    ran = subprocess.run(
        [*command, "-o", "/dev/null"], capture_output=True, text=True, check=True
    )
    return ran.stderr
