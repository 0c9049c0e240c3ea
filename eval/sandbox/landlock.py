"""Landlock: which files a process may open, held by the kernel without namespaces.

    https://docs.kernel.org/userspace-api/landlock.html

Through ctypes, as Python has no binding. Kernels before 6.12 (ABI 6) cannot keep a
program from sending signals to other processes of its user.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

_LIBC = ctypes.CDLL(None, use_errno=True)

SIGNALS_SINCE = 6
"""The first ABI that keeps signals inside."""

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every machine
_QUERY_VERSION = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

_EXECUTE, _WRITE, _READ, _READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_DEVICE_OR_SOCKET = 1 << 6 | 1 << 9 | 1 << 11
_TRUNCATE, _IOCTL = 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE
_READING = _EXECUTE | _READ | _READ_FOLDER


def abi() -> int:
    """The kernel's version of Landlock; 0 if it has none, or it is switched off."""
    return max(0, _LIBC.syscall(_CREATE, None, ctypes.c_size_t(0), _QUERY_VERSION))


def restrict(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Leaves this process, and all that come of it, only some files to open, for ever.

    Also no TCP (ABI 4), and no signal or abstract socket to a process outside (ABI 6).

    Args:
      readable: folders or files to read and to start; what is not there is left out.
      writable: folders in which it may do everything, and files to read and write.

    Raises:
      OSError: the kernel refuses.
    """
    version = abi()
    handled = (1 << 13) - 1
    handled |= (1 << 13 if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    handled |= _IOCTL if version >= 5 else 0
    words = [handled]
    words += [3] if version >= 4 else []  # bind and connect
    words += [3] if version >= SIGNALS_SINCE else []  # abstract sockets and signals
    attribute = struct.pack(f"={len(words)}Q", *words)
    ruleset = _call(_CREATE, attribute, ctypes.c_size_t(len(attribute)), 0)
    everything = handled & ~_MAKE_DEVICE_OR_SOCKET & ~_IOCTL
    for paths, rights in ((readable, _READING), (writable, everything)):
        for path in paths:
            _allow(ruleset, path, rights)
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _call(_RESTRICT, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(os.fstat(place).st_mode):
        rights &= _OF_FILES
    _call(_ADD, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    os.close(place)


def _call(*arguments) -> int:
    result = _LIBC.syscall(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"landlock: {os.strerror(number)}")
    return result
