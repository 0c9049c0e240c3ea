"""What an agent's actions do to its copy of a repository, and what it sees of it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from data_pipeline.programs.actions import Action
from eval.benchmarks.edits import search_replace
from eval.benchmarks.edits.error import EditError
from eval.benchmarks.edits.search_replace import Block
from hrm_jax.agent import configuration, spans
from hrm_jax.agent.spans import Span

_MOST_FOUND = 20
"""Lines that a search shows."""
_TESTS = re.compile(
    r"(?:^|/)(?:tests?|__tests__|specs?)/"
    r"|(?:^|/)(?:(?:test_[^/]*|tests?|conftest)\.py|test\.[cm]?js)$"
    r"|(?:^|/)Test[A-Z][^/]*\.java$"
    r"|[^/]*(?:_test\.(?:py|go)|\.(?:test|spec)\.[jt]sx?|Tests?\.java)$"
)


class Observation(NamedTuple):
    """What an agent is shown after an action.

    Attributes:
      text: in the words that models are trained with, where they have any.
      done: whether the action could be carried out.
      shown: path and lines that are in view from now on, if any are.
    """

    text: str
    done: bool
    shown: tuple[str, Span | None] | None = None


def is_test(path: str) -> bool:
    """Does a file belong to the tests, by its name? These say what is right, and stay
    as they are."""
    return _TESTS.search(path) is not None


class Environment:
    """The texts of a repository; nothing outside of them can be named.

    Attributes:
      texts: by path, as they are now.
    """

    def __init__(self, texts: Mapping[str, str], longest: int, goal: str = ""):
        """Args:
        longest: characters of an observation.
        goal: files that it names may be edited, whatever they say of tests.
        """
        self._begin = dict(texts)
        self.texts = dict(texts)
        self._longest, self._goal = longest, goal

    def perform(self, action: Action) -> Observation:
        """Carries out a list, view, search or edit action; the executor handles the
        others."""
        made = {
            "list": self._list,
            "view": self._view,
            "search": self._search,
            "edit": self._edit,
        }[action.kind](action)
        if len(made.text) > self._longest:
            cut = made.text[: self._longest] + "\n(and more)\n"
            return made._replace(text=cut)
        return made

    def _list(self, action: Action) -> Observation:
        folder = f"{action.path}/" if action.path else ""
        inside = [p.removeprefix(folder) for p in self.texts if p.startswith(folder)]
        if not inside:
            return _error(f"There is no folder {action.path!r}.")
        names = {
            name if not rest else f"{name}/"
            for name, _, rest in (path.partition("/") for path in inside)
        }
        return Observation(listing(sorted(names)), True)

    def _view(self, action: Action) -> Observation:
        text = self.texts.get(action.path)
        if text is None:
            return _error(f"There is no file {action.path!r}.")
        if action.lines is None:
            return Observation(shown(action.path, text), True, (action.path, None))
        span = Span(*action.lines)
        count = len(spans.lines_of(text))
        if not span.first <= span.last or span.first > count:
            return _error(
                f"{action.path} has {count} lines: none from {span.first} to "
                f"{span.last}."
            )
        span = Span(span.first, min(span.last, count))
        text = shown(action.path, text, span)
        return Observation(text, True, (action.path, span))

    def _search(self, action: Action) -> Observation:
        words = action.words.lower()
        found = []
        for path in sorted(self.texts):
            for number, line in enumerate(self.texts[path].split("\n"), start=1):
                if words in line.lower():
                    found.append(f"{path} {number}: {line.strip()[:120]}")
                    if len(found) > _MOST_FOUND:
                        return Observation(_found([*found[:-1], "(and more)"]), True)
        return Observation(_found(found or ["nothing"]), True)

    def _edit(self, action: Action) -> Observation:
        path = action.path
        if path not in self.texts:
            return _error(f"There is no file {path!r}.")
        if is_test(path):
            return _error(f"{path!r} belongs to the tests, which stay as they are.")
        search, replace = (
            lines.split("\n")[:-1] for lines in (action.search, action.replace)
        )
        block = Block(path, search, replace)
        try:
            after, places = search_replace.put(
                self.texts[path], block, f"Block 1 ({path})"
            )
        except EditError as error:
            return _error(str(error))
        if after == self.texts[path]:
            return _error(f"The edit leaves {path!r} as it is.")
        if barred := self._barred(path, after):
            return _error(barred)
        self.texts[path] = after
        where = f": the first of {places} places" if places > 1 else ""
        return Observation(f"edited {path}{where}\n", True, (path, None))

    def _barred(self, path: str, after: str) -> str:
        """Why a file that says how tests are run may not become this; "" where it may.

        One that cannot be read at first may have to be mended, whatever it says then.
        """
        before = configuration.part(path, self._begin[path])
        now = configuration.part(path, after)
        if before in (None, now) or os.path.basename(path) in self._goal:
            return ""
        if now is None:
            return f"The edit leaves {path!r} such that it cannot be read."
        return (
            f"What {path!r} says of the tests stays as it is: the goal does not name "
            "the file."
        )


def listing(names: list[str]) -> str:
    """File names as models see them."""
    return f"files: {' '.join(names)}\n"


def shown(path: str, text: str, span: Span | None = None) -> str:
    """A file as models see it, or lines of it."""
    return said(
        path, text if span is None else spans.cut(spans.lines_of(text), span), span
    )


def said(path: str, body: str, span: Span | None) -> str:
    """A file's text, or that of its span, as models see it."""
    head = path if span is None else f"{path} {span.first} {span.last}"
    end = "" if body.endswith("\n") or not body else "\n"
    return f"{head}:\n{body}{end}"


def _found(lines: list[str]) -> str:
    return "found:\n" + "".join(f"{line}\n" for line in lines)


def _error(told: str) -> Observation:
    return Observation(f"error: {told}\n", False)
