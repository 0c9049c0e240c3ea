"""Which calls to the kernel a program may not make, as a filter in classic BPF.

Everything is allowed but what the tables below name: a list of what is forbidden does
not break a runtime that learns a new call, and namespaces or Landlock stand behind it.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import platform
import struct

# By name: number on x86_64, on aarch64. A call that aarch64 lacks has None.
DENIED = {
    # Sockets of any kind; pairs of connected ones (socketpair) reach nobody else.
    "socket": (41, 198),
    # New namespaces and mounts.
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    # Other processes: their memory, files and priorities.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122),
    # Memory that no limit counts, and what outlives a process.
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # Files by handle instead of by path.
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18),
    # Large and young parts of the kernel.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "personality": (135, 92),
    # The machine itself.
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "vhangup": (153, 58),
    "iopl": (172, None),
    "ioperm": (173, None),
}
# Where no process namespace holds what a program starts, its process group does.
LEAVING_THE_GROUP = {"setsid": (112, 157), "setpgid": (109, 154)}
# Denied by their arguments.
JUDGED = {
    "clone": (56, 220),
    "clone3": (435, 435),
    "prlimit64": (302, 261),
    "ioctl": (16, 29),
}

MACHINES = ("x86_64", "aarch64")
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000
_NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC ... | NEWNET
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_KILL_PROCESS, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_NUMBER, _ARCHITECTURE, _ARGUMENT_0, _ARGUMENT_1 = 0, 4, 16, 24

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2


def supported(machine: str = platform.machine()) -> bool:
    """Whether the numbers of a machine's calls are known here."""
    return machine in MACHINES


@functools.cache
def compile_filter(
    machine: str = platform.machine(), *, keep_group: bool = False
) -> bytes:
    """The filter, as the kernel and bubblewrap take it.

    Args:
      keep_group: also forbid to leave the process group.

    Raises:
      KeyError: the machine is not `supported`.
    """
    column = MACHINES.index(machine) if supported(machine) else None
    if column is None:
        raise KeyError(machine)
    names = DENIED | (LEAVING_THE_GROUP if keep_group else {})
    denied = [numbers[column] for numbers in names.values()]
    judged = {name: numbers[column] for name, numbers in JUDGED.items()}
    refuse = (_RETURN, 0, 0, _ERRNO | errno.EPERM)
    allow = (_RETURN, 0, 0, _ALLOW)
    code = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, _AUDIT[machine]),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":  # the same calls under other numbers
        code += [(_AT_LEAST, 0, 1, _X32), refuse]
    for number in denied:
        if number is not None:
            code += [(_EQUAL, 0, 1, number), refuse]
    code += [
        # Its flags are in memory, which no filter reads; C libraries then try clone.
        (_EQUAL, 0, 1, judged["clone3"]),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_EQUAL, 0, 4, judged["clone"]),
        (_LOAD, 0, 0, _ARGUMENT_0),
        (_ANY_BIT, 0, 1, _NEW_NAMESPACES),
        refuse,
        allow,
        # Of itself alone: it could lower the limits of whoever shares its user.
        (_EQUAL, 0, 4, judged["prlimit64"]),
        (_LOAD, 0, 0, _ARGUMENT_0),
        (_EQUAL, 1, 0, 0),
        refuse,
        allow,
        # Typing into a terminal.
        (_EQUAL, 0, 5, judged["ioctl"]),
        (_LOAD, 0, 0, _ARGUMENT_1),
        (_EQUAL, 1, 0, _TIOCSTI),
        (_EQUAL, 0, 1, _TIOCLINUX),
        refuse,
        allow,
        allow,  # every other call
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in code)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def install(code: bytes) -> None:
    """Holds this process, and all that come of it, to a filter, for ever.

    It must have renounced new privileges before.

    Raises:
      OSError: the kernel refuses.
    """
    program = _Program(len(code) // 8, code)
    if _LIBC.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)}")
