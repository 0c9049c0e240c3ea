"""What of this machine every program may read, and the variables it starts with."""

from __future__ import annotations

import glob
import os

TOP = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""Beside /usr: links into it, or folders of an older kind of system."""

PATH = "/usr/local/bin:/usr/bin:/bin"

ENVIRONMENT = {
    "PATH": PATH,
    "HOME": "{box}",
    "TMPDIR": "{box}",
    "LANG": "C.UTF-8",
}


def settings() -> list[str]:
    """What compilers and runtimes look at in /etc; none of it is private."""
    wanted = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ssl/openssl.cnf")
    wanted += tuple(glob.glob("/etc/java*"))
    return [path for path in wanted if os.path.exists(path)]


def linked_tops() -> list[tuple[str, str]]:
    """Those of `TOP` that are links, with where they lead."""
    return [(path, os.readlink(path)) for path in TOP if os.path.islink(path)]


def real_tops() -> list[str]:
    """`/usr`, and those of `TOP` that are folders themselves."""
    found = [path for path in TOP if os.path.isdir(path) and not os.path.islink(path)]
    return ["/usr", *found]
