"""What this version of XLA may be told."""

import importlib.util
import mmap
import pathlib


def knows(flag: str) -> bool:
    """Is it a string of XLA's library? A flag that XLA does not know ends the process.

    As C writes it, between zeros: names that went out of use are there otherwise.
    """
    found = importlib.util.find_spec("jaxlib")
    assert found is not None and found.origin is not None
    (library,) = pathlib.Path(found.origin).parent.glob("libjax_common.*")
    with (
        library.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        return content.find(b"\0" + flag.encode() + b"\0") >= 0
