r"""What a model that uses tools may say: one action, in a strict grammar.

    action = list | view | search | edit | test | finish
    list   = "list" [" " path] "\n"
    view   = "view " path [" " number " " number] "\n"
    search = "search " word {" " word} "\n"
    edit   = "edit\n" block
    test   = "test\n"
    finish = "finish\n"
    block  = path "\n```\n<<<<<<< SEARCH\n" lines "=======\n" lines
             ">>>>>>> REPLACE\n```\n"
    lines  = { line "\n" }
    path   = part { "/" part }
    part   = (letter | digit | "_") { letter | digit | "_" | "-" | "." }
    number = digit { digit }, from 1 on, without zeros before, of 6 digits at most
    word   = ASCII characters that can be seen, at least one

A line is any text without a line end that is none of the three marks; the first lines
of a block, those to find, are at least one. The numbers of `view` are its first and its
last line. Synthetic scenes (`scenarios.act`) say view, edit, test and finish alone.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Kind = Literal["list", "view", "search", "edit", "test", "finish"]

_PATH = r"\w[\w.-]*(?:/\w[\w.-]*)*"
_LINE = r"(?!<<<<<<< SEARCH\n|=======\n|>>>>>>> REPLACE\n)[^\n]*\n"
_NUMBER = r"[1-9][0-9]{0,5}"
_LIST = re.compile(rf"list(?: (?P<path>{_PATH}))?\n", re.ASCII)
_VIEW = re.compile(
    rf"view (?P<path>{_PATH})(?: (?P<first>{_NUMBER}) (?P<last>{_NUMBER}))?\n", re.ASCII
)
_SEARCH = re.compile(r"search (?P<words>[!-~]+(?: [!-~]+)*)\n")
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
    path: of the file that is viewed or edited, or of the folder that is listed; else
      "".
    search: lines to find, of an edit.
    replace: lines to put there.
    lines: the first and the last one that are viewed, from 1 on; None for all.
    words: that are searched for.
    """

    kind: Kind
    path: str = ""
    search: str = ""
    replace: str = ""
    lines: tuple[int, int] | None = None
    words: str = ""

    def written(self) -> str:
        """The action in the grammar."""
        if self.kind != "edit":
            span = () if self.lines is None else map(str, self.lines)
            words = self.kind, self.path, *span, self.words
            return " ".join(word for word in words if word) + "\n"
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
    if found := _LIST.fullmatch(text):
        return Action("list", found["path"] or "")
    if found := _VIEW.fullmatch(text):
        lines = found["first"] and (int(found["first"]), int(found["last"]))
        return Action("view", found["path"], lines=lines or None)
    if found := _SEARCH.fullmatch(text):
        return Action("search", words=found["words"])
    if found := _EDIT.fullmatch(text):
        return Action("edit", found["path"], found["search"], found["replace"])
    raise ActionError(
        f"{text[:60]!r} is no action: list, view PATH, search WORDS, edit, test or "
        "finish."
    )
