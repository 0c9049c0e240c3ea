"""Applying patches as the authors' harness does, in the sandbox."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping

from eval.benchmarks.swebench import patch as patches
from eval.benchmarks.swebench.patch import PatchError
from eval.sandbox.limits import MIB, Limits
from eval.sandbox.program import Command, UnsafePath, check_paths
from eval.sandbox.sandbox import Sandbox

_LIMITS = Limits(
    wall_seconds=60,
    cpu_seconds=60,
    memory_bytes=1024 * MIB,
    processes=32,
    output_bytes=64 * MIB,
    file_bytes=64 * MIB,
    disk_bytes=256 * MIB,
)
# `GIT_APPLY_CMDS` of run_evaluation.py, but for `git apply --reject`, which succeeds
# where `git apply` does, and otherwise leaves half of the patch for the next command.
_STRICT = "git apply --verbose ../patch.diff"
_FUZZY = "patch --batch --fuzz=5 -p1 -i ../patch.diff"


def apply(
    text: str, files: Mapping[str, bytes], sandbox: Sandbox, *, fuzzy: bool = False
) -> dict[str, bytes]:
    """The files after a patch; all of it or none is applied.

    Args:
      files: contents by path, at least of those that the patch changes.
      fuzzy: where `git apply` refuses, try `patch --fuzz=5`, as the authors do.

    Raises:
      PatchError: it is malformed or does not apply.
      SandboxError: it was not tried, through no fault of the patch.
    """
    found = patches.parse(text)
    if not found:
        return dict(files)
    touched = {path: files[path] for path in patches.paths(found) if path in files}
    for one in found:
        if one.old is not None and one.old not in files:
            raise PatchError(f"The patch changes {one.old!r}, but there is none.")
    said = "git is not installed: apt-get install git."
    for command in (_STRICT, _FUZZY) if fuzzy else (_STRICT,):
        if not sandbox.has(f"/usr/bin/{command.split()[0]}"):
            continue
        outcome = sandbox.execute(
            Command(
                (
                    *("/bin/sh", "-c"),
                    f"mkdir -p tree && cd tree && {command} 1>&2 && exec tar -cf - .",
                ),
                {
                    "patch.diff": text.encode(errors="surrogateescape"),
                    **{f"tree/{path}": data for path, data in touched.items()},
                },
                {"GIT_CONFIG_NOSYSTEM": "1"},
            ),
            limits=_LIMITS,
        )
        if outcome.succeeded:
            after = _unpacked(outcome.stdout)
            rest = {path: files[path] for path in files if path not in touched}
            return {**rest, **after}
        said = outcome.stderr.decode(errors="replace").strip()
    raise PatchError(f"The patch does not apply: {said[-500:]}")


def _unpacked(archive: bytes) -> dict[str, bytes]:
    files = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            if member.isdir() or name.endswith(".orig"):
                continue
            content = tar.extractfile(member) if member.isreg() else None
            if content is None:
                raise PatchError(f"The patch makes {name!r} something but a file.")
            files[name] = content.read()
    try:
        check_paths(list(files))
    except UnsafePath as error:
        raise PatchError(str(error)) from error
    return files
