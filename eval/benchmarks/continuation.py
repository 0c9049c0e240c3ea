"""From what a model wrote after a function's head to the whole source.

A completion model goes on where the prompt ends. Where its function ends is told by
the rules of HumanEvalPack (`remove_last_block` in bigcode-evaluation-harness), which
grew out of those of HumanEval-X (`cleanup_code` in CodeGeeX): in languages with braces
where those that the prompt opened are closed, in Python before the first line that is
not indented.
A chat model may write the whole function again, in a fenced block.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from eval.benchmarks import extraction

FENCES = {
    "python": ("python", "py", "python3"),
    "cpp": ("cpp", "c++", "cc", "c"),
    "go": ("go", "golang"),
    "java": ("java",),
    "javascript": ("javascript", "js", "node"),
    "rust": ("rust", "rs"),
}
_DEFINED = {
    "python": r"^[ \t]*(?:async[ \t]+)?def[ \t]+(NAME)[ \t]*\(",
    "cpp": r"^(?![ \t]*(?:return|else)\b)[\w:<>,&* \t]{0,300}[\w>&*][ \t&*]{1,50}(NAME)"
    r"[ \t]*\([^;{}]{0,2000}\)\s*(?:const\s*)?\{",
    "go": r"^func[ \t]+(NAME)[ \t]*\(",
    "java": r"^(?![ \t]*(?:return|new|else|throw)\b)[\w<>\[\], ?\t]{0,300}[\w>\]]"
    r"[ \t]{1,50}(NAME)[ \t]*\([^;{}]{0,2000}\)\s*(?:throws[\w., \t]+)?\{",
    "javascript": r"^[ \t]*(?:(?:const|let|var)[ \t]+(NAME)[ \t]*="
    r"|(?:async[ \t]+)?function\b[ \t*]*(NAME)[ \t]*\()",
    "rust": r"^[ \t]*(?:pub[ \t]+)?fn[ \t]+(NAME)\b",
}
"""Where a function is defined. Its parts are bounded: models repeat a space or a word
thousands of times, and time would grow with the third power of that."""

_IMPORTS = re.compile(
    r"^(?:#[ \t]*include|using|typedef|import|from|use|package)\b[^\n]*$", re.MULTILINE
)


def defined(language: str, source: str) -> list[str]:
    """Names of the functions that a source defines, in order."""
    found = re.finditer(_pattern(language, r"\w+"), source, re.MULTILINE)
    return [next(filter(None, match.groups())) for match in found]


def whole(
    language: str, prompt: str, entry: str, completion: str, stop: Sequence[str] = ()
) -> str:
    """The source that a completion makes of a prompt; "" if it has no code.

    Args:
      prompt: the source up to the head of the function, which it ends with.
      entry: name of the function.
      completion: goes on with the prompt, or has the function in a fenced block.
      stop: words that a completion ends before, by the benchmark's rules.
    """
    block = _block(language, entry, completion)
    if block is not None and (found := _definition(language, entry, block)):
        if _is_empty(language, block[found.end() :]):
            return ""
        return _with_head(language, prompt, entry, block)
    body = block if block is not None else completion.split("\n```")[0]
    body = _cut(language, extraction.until(body, stop))
    return "" if _is_empty(language, body) else prompt + body


def _pattern(language: str, name: str) -> str:
    return _DEFINED[language].replace("NAME", name)


def _definition(language: str, entry: str, source: str) -> re.Match[str] | None:
    return re.search(_pattern(language, re.escape(entry)), source, re.MULTILINE)


def _block(language: str, entry: str, completion: str) -> str | None:
    """The fenced block that answers, if the model wrote in blocks at all."""
    if "```" not in completion and "~~~" not in completion:
        return None
    blocks = extraction.fenced(completion)
    for _, content in blocks:
        if _definition(language, entry, content):
            return content
    if completion.lstrip().startswith(("```", "~~~")):
        return blocks[0][1] if blocks else None
    named = [content for name, content in blocks if name in FENCES[language]]
    return named[0] if named else None


def _is_empty(language: str, body: str) -> bool:
    """It has nothing but comments: in C++ that compiles, and passes if luck will have
    the right answer in a register."""
    comments = r"#[^\n]*" if language == "python" else r"//[^\n]*|/\*.*?(?:\*/|\Z)"
    return not re.sub(comments, "", body, flags=re.DOTALL).strip("{}; \t\r\n")


def _with_head(language: str, prompt: str, entry: str, block: str) -> str:
    """A block that has the function, with what the prompt has before it."""
    found = _definition(language, entry, prompt)
    head = prompt[: found.start()] if found else ""
    if language == "java":
        block = re.sub(r"^public\s+((?:final\s+)?class)\b", r"\1", block, flags=re.M)
        if not re.search(r"^\s*(?:final\s+)?class\s", block, re.MULTILINE):
            return f"{head}{block}\n}}"
        again = True
    else:
        again = bool(set(defined(language, head)) & set(defined(language, block)))
    if again:
        head = "\n".join(_IMPORTS.findall(head))
    return f"{head}\n{block}"


def _cut(language: str, body: str) -> str:
    if language == "python":
        return _indented(body)
    opened = 2 if language == "java" else 1
    for place, mark in enumerate(body):
        if mark in "{}":
            opened += 1 if mark == "{" else -1
        if not opened:
            return body[: place + 1]
    if language == "java":
        # The class, which the prompt opened, is often left open.
        body = body.split("public static void main")[0]
        end = body.rfind("}") + 1
        closed = body.count("{") + 1 == body.count("}")
        return body[: end or len(body)] + ("\n}" if closed else "")
    end = body.rfind("}") + 1
    return body[: end or len(body)]


def _indented(body: str) -> str:
    lines = body.split("\n")
    for number, line in enumerate(lines):
        # What follows the prompt on its own last line belongs to it.
        if number and line.strip() and line[0] not in " \t":
            return "\n".join(lines[:number])
    return body
