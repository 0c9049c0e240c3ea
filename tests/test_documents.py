"""README and docs: their commands are understood, and their links lead somewhere."""

import pathlib
import re
import shlex

import pytest

from commands import flags
from configs import default

REPOSITORY = pathlib.Path(__file__).parent.parent
PAGES = (
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "LOG.md")),
    *sorted((REPOSITORY / "docs").glob("*.md")),
)


def commands():
    """All that is code and begins with `python main.py`, but in the log of the past."""
    for path in PAGES:
        if path.name == "LOG.md":
            continue
        text = path.read_text(encoding="utf-8")
        for ticks, code in re.findall(r"(`+)(.+?)\1", text, re.DOTALL):
            code = code.replace("\\\n", " ")
            for line in (
                code.split("\n") if ticks == "```" else [" ".join(code.split())]
            ):
                _, begun, rest = line.partition("python main.py ")
                if begun and not re.search(r"COMMAND|\.\.\.|<", rest):
                    rest = re.split(r" [|&]", rest.replace("$'", "'"))[0]
                    # What ends a script that the command is a line of.
                    yield rest.rstrip("'") if rest.count("'") % 2 else rest


def test_commands_are_understood(monkeypatch):
    monkeypatch.setattr(flags, "_preset", lambda *_: (default.get_config(), "any"))
    written = list(commands())
    assert len(written) > 40
    for one in written:
        flags.parse(["main.py", *shlex.split(one, comments=True)])


CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def anchors(page):
    """What a link may have behind #: the headings, as GitHub names them."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page):
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"https?://", target):
            name, _, anchor = target.partition("#")
            there = page.parent / name if name else page
            assert there.exists(), target
            assert not anchor or anchor in anchors(there), target


def test_every_page_is_found_from_the_first_one():
    first = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    for page in PAGES[1:]:
        assert f"({page.relative_to(REPOSITORY).as_posix()})" in first
