"""Tier 1: bubblewrap, with a namespace of every kind, its own files and no network."""

from __future__ import annotations

from eval.sandbox import system
from eval.sandbox.limits import OPEN_FILES
from eval.sandbox.wire import Job

BOX = "/tmp/box"
FILLED = ("/tmp", "/dev/shm")
"""Memory of limited size, whose limit does not count empty files."""

NEEDED = ("--size", "--perms", "--json-status-fd", "--seccomp", "--args")
OPTIONAL = ("--disable-userns",)
"""What older versions lack: then seccomp alone forbids further namespaces."""

_SHARED_MEMORY = 2**24


def arguments(
    job: Job,
    box_files: list[tuple[str, str, int]],
    readable: list[tuple[str, str]],
    seccomp: int,
    status: int,
) -> list[str]:
    """Bubblewrap's arguments but for the command itself.

    Args:
      box_files: path in the box, permissions in octal, a descriptor to read it from.
      readable: where folders of this machine are to be found, and where to show them.
      seccomp: descriptor of the filter.
      status: descriptor that bubblewrap writes the program's end to.
    """
    size = str(job.limits.disk_bytes)
    words = ["--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net"]
    words += ["--unshare-uts", "--unshare-cgroup-try"]
    words += ["--uid", "1000", "--gid", "1000", "--hostname", "sandbox"]
    words += ["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    if "--disable-userns" in job.options:
        words += ["--disable-userns"]
    for path in [*system.real_tops(), *system.settings()]:
        words += ["--ro-bind", path, path]
    for path, target in system.linked_tops():
        words += ["--symlink", target, path]
    words += ["--proc", "/proc", "--dev", "/dev"]
    words += ["--size", str(_SHARED_MEMORY), "--tmpfs", "/dev/shm"]
    words += ["--size", size, "--tmpfs", "/tmp", "--dir", BOX]
    for source, path in readable:  # now, for they may lie in /tmp
        words += ["--ro-bind", source, path]
    for path, mode, descriptor in box_files:
        words += ["--perms", mode, "--file", str(descriptor), f"{BOX}/{path}"]
    # Both are memory too, of no limited size.
    words += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", BOX]
    for name, value in job.environment.items():
        words += ["--setenv", name, value.replace("{box}", BOX)]
    return [*words, "--seccomp", str(seccomp), "--json-status-fd", str(status)]


def command(job: Job, arguments_from: int) -> list[str]:
    """The whole command line: the arguments stay out of what /proc shows.

    Processes are limited inside, where only the sandbox's count; open files too, for
    bubblewrap opens many itself.
    """
    count = job.limits.processes + 1  # bubblewrap's own
    return [
        *(job.bwrap, "--args", str(arguments_from), "--"),
        *("/usr/bin/prlimit", f"--nproc={count}:{count}"),
        *(f"--nofile={OPEN_FILES}:{OPEN_FILES}", "--"),
        *(word.replace("{box}", BOX) for word in job.argv),
    ]
