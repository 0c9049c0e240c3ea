"""Which licence a text states.

Three answers: an SPDX expression; `UNKNOWN` for a statement that nobody here knows how
to read (another licence, one without its version, "proprietary"), which nothing around
the text may overrule; and None for a text that states nothing, or only where its
licence lies.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from data_pipeline.text.corpus import licence_expression
from data_pipeline.text.corpus.source_file import UNKNOWN

_HEAD = 4096
"""Bytes of a text in which its licence is looked for."""
_SHORT = 600
"""Characters of a text that is no licence, but may name one or say where it lies."""
_SPDX = re.compile(
    rb"SPDX-License-Identifier:[ \t]*([A-Za-z0-9.+()\- \t]*[A-Za-z0-9.+)])"
)
_COMMENTS = re.compile(
    rb"(?:\s*package [\w.]+;)?"
    rb"(?:\s*(?:#[^\n]*|//[^\n]*|/\*.*?(?:\*/|\Z)|<!--.*?(?:-->|\Z)"
    rb'|[rRuU]?""".*?(?:"""|\Z)|[rRuU]?\'\'\'.*?(?:\'\'\'|\Z)'
    rb'|["\']use strict["\'];?))*',
    re.DOTALL,
)
"""What a source file begins with, in any language; Java's behind its package, too."""

# Titles of licences that come in versions, without case and layout; what SPDX calls
# them, and the version that is meant where none is said.
_VERSIONED = {
    "gnu affero general public license": ("AGPL", "3"),
    "gnu lesser general public license": ("LGPL", "2.1"),
    "gnu library general public license": ("LGPL", "2"),
    "gnu general public license": ("GPL", ""),
    "gnu free documentation license": ("GFDL", ""),
    "mozilla public license": ("MPL", ""),
    "apache license": ("Apache", ""),
}
_VERSION = r"\bv(?:ersion|\.)? ?(\d(?:\.\d)?)\b"
_TITLE = re.compile(
    rf"(?:{_VERSION} of the )?({'|'.join(_VERSIONED)})(?:\D{{0,99}}?{_VERSION})?"
)
_GPL = "gnu general public license"
# What else stands in a licence: its title or first words, and what must be there, too.
_PHRASES = (
    (
        (_GPL, "gcc runtime library exception"),
        "GPL-3.0-or-later WITH GCC-exception-3.1",
    ),
    ((_GPL, "classpath"), "GPL-2.0-only WITH Classpath-exception-2.0"),
    (("boost software license",), "BSL-1.0"),
    (("python software foundation license",), "PSF-2.0"),
    (("permission is hereby granted, free of charge",), "MIT"),
    (("permission to use, copy, modify, and/or distribute", "appear in all"), "ISC"),
    (("permission to use, copy, modify, and/or distribute",), "0BSD"),
    (
        ("redistribution and use in source and binary forms", "neither the name"),
        "BSD-3-Clause",
    ),
    (("redistribution and use in source and binary forms",), "BSD-2-Clause"),
    (("free and unencumbered software released into the public",), "Unlicense"),
    (("cc0 1.0 universal",), "CC0-1.0"),
    (("this software is provided 'as-is', without any express",), "Zlib"),
)
# Licences that are named where their words do not stand.
_NAMES = {
    "mit": "MIT",
    "isc": "ISC",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "apache-2.0": "Apache-2.0",
}
_NAME = "|".join(map(re.escape, _NAMES))
_WHOLE = re.compile(
    r"(?=.*(?:licen[cs]|\bunder ))"
    r"(?:[@:]?licen[cs]ed?:? |(?:this (?:[a-z]+ )?(?:file|code|program|software|module"
    r"|library|package|project|work) is )?(?:(?:licen[cs]ed|released|distributed"
    r"|published|available) )?under )?(?:the )?(?:terms of the )?"
    rf"(?P<name>{_NAME})(?: licen[cs]ed?)?(?: \((?P=name)\))?"
)
"""A sentence that names a licence and says no more."""
_SENTENCES = re.compile(r"\.(?=\s|$)|\n(?![a-z])")
"""What lies between them: a line that goes on begins with a small letter."""
_MARKS = " \t\r*#/;!<>-"
# Of what SPDX knows, or lawyers, and we do not.
_OTHERS = re.compile(
    r"\b(?:eclipse (?:public|distribution) licen|common development and distribution"
    r"|common public licen|european union public licen|business source licen"
    r"|server side public licen|elastic licen|commons clause"
    r"|creative commons(?! legal code cc0)|cc[- ]by\b|proprietary\b|confidential\b"
    r"|(?:epl|cddl|busl|sspl|eupl)\b)"
)
_GPLS = re.compile(r"\b[al]?gpl(?:v?\d|\b)(?![- ]compatib)")
_SAYS = re.compile(
    rf"\bunder (?:the )?(?:{_NAME})\b"
    r"|\blicen[cs]ed under\b|\blicen[cs]e ?:|@licen[cs]e\b|\bunder (?:the )?terms\b"
    r"|\b(?:distributed|released|provided|available|governed) (?:under|by) "
    r"[^.]{0,60}\blicen[cs]e"
    r"|\bunauthori[sz]ed (?:copying|use)\b|\bstrictly prohibited\b"
)
_POINTS = re.compile(
    r"\blicen[cs]es?(?:[-_.][\w.-]+)? file\b"
    r"|\bfiles? (?:called |named )?[\"'`]?(?:licen[cs]e|copying)"
    r"|\b(?:see|in) (?:the )?(?:top-level |accompanying )?"
    r"[\"'`. ]*(?:licen[cs]e(?! agree)|copying)"
    r"|\b(?:licen[cs]e|copying|copyright)\.(?:txt|md|rst)"
    r"|\b(?:terms|licen[cs]e) (?:as|of) (?:the|this) (?:package|project|rest|root)"
)
"""Where a licence lies, of which "BSD-style" or "as is" says no more."""
_TERMS = re.compile(
    r"licen[cs]|permi(?:ssion|tted)|redistribut|\brights\b|\bterms\b|agreement"
    r"|\bcopying\b|public domain"
)


_MORE = re.compile(
    rf"{_TERMS.pattern}|{_GPLS.pattern}|\b(?:mit|isc|bsd|apache|mozilla)\b"
    r"|commercial|restrict|\bexcept\b|\buse only\b"
)
"""What a mere name may not stand beside."""


def of_source(content: bytes) -> str | None:
    """What a source file states: an SPDX tag or the words of a licence in its first
    lines, or what the comments that it begins with say of one.

    Of several licences the one whose words begin first counts: licences speak of
    others. A licence of GNU is "or later" only where the words say so, which its own
    text does not. Of SPDX's tags all must hold. A mere name counts as a sentence of its
    own, beside which nothing else is said of licences.
    """
    head = _head(content)
    comments = _COMMENTS.match(head)
    raw = comments[0] if comments else b""
    opening = _plain(raw)
    found = [*_recognised(_plain(head)), *_places(opening, _OTHERS, _GPLS)]
    found += _without_version(opening)
    known = _with_names(_first(found), raw)
    says = _SAYS.search(opening) and not _POINTS.search(opening)
    return _tagged(head) or known or (UNKNOWN if says else None)


def of_notice(content: bytes) -> str | None:
    """What a file states that is there to do so, as one called LICENSE: see
    `of_source`. A mere line of copyright states nothing."""
    head = _head(content)
    text = _plain(head)
    short = len(text) <= _SHORT
    found = [*_recognised(text), *_places(text, _OTHERS), *_without_version(text)]
    known = _with_names(_first(found), head if short else b"")
    says = _TERMS.search(text) and not (short and _POINTS.search(text))
    return _tagged(head) or known or (UNKNOWN if says else None)


def _head(content: bytes) -> bytes:
    return content.removeprefix(codecs.BOM_UTF8)[:_HEAD]


def _plain(content: bytes) -> str:
    """In small letters, without the marks of comments and layout."""
    return re.sub(r"[\s*#/;]+", " ", content.decode("utf-8", "replace")).lower()


def _tagged(head: bytes) -> str | None:
    tags = [tag[1].decode("ascii").strip() for tag in _SPDX.finditer(head)]
    return licence_expression.joined(dict.fromkeys(tags)) if tags else None


def _first(found: list[tuple[int, str]]) -> str | None:
    """Of licences, each with its place in a text; of two at a place the first."""
    return min(found, key=lambda one: one[0])[1] if found else None


def _recognised(text: str) -> Iterator[tuple[int, str]]:
    for phrases, licence in _PHRASES:
        if all(phrase in text for phrase in phrases):
            yield text.index(phrases[0]), licence
    for title in _TITLE.finditer(text):
        if version := _version(title):
            yield title.start(2), _titled(title, version)


def _without_version(text: str) -> list[tuple[int, str]]:
    titles = _TITLE.finditer(text)
    return [(one.start(2), UNKNOWN) for one in titles if not _version(one)]


def _version(title: re.Match[str]) -> str:
    return title[1] or title[3] or _VERSIONED[title[2]][1]


def _titled(title: re.Match[str], version: str) -> str:
    licence = f"{_VERSIONED[title[2]][0]}-{version}{'' if '.' in version else '.0'}"
    if title[2].startswith("gnu"):
        said = title[1] or title[3]
        later = not said or "any later version" in title.string[title.start() :]
        licence += "-or-later" if later else "-only"
    return licence


def _with_names(found: str | None, text: bytes) -> str | None:
    """The licence whose words were found, or else the one that a text names; `UNKNOWN`
    where it names another one, or says more than a name."""
    names, others = set[str](), list[str]()
    for sentence in _sentences(text):
        if whole := _WHOLE.fullmatch(sentence):
            names.add(_NAMES[whole["name"]])
        elif not _POINTS.search(sentence):
            others.append(sentence)
    if found or not names:
        return found if names <= {found} else UNKNOWN
    rest = "\n".join(others).replace("all rights reserved", "")
    return UNKNOWN if len(names) > 1 or _MORE.search(rest) else names.pop()


def _sentences(text: bytes) -> Iterator[str]:
    """In small letters, without the marks of comments."""
    lines = text.decode("utf-8", "replace").split("\n")
    for sentence in _SENTENCES.split("\n".join(line.strip(_MARKS) for line in lines)):
        yield " ".join(sentence.split()).lower().strip("\"'. ")


def _places(text: str, *patterns: re.Pattern[str]) -> list[tuple[int, str]]:
    return [
        (one.start(), UNKNOWN) for pattern in patterns for one in pattern.finditer(text)
    ]
