"""JUnit and AssertJ in the places where Debian, Maven and Gradle keep them."""

from __future__ import annotations

import functools
import pathlib
import re

from eval.benchmarks.polyglot.suite import NotRunnable

_MAVEN = ("/usr/share/maven-repo", "~/.m2/repository")
_GRADLE = "~/.gradle/caches/modules-2/files-2.1"
_HINT = "apt-get install junit5 libassertj-core-java"


@functools.cache
def junit() -> tuple[str, ...]:
    """The jars of JUnit 5 that go together, of the newest version.

    Raises:
      NotRunnable: one is missing.
    """
    jupiter = [_versions("org.junit.jupiter", f"junit-jupiter-{n}") for n in _JUPITER]
    platform = [
        _versions("org.junit.platform", f"junit-platform-{n}") for n in _PLATFORM
    ]
    rest = [_newest(group, name) for group, name in _REST]
    for version in sorted(set.intersection(*map(set, jupiter)), reverse=True):
        beside = [
            other
            for other in sorted(set.intersection(*map(set, platform)))
            if version[0] == 5 and other[:2] == (1, version[1])
        ]
        if beside and all(rest):
            return (
                *(found[version] for found in jupiter),
                *(found[beside[-1]] for found in platform),
                *filter(None, rest),
            )
    raise NotRunnable(f"JUnit 5 is not installed: {_HINT}.")


@functools.cache
def assertj() -> tuple[str, ...]:
    """The jars of AssertJ.

    Raises:
      NotRunnable: there is none.
    """
    core = _newest("org.assertj", "assertj-core")
    if core is None:
        raise NotRunnable(f"AssertJ is not installed: {_HINT}.")
    buddy = _newest("net.bytebuddy", "byte-buddy")
    return (core, buddy) if buddy else (core,)


_JUPITER = ("api", "engine", "params")
_PLATFORM = ("commons", "engine", "launcher")
_REST = (("org.opentest4j", "opentest4j"), ("org.apiguardian", "apiguardian-api"))


def _newest(group: str, name: str) -> str | None:
    found = _versions(group, name)
    return found[max(found)] if found else None


def _versions(group: str, name: str) -> dict[tuple[int, ...], str]:
    """The jars of an artifact by their version."""
    folders = [
        pathlib.Path(base).expanduser() / group.replace(".", "/") / name
        for base in _MAVEN
    ]
    folders.append(pathlib.Path(_GRADLE).expanduser() / group / name)
    found = {}
    for folder in folders:
        for jar in sorted(folder.rglob(f"{name}-*.jar")):
            version = re.fullmatch(rf"{re.escape(name)}-(\d+(?:\.\d+)*)\.jar", jar.name)
            if version:
                key = tuple(int(part) for part in version[1].split("."))
                found.setdefault(key, str(jar.resolve()))
    return found
