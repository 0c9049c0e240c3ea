"""The formats of edits by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from data_pipeline.schema import UserError
from eval.benchmarks.edits import search_replace, unified, whole
from eval.benchmarks.edits.error import EditError, Unmatched
from eval.sandbox.program import UnsafePath, check_paths

Files = Mapping[str, str]
"""Contents by path."""


class Format(NamedTuple):
    """Attributes:
    instructions: that tell a model how to answer.
    change: the files after a reply.
    write: a reply that makes one set of files of another.
    """

    instructions: str
    change: Callable[[str, Files], dict[str, str]]
    write: Callable[[Files, Files], str]

    def apply(
        self, text: str, files: Files, editable: Collection[str] | None = None
    ) -> dict[str, str]:
        """The files after a reply; never some of its changes alone.

        Args:
          editable: the paths that a reply may change; None for all, and new ones.

        Raises:
          EditError: the reply is malformed or changes what it may not.
          Unmatched: some of its changes have no place in the files.
        """
        try:
            after = self.change(text, files)
        except Unmatched as error:
            self._check(files, error.files, editable)
            raise
        self._check(files, after, editable)
        return after

    @staticmethod
    def _check(files: Files, after: Files, editable: Collection[str] | None) -> None:
        """Raises:
        EditError: a path is unsafe, a file changes that may not, or no file can hold
          the change.
        """
        try:
            check_paths(list(after))
        except UnsafePath as error:
            raise EditError(str(error)) from error
        changed = [
            path for path in {*files, *after} if files.get(path) != after.get(path)
        ]
        barred = sorted(set(changed) - set(changed if editable is None else editable))
        if barred:
            raise EditError(
                f"The reply changes {barred[0]!r}, but it may change only "
                f"{', '.join(map(repr, sorted(editable or ())))}."
            )
        for path in sorted(changed):
            try:
                after.get(path, "").encode()
            except UnicodeEncodeError as error:  # JSON may hold halves of characters
                raise EditError(
                    f"The reply puts {error.object[error.start]!r} into {path!r}, "
                    "which is half a character."
                ) from error


FORMATS = {
    "whole": Format(whole.INSTRUCTIONS, whole.apply, whole.write),
    "diff": Format(
        search_replace.INSTRUCTIONS, search_replace.apply, search_replace.write
    ),
    "udiff": Format(unified.INSTRUCTIONS, unified.apply, unified.write),
}


def require(name: str) -> Format:
    """The format of a name.

    Raises:
      UserError: there is none.
    """
    if name not in FORMATS:
        raise UserError(f"There is no edit format {name!r}: take {', '.join(FORMATS)}.")
    return FORMATS[name]
