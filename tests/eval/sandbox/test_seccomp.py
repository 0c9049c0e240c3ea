"""The filter: its numbers are the kernel's, and the kernel holds to it."""

import errno
import pathlib
import platform
import re
import struct

import pytest

from eval.sandbox import seccomp
from tests.eval.sandbox.programs import program

HEADERS = {
    "x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
    "aarch64": "/usr/include/asm-generic/unistd.h",
}
TABLE = seccomp.DENIED | seccomp.LEAVING_THE_GROUP | seccomp.JUDGED


@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_numbers_are_those_of_the_kernel(machine):
    header = pathlib.Path(HEADERS[machine])
    if not header.is_file():
        pytest.skip(f"{header} is not there: apt-get install linux-libc-dev")
    pattern = r"#define __NR(?:3264)?_(\w+)\s+(\d+)"
    known = {name: int(n) for name, n in re.findall(pattern, header.read_text())}
    column = seccomp.MACHINES.index(machine)
    numbers = {name: both[column] for name, both in TABLE.items()}
    numbers = {name: n for name, n in numbers.items() if n is not None}
    # Newer calls than the header's have one number on all machines.
    recent = {name for name in numbers if name not in known}
    assert all(TABLE[name][0] == TABLE[name][1] >= 424 for name in recent)
    assert {
        n: v for n, v in numbers.items() if n not in recent
    }.items() <= known.items()


@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_every_jump_lands_inside(machine):
    code = seccomp.compile_filter(machine, keep_group=True)
    lines = list(struct.iter_unpack("=HBBI", code))
    for place, (kind, if_true, if_false, _) in enumerate(lines):
        if kind & 7 == 5:
            assert place + 1 + max(if_true, if_false) < len(lines)
    assert lines[-1][0] == 6


def test_other_machines_are_refused():
    assert not seccomp.supported("riscv64")
    with pytest.raises(KeyError):
        seccomp.compile_filter("riscv64")


CALL = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
for number in map(int, sys.argv[1:]):
    result = libc.syscall(number, 0, 0, 0, 0, 0, 0)
    print(number, ctypes.get_errno() if result < 0 else 0)
"""


def test_kernel_refuses_all_of_them(sandbox):
    column = seccomp.MACHINES.index(platform.machine())
    numbers = [both[column] for both in seccomp.DENIED.values()]
    numbers = [str(number) for number in numbers if number is not None]
    outcome = sandbox.run(program("python", CALL, *numbers))
    refused = dict(line.split() for line in outcome.stdout.decode().splitlines())
    assert refused == {number: str(errno.EPERM) for number in numbers}


def test_arguments_are_judged(sandbox):
    column = seccomp.MACHINES.index(platform.machine())
    clone, clone3, prlimit, ioctl = (v[column] for v in seccomp.JUDGED.values())
    text = f"""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    return ctypes.get_errno() if libc.syscall(*arguments) < 0 else 0
new_user = ctypes.c_long(0x10000000 | 17)
print(call({clone}, new_user, 0, 0, 0, 0), call({clone3}, 0, 0))
print(call({prlimit}, 1, 0, 0, 0), call({prlimit}, 0, 7, 0, 0))
print(call({ioctl}, 0, 0x5412, 0), call({ioctl}, 0, 0x541C, 0))
"""
    said = sandbox.run(program("python", text)).stdout.split()
    refused, unknown = str(errno.EPERM).encode(), str(errno.ENOSYS).encode()
    assert said == [refused, unknown, refused, b"0", refused, refused]


def test_other_number_spaces_are_closed(sandbox):
    """32-bit calls on x86: getpid under the numbers of x32."""
    if platform.machine() != "x86_64":
        pytest.skip("only x86_64 has them")
    outcome = sandbox.run(program("python", CALL, str(0x40000000 + 39)))
    assert outcome.stdout.split()[1] in (b"1", b"38")
