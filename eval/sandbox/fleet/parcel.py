"""What a machine of a fleet is sent: the sandbox, and the little that it imports."""

from __future__ import annotations

import pathlib
import shutil

_REPOSITORY = pathlib.Path(__file__).parents[3]
_BESIDE = (
    *("data_pipeline/__init__.py", "data_pipeline/user_error.py"),
    "data_pipeline/users_cache.py",
    *("eval/__init__.py", "eval/atomic.py"),
)
_MAIN = """
import sys

if sys.version_info < (3, 11):
    sys.exit("it is Python " + sys.version.split()[0])

from eval.sandbox.fleet.agent import main

main()
"""


def pack(folder: pathlib.Path) -> None:
    """Fills a folder that `python3 -I -S FOLDER REQUEST` runs; it needs no package."""
    sandbox = (_REPOSITORY / "eval" / "sandbox").rglob("*.py")
    for source in [*(_REPOSITORY / path for path in _BESIDE), *sandbox]:
        place = folder / source.relative_to(_REPOSITORY)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, place)
    (folder / "__main__.py").write_text(_MAIN, encoding="utf-8")
