"""What a corpus names: folders, archives, tables, or a machine's own by name."""

from __future__ import annotations

import glob
import hashlib
import pathlib
from collections.abc import Iterator
from typing import NamedTuple

from data_pipeline import checksums
from data_pipeline.schema import UserError
from data_pipeline.text.corpus import licences, machine, statements, tables
from data_pipeline.text.corpus.source_file import UNKNOWN, SourceFile, language_of
from data_pipeline.text.corpus.tree import Tree, printable


class Entry(NamedTuple):
    """Attributes:
    text: as the config has it.
    paths: of tables; or of one folder or archive.
    licence: of files that say nothing, and around which nothing is said.
    """

    text: str
    paths: tuple[pathlib.Path, ...]
    licence: str

    @classmethod
    def of(cls, text: str) -> Entry:
        """Understands a name, a path, or a pattern of paths.

        Raises:
          UserError: there is no such thing.
        """
        if text in machine.NAMES:
            path, licence = machine.root(text)
            return cls(text, (path,), licence)
        found = sorted(glob.glob(text, recursive=True)) if glob.has_magic(text) else []
        paths = tuple(map(pathlib.Path, found or [text]))
        for path in paths:
            if not path.exists():
                raise UserError(
                    f"The corpus names {text}, which is not there: set it to folders, "
                    "ZIP archives, .parquet or .jsonl files, patterns of these, or to "
                    f"names among {', '.join(machine.NAMES)}, with commas between them."
                )
        return cls(text, paths, UNKNOWN)

    def files(self, unsaid: bool = False) -> Iterator[SourceFile]:
        """The files in our languages, in an order that is always the same.

        Rows of tables are among them whatever they hold: their language may be
        `UNKNOWN`, and is for `verdicts` to judge.

        Args:
          unsaid: tables need not say languages.

        Raises:
          UserError: a table is malformed, or a path is no folder and no archive.
        """
        for path in self.paths:
            if path.suffix in tables.SUFFIXES:
                yield from tables.read(path, unsaid)
            else:
                yield from self._of_tree(path)

    def sha256(self, directory: pathlib.Path) -> str:
        """Of all that it holds.

        Args:
          directory: see `checksums.remembered_sha256`.
        """
        parts = []
        for path in self.paths:
            if path.is_dir():
                tree = Tree.open(path)
                parts += [
                    f"{printable(name)} {hashlib.sha256(tree.read(name)).hexdigest()}"
                    for name in tree.names
                    if language_of(name) or licences.is_about(name)
                ]
            else:
                sha256 = checksums.remembered_sha256(path, directory)
                parts.append(f"{path.name} {sha256}")
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _of_tree(self, path: pathlib.Path) -> Iterator[SourceFile]:
        tree = Tree.open(path)
        around = licences.Surroundings(tree, self.licence)
        named = self.text if self.text in machine.NAMES else path.name
        for name in tree.names:
            language = language_of(name)
            if language is not None:
                content = tree.read(name)
                licence = statements.of_source(content) or around.of(name)
                told = printable(f"{named}/{name}")
                yield SourceFile(told, language, content, licence)
