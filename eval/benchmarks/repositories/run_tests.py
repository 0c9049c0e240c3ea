"""Runs the unit tests of a repository inside a sandbox, and tells how each ended.

Standard output ends in a line with the word from standard input, and the statuses.
"""

import json
import os
import pathlib
import sys
import unittest


class Statuses(unittest.TestResult):
    """The status of each test, named as pytest names it."""

    def __init__(self, path):
        super().__init__()
        self.path, self.found = path, {}

    def _tell(self, test, status):
        name = f"{self.path}::{type(test).__name__}::{test.id().rpartition('.')[2]}"
        self.found[name] = status

    def addSuccess(self, test):
        self._tell(test, "PASSED")

    def addFailure(self, test, err):
        self._tell(test, "FAILED")
        print(f"{test.id()}: {err[1]}")

    def addError(self, test, err):
        self._tell(test, "ERROR")
        print(f"{test.id()}: {type(err[1]).__name__}: {err[1]}")


def main():
    """Runs each file of `tests` that the arguments name."""
    sys.path.insert(0, os.getcwd())
    found = {}
    for path in sys.argv[1:]:
        statuses = Statuses(path)
        name = ".".join(pathlib.PurePath(path).with_suffix("").parts)
        unittest.defaultTestLoader.loadTestsFromName(name).run(statuses)
        found |= statuses.found
    word = os.read(0, 64).decode()
    print(f"\n{word} {json.dumps(found)}", flush=True)


if __name__ == "__main__":
    main()
