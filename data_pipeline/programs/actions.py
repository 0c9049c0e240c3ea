r"""What a model that uses tools may say: one action, in a strict grammar.

    action = view | edit | test | finish
    view   = "view " path "\n"
    edit   = "edit\n" block
    test   = "test\n"
    finish = "finish\n"
    block  = path "\n```\n<<<<<<< SEARCH\n" lines "=======\n" lines
             ">>>>>>> REPLACE\n```\n"
    lines  = { line "\n" }
    path   = part { "/" part }
    part   = (letter | digit | "_") { letter | digit | "_" | "-" | "." }

A line is any text without a line end that is none of the three marks; the first lines
of a block, those to find, are at least one.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Kind = Literal["view", "edit", "test", "finish"]

_PATH = r"\w[\w.-]*(?:/\w[\w.-]*)*"
_LINE = r"(?!<<<<<<< SEARCH\n|=======\n|>>>>>>> REPLACE\n)[^\n]*\n"
_VIEW = re.compile(rf"view (?P<path>{_PATH})\n", re.ASCII)
_EDIT = re.compile(
    rf"edit\n(?P<path>{_PATH})\n```\n<<<<<<< SEARCH\n(?P<search>(?:{_LINE})+)"
    rf"=======\n(?P<replace>(?:{_LINE})*)>>>>>>> REPLACE\n```\n",
    re.ASCII,
)


class ActionError(ValueError):
    """A text is no action."""


class Action(NamedTuple):
    """Attributes:
    kind: what is to be done.
    path: of the file that is viewed or edited; else "".
    search: lines to find, of an edit.
    replace: lines to put there.
    """

    kind: Kind
    path: str = ""
    search: str = ""
    replace: str = ""

    def written(self) -> str:
        """The action in the grammar."""
        if self.kind == "view":
            return f"view {self.path}\n"
        if self.kind != "edit":
            return f"{self.kind}\n"
        return (
            f"edit\n{self.path}\n```\n<<<<<<< SEARCH\n{self.search}=======\n"
            f"{self.replace}>>>>>>> REPLACE\n```\n"
        )


def parse(text: str) -> Action:
    """The action that a text is.

    Raises:
      ActionError: it is not one action to the letter.
    """
    if text in ("test\n", "finish\n"):
        return Action("test" if text == "test\n" else "finish")
    if found := _VIEW.fullmatch(text):
        return Action("view", found["path"])
    if found := _EDIT.fullmatch(text):
        return Action("edit", found["path"], found["search"], found["replace"])
    raise ActionError(f"{text[:60]!r} is no action: view PATH, edit, test or finish.")
