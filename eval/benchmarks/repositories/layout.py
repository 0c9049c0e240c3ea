"""The files of a repository, from a choice of modules and names."""

from __future__ import annotations

import dataclasses
import pathlib
import random
import re
from collections.abc import Mapping, Sequence

from eval.benchmarks.repositories.probes import NAMES, PROBES

_LIBRARY = pathlib.Path(__file__).parent / "library"
_PACKAGES = ("toolbox", "kitchen", "sundry", "bricks", "workbench", "pocket", "drawer")
_COMPANIONS = 2


def source(module: str) -> str:
    """A module of the library, as it is."""
    return (_LIBRARY / f"{module}.py").read_text(encoding="utf-8")


def modules() -> list[str]:
    """The modules of the library."""
    return sorted(PROBES)


@dataclasses.dataclass(frozen=True)
class Layout:
    """Attributes:
    package: the folder of the modules.
    modules: of the library, the one with the bug first.
    names: other names of modules, functions and classes.
    """

    package: str
    modules: tuple[str, ...]
    names: Mapping[str, str]

    def renamed(self, text: str) -> str:
        """A text of the library with the names of this repository."""
        return re.sub(
            r"\b[A-Za-z_]\w*\b", lambda found: self.names.get(found[0], found[0]), text
        )

    def path(self, module: str) -> str:
        """Where a module stands."""
        return f"{self.package}/{self._file(module)}.py"

    def imported(self, module: str) -> str:
        """What a module is imported as."""
        return f"{self.package}.{self._file(module)}"

    def tests_path(self, module: str) -> str:
        """Where the tests of a module stand."""
        return f"tests/test_{self._file(module)}.py"

    def calls(self, module: str) -> list[str]:
        """The probes of a module, with the names of this repository."""
        return [self.renamed(call) for call in PROBES[module]]

    def files(self, sources: Mapping[str, str]) -> dict[str, str]:
        """All files but the tests.

        Args:
          sources: of the modules, by their names in the library.
        """
        listed = "\n".join(f"- `{self.path(module)}`" for module in self.modules)
        return {
            "README.md": f"# {self.package}\n\n{listed}\n\n"
            "Tests: `python -m unittest discover -t . tests`.\n",
            f"{self.package}/__init__.py": f'"""The modules of {self.package}."""\n',
            **{self.path(m): self.renamed(sources[m]) for m in self.modules},
        }

    def tests(
        self, module: str, calls: Sequence[str], values: Sequence[str]
    ) -> dict[str, str]:
        """The test file of a module, with one test for each call.

        Args:
          values: what the calls give; see `testing.values`.
        """
        numbers = {call: n for n, call in enumerate(self.calls(module), start=1)}
        lines = [
            "import unittest",
            "",
            f"from {self.imported(module)} import *  # noqa: F403",
            "",
            "",
            "class Tests(unittest.TestCase):",
        ]
        for call, value in zip(calls, values, strict=True):
            word = (re.findall(r"[A-Za-z]\w+", call.replace("lambda", "")) or ["it"])[0]
            called = next((w for w in re.findall(r"\w+", call) if w in self._own), word)
            lines.append(f"    def test_{called.lower()}_{numbers[call]}(self):")
            if value.startswith("!"):
                lines += [
                    f"        with self.assertRaises({value[1:]}):",
                    f"            {call}",
                    "",
                ]
            else:
                lines += [f"        self.assertEqual({call}, {value})", ""]
        return {self.tests_path(module): "\n".join(lines[:-1]) + "\n"}

    @property
    def _own(self) -> set[str]:
        return set(self.names.values())

    def _file(self, module: str) -> str:
        return self.names[module]


def draw(module: str, generator: random.Random) -> Layout:
    """A layout with a module and some others, under names that are drawn."""
    others = [one for one in modules() if one != module]
    chosen = (module, *generator.sample(others, generator.randint(1, _COMPANIONS)))
    package = generator.choice(_PACKAGES)
    names = {name: generator.choice(choices) for name, choices in NAMES.items()}
    return Layout(package, chosen, names)
