"""An exercise, from its folder."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from data_pipeline.schema import UserError
from eval.sandbox.languages import LANGUAGES

_NEVER_EDITED = ("CMakeLists.txt", "Cargo.toml")
"""Build files that some exercises count among their solution; `benchmark.py`."""


@dataclasses.dataclass(frozen=True)
class Exercise:
    """Attributes:
    name: of its folder.
    language: a name of `eval.sandbox.languages.LANGUAGES`.
    files: contents by path, all but those in `.meta` and `.docs`.
    stubs: the files that a submission may change, as they are.
    tests: paths of the test files.
    examples: contents of the authors' solution, by path.
    instructions: for people, as Markdown.
    """

    name: str
    language: str
    files: Mapping[str, bytes]
    stubs: Mapping[str, str]
    tests: tuple[str, ...]
    examples: Mapping[str, str]
    instructions: str

    @property
    def id(self) -> str:
        return f"{self.language}/{self.name}"

    @property
    def test_files(self) -> dict[str, str]:
        """The test files, and what else of the same kind lies beside them, as Go's
        tables of cases: contents by path."""
        ends = tuple({pathlib.PurePath(path).suffix for path in self.tests})
        beside = [
            path for path in self.files if path.endswith(("_test.go", ".spec.js"))
        ]
        paths = [path for path in {*self.tests, *beside} if path.endswith(ends)]
        return {path: self.files[path].decode() for path in sorted(paths)}

    def solution(self) -> dict[str, str] | None:
        """The authors' solution as solution files; None if one has no place there."""
        placed: dict[str, str] = {}
        for path, content in self.examples.items():
            target = self._target(path)
            if target is None or target in placed:
                return None
            placed[target] = content
        return placed or None

    def _target(self, example: str) -> str | None:
        """Which solution file an example stands for: the one of that name, or else the
        only one of that kind."""
        pure = pathlib.PurePath(example)
        same = [path for path in self.stubs if pathlib.PurePath(path).name == pure.name]
        kind = [path for path in self.stubs if path.endswith(pure.suffix)]
        found = same or (kind if pure.stem.startswith(("example", "proof")) else [])
        return found[0] if len(found) == 1 else None


def load(path: pathlib.Path) -> list[Exercise]:
    """The exercises of a checkout, in the order of languages and names.

    Raises:
      UserError: it is no such checkout, or an exercise is malformed.
    """
    folders = [
        (language, folder)
        for language in sorted(LANGUAGES)
        for folder in sorted((path / language / "exercises" / "practice").glob("*/"))
    ]
    if not folders:
        raise UserError(
            f"{path} has no <language>/exercises/practice/<name>: give the folder of a "
            "checkout of Aider-AI/polyglot-benchmark."
        )
    return [read(language, folder) for language, folder in folders]


def read(language: str, folder: pathlib.Path) -> Exercise:
    """One exercise.

    Raises:
      UserError: a file that it must have is missing or malformed.
    """
    listed = _listed(folder / ".meta" / "config.json")
    everything = {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
    files = {
        name: content
        for name, content in everything.items()
        if not name.startswith((".meta/", ".docs/"))
    }
    barred = {*_NEVER_EDITED, *listed["test"], *listed["example"]}
    # What is listed but not there is passed over, as `benchmark.py` does.
    stubs = [n for n in listed["solution"] if n in files and n not in barred]
    tests = [name for name in listed["test"] if name in files]
    for kind, names in (("solution", stubs), ("test", tests)):
        if not names:
            raise UserError(
                f"{folder} has none of the {kind} files that .meta/config.json lists."
            )
    docs = ("introduction", "instructions", "instructions.append")
    texts = [everything.get(f".docs/{name}.md", b"") for name in docs]
    if not texts[1]:
        raise UserError(f"{folder} has no .docs/instructions.md.")
    try:
        for name in tests:
            files[name].decode()
        return Exercise(
            name=folder.name,
            language=language,
            files=files,
            stubs={name: files[name].decode() for name in stubs},
            tests=tuple(tests),
            examples={
                name: everything[name].decode()
                for name in listed["example"]
                if name in everything and not name.endswith(".toml")
            },
            instructions=b"".join(texts).decode(),
        )
    except UnicodeDecodeError as error:
        raise UserError(f"{folder} holds a text that is not UTF-8.") from error


def _listed(path: pathlib.Path) -> dict[str, list[str]]:
    """The files of a configuration by what they are for."""
    try:
        config: Any = json.loads(path.read_bytes())
        listed = {
            kind: config["files"].get(kind, [])
            for kind in ("solution", "test", "example")
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is no configuration of an exercise.") from error
    for kind, names in listed.items():
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            raise UserError(f"{path}: `{kind}` must be a list of paths.")
    return listed
