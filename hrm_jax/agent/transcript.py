"""A session for people: a page and a text of what was said and seen, and the patch."""

from __future__ import annotations

import html
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from eval.atomic import replacing, write_text
from eval.html_style import STYLE
from hrm_jax.agent import journal, session
from hrm_jax.agent.session import Outcome

PATCH, TEXT, PAGE = "patch.diff", "transcript.md", "transcript.html"
_MORE_STYLE = """
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.said { border-left: .25rem solid var(--accent); padding-left: .75rem; }
.seen { color: var(--muted); padding-left: 1rem; }
ins { color: #1a7f37; text-decoration: none; }
del { color: #cf222e; text-decoration: none; }
@media (prefers-color-scheme: dark) { ins { color: #57ab5a; } del { color: #e5534b; } }
"""


class _Part(NamedTuple):
    """Attributes:
    kind: "head", "said" or "seen".
    text: of it.
    more: what is shown when asked for.
    """

    kind: str
    text: str
    more: str = ""


def write(folder: pathlib.Path, goal: str, model: str, outcome: Outcome | None) -> None:
    """Writes the transcript of a session's journal into its folder.

    Args:
      outcome: None of a session that has not ended.

    Raises:
      UserError: it cannot be written.
    """
    parts = list(_parts(journal.read(folder)))
    facts = _facts(model, outcome)
    if missing := session.left_out(folder):
        facts.append(missing)
    patch = outcome.patch if outcome else ""
    if outcome is not None:
        with replacing(folder / PATCH) as whole:
            whole.write_text(patch, encoding="utf-8", newline="")
    write_text(folder / TEXT, _text(goal, facts, parts, patch))
    write_text(folder / PAGE, _page(goal, facts, parts, patch))


def _facts(model: str, outcome: Outcome | None) -> list[str]:
    if outcome is None:
        return [f"model {model}", "paused: the same command goes on"]
    used = outcome.budget
    return [
        f"model {model}",
        f"{outcome.attempts} attempts, {used.actions} actions, {used.malformed} of "
        "them malformed",
        f"{used.runs} runs of the tests",
        f"{used.tokens:,} tokens",
        f"{used.seconds:,.1f} s",
    ]


def verdict(outcome: Outcome) -> str:
    """How it ended, in a line."""
    if outcome.solved:
        return "All tests pass."
    tests = "test fails" if outcome.failed == 1 else "tests fail"
    failed = f", {outcome.failed} {tests}" if outcome.failed > 0 else ""
    return f"Not solved: {outcome.why}{failed}."


def _parts(rows: Sequence[Mapping[str, Any]]) -> Iterator[_Part]:
    for row in rows:
        match row["kind"]:
            case "subgoal":
                test = row["test"] or "the tests"
                where = ", ".join(row["files"])
                made_by = row["begins_with"]
                after = f", after attempt {made_by}" if made_by else ""
                head = f"Attempt {row['number']}{after}: {test}, perhaps {where}"
                yield _Part("head", head)
            case "answer":
                cut = "\n(cut off)" if row["cut"] else ""
                yield _Part("said", row["text"].rstrip("\n") + cut, row["prompt"])
            case "seen":
                yield _Part("seen", row["text"].rstrip("\n"))
            case "tests":
                said = "all passed" if row["passed"] else _failed(row)
                yield _Part("seen", f"tests: {said}", row["output"])
            case "attempt":
                yield _Part("seen", f"({row['ended']})")
            case "end":
                yield _Part("head", f"End: {row['why']}")


def _failed(row: Mapping[str, Any]) -> str:
    names = row["failing"]
    count = f"{len(names)} failed: {', '.join(names[:5])}" if names else "failed"
    return f"{count}\n{next(iter(row['words']), '')}"


def _text(goal: str, facts: Sequence[str], parts: Sequence[_Part], patch: str) -> str:
    lines = [f"# {goal}", "", *(f"- {fact}" for fact in facts), ""]
    for part in parts:
        if part.kind == "head":
            lines += [f"## {part.text}", ""]
        else:
            lines += [_fenced(part.text, "" if part.kind == "said" else "text"), ""]
    lines += ["## What has changed", "", _fenced(patch or "nothing", "diff"), ""]
    return "\n".join(lines)


def _fenced(text: str, name: str) -> str:
    """In a fence that is longer than any in the text."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{name}\n{text}\n{fence}"


def _page(goal: str, facts: Sequence[str], parts: Sequence[_Part], patch: str) -> str:
    body = [f"<header><h1>{html.escape(goal)}</h1>"]
    items = "".join(f"<li>{html.escape(fact)}</li>" for fact in facts)
    body.append(f'<ul class="facts">{items}</ul></header>\n<section>')
    for part in parts:
        text = html.escape(part.text)
        if part.kind == "head":
            body.append(f"</section>\n<section><h2>{text}</h2>")
            continue
        body.append(f'<pre class="{part.kind}">{text}</pre>')
        if part.more:
            name = "what it read" if part.kind == "said" else "output"
            more = html.escape(part.more)
            body.append(
                f"<details><summary>{name}</summary><pre>{more}</pre></details>"
            )
    changed = _colored(patch) or "nothing"
    body.append(f"</section>\n<section><h2>What has changed</h2><pre>{changed}</pre>")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(goal)}</title>\n<style>{STYLE}{_MORE_STYLE}</style>\n"
        "</head>\n<body>\n<main>\n" + "\n".join(body) + "</section>\n</main>\n"
        "</body>\n</html>\n"
    )


def _colored(patch: str) -> str:
    lines = []
    for line in patch.splitlines():
        text = html.escape(line)
        tag = {"+": "ins", "-": "del"}.get(line[:1], "")
        lines.append(f"<{tag}>{text}</{tag}>" if tag else text)
    return "\n".join(lines)
