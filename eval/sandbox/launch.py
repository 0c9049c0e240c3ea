"""How a warden starts a program, confined in one of three ways."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import resource
import signal
from collections.abc import Iterator
from typing import NamedTuple

from eval.sandbox import landlock, namespaces, seccomp, system, wire
from eval.sandbox.limits import OPEN_FILES, by_process
from eval.sandbox.wire import Job

_FIRST_USER, _USERS = 61184, 4336
"""Numbers that no person has: systemd keeps them for services that come and go."""

# Beside the system's folders, what runtimes ask about the machine. /proc/self is the
# program alone; it does not see its own children there, nor anybody else.
_ABOUT_THE_MACHINE = (
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/sys/vm", "/proc/version"),
    *("/sys/devices/system/cpu", "/sys/kernel/mm/transparent_hugepage"),
)
_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_CLONE_NEWNS = 0x20000
_MS_BIND, _MS_REC, _MS_PRIVATE = 1 << 12, 1 << 14, 1 << 18
_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


class LaunchError(Exception):
    """A program could not be started; the message says why."""


class Started(NamedTuple):
    """Attributes:
    pid: also the number of its process group.
    stdout: end of a pipe to read from.
    stderr: likewise.
    status: what bubblewrap tells of the end; None elsewhere.
    sink: end of a pipe to pass standard output on to, never waiting; None if to nobody.
    """

    pid: int
    stdout: int
    stderr: int
    status: int | None
    sink: int | None


def user_of(job: Job) -> int | None:
    """The user that a job of this process runs as, or None for the same user.

    Another one for every warden, so that what they run cannot touch each other.
    """
    return user_under(os.getpid()) if job.drop_user else None


def user_under(warden: int) -> int:
    """The user that a warden of root's runs programs as, by the warden's number."""
    return _FIRST_USER + warden % _USERS


@contextlib.contextmanager
def started(
    job: Job, stdin: bytes, contents: list[bytes], box: str
) -> Iterator[Started]:
    """Starts a job; its descriptors are closed when the block ends.

    Args:
      contents: of `job.files`.
      box: the folder to start in, already filled; unused with namespaces.

    Raises:
      LaunchError: it does not start.
    """
    user = user_of(job)
    with contextlib.ExitStack() as stack:
        pipe = _Descriptors(stack)
        source = pipe.open(job.source, os.O_RDONLY) if job.source else pipe.file(stdin)
        sink = pipe.open(job.sink, os.O_WRONLY | os.O_NONBLOCK) if job.sink else None
        stdout, stderr, failure = pipe.pipe(), pipe.pipe(), pipe.pipe()
        if user is not None:  # it may open them anew, by /dev/stdout
            os.fchown(stdout[1], user, user)
            os.fchown(stderr[1], user, user)
        status, passed = None, []
        environment = dict(job.environment)
        argv = job.argv
        if job.confinement == wire.NAMESPACES:
            status, tell = pipe.pipe()
            argv, passed = _bubblewrap(job, contents, pipe, tell)
            environment = {}
        else:
            argv = [word.replace("{box}", box) for word in argv]
            environment = {
                name: value.replace("{box}", box) for name, value in environment.items()
            }
        pid = os.fork()
        if not pid:
            try:
                _prepare(source, stdout[1], stderr[1], box or "/")
                _confine(job, box, user)
                for descriptor in passed:
                    os.set_inheritable(descriptor, True)
                os.execve(argv[0], argv, environment)
            except BaseException as error:
                os.write(failure[1], f"{argv[0]}: {error}".encode())
            finally:
                os._exit(127)
        pipe.close(source, stdout[1], stderr[1], failure[1], *passed)
        reason = os.read(failure[0], 2**12)
        if reason:
            os.waitpid(pid, 0)
            raise LaunchError(reason.decode(errors="replace"))
        yield Started(pid, stdout[0], stderr[0], status, sink)


class _Descriptors:
    """Opens descriptors that close with a stack, unless they are closed before."""

    def __init__(self, stack: contextlib.ExitStack):
        self._open: set[int] = set()
        stack.callback(lambda: self.close(*self._open))

    def keep(self, descriptor: int) -> int:
        self._open.add(descriptor)
        return descriptor

    def close(self, *descriptors: int) -> None:
        for descriptor in descriptors:
            self._open.discard(descriptor)
            os.close(descriptor)

    def open(self, path: str, flags: int) -> int:
        return self.keep(os.open(path, flags | os.O_CLOEXEC))

    def pipe(self) -> tuple[int, int]:
        source, sink = os.pipe()
        return self.keep(source), self.keep(sink)

    def file(self, content: bytes) -> int:
        """Bytes to read, in memory, which whoever holds them cannot change."""
        flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
        descriptor = self.keep(os.memfd_create("data", flags))
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.lseek(descriptor, 0, os.SEEK_SET)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
        return descriptor


def _bubblewrap(
    job: Job, contents: list[bytes], new: _Descriptors, status: int
) -> tuple[list[str], list[int]]:
    """The command line and the descriptors that it names."""
    files = [
        (path, "0644", new.file(content))
        for path, content in zip(job.files, contents, strict=True)
    ]
    files += [
        (path, "0755", new.open(source, os.O_RDONLY)) for path, source in job.copies
    ]
    code = new.file(seccomp.compile_filter())
    words = namespaces.arguments(job, files, _shown(job), code, status)
    given = new.file("\0".join([*words, ""]).encode(errors="surrogateescape"))
    passed = [status, code, given, *(place for _, _, place in files)]
    return namespaces.command(job, given), passed


def _shown(job: Job) -> list[tuple[str, str]]:
    """Where bubblewrap finds the folders to read, and their own paths."""
    if not job.show:
        return [(path, path) for path in job.readable]
    return [(f"{job.scratch}/{n}", path) for n, path in enumerate(job.readable)]


def _show(job: Job) -> None:
    """Shows folders to a user who may not walk there, in a mount namespace of its own.

    Bubblewrap runs as that user. Only root can do this, and nobody else sees it.
    """

    def done(result: int) -> None:
        if result:
            number = ctypes.get_errno()
            raise OSError(number, f"mount: {os.strerror(number)}")

    done(_LIBC.unshare(_CLONE_NEWNS))
    done(_LIBC.mount(b"none", b"/", None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None))
    for place, path in _shown(job):
        os.makedirs(place, exist_ok=True)
        source, target = os.fsencode(path), os.fsencode(place)
        done(_LIBC.mount(source, target, None, ctypes.c_ulong(_MS_BIND), None))


def _prepare(stdin: int, stdout: int, stderr: int, folder: str) -> None:
    """The child's own session, signals, folder and standard streams."""
    os.setsid()
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.chdir(folder)
    for place, descriptor in enumerate((stdin, stdout, stderr)):
        os.dup2(descriptor, place)


def _confine(job: Job, box: str, user: int | None) -> None:
    """Limits, another user and what the tier has, in an order that allows it all."""
    for number, value in by_process(job.limits, job.reserve).items():
        resource.setrlimit(number, (value, value + (number == resource.RLIMIT_CPU)))
    place = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(place, b"1000")  # the first to go where the machine's memory ends
    os.close(place)
    inside = job.confinement == wire.NAMESPACES
    if not inside:
        count = job.limits.processes
        if user is None:  # the others of this user count too
            count += _threads_of(os.getuid()) - 1
        resource.setrlimit(resource.RLIMIT_NPROC, (count, count))
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    if inside and job.show and job.readable:
        _show(job)
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    # If the warden is killed, so is this; a change of user would undo it.
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if job.confinement == wire.LANDLOCK:
        readable = [*system.real_tops(), *system.settings(), *_ABOUT_THE_MACHINE]
        landlock.restrict([*readable, *job.readable], [box, *_DEVICES])
        seccomp.install(seccomp.compile_filter(keep_group=True))


def _threads_of(user: int) -> int:
    count = 0
    for entry in os.scandir("/proc"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if entry.name.isdigit() and entry.stat().st_uid == user:
                count += os.stat(f"/proc/{entry.name}/task").st_nlink - 2
    return count
