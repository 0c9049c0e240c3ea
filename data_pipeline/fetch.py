"""Public data sets, from their homes: resumable, and checked.

Where no checksum was published, that of the first fetch is kept beside the file, and
whatever comes later is checked against it.
"""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import os
import pathlib
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import NamedTuple

from data_pipeline import archive
from data_pipeline.checksums import sha256_of
from data_pipeline.progress import Progress
from data_pipeline.schema import UserError

HUB = "https://huggingface.co"
_CHUNK = 2**18
_ATTEMPTS = 5
"""Connections in a row that may bring nothing before we give up."""
_TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as lost."""
_LONGEST_WAIT = 120.0
"""Seconds that a home may ask for; one that asks for more is given up."""


class File(NamedTuple):
    """Attributes:
    address: under the home's base address.
    sha256: of the content, in hexadecimal digits; None where it is not known.
    """

    address: str
    sha256: str | None


_EXTREME = (
    "datasets/sapientinc/sudoku-extreme/resolve/"
    "58942f96baeb572ca3127e2a9e9c70f330783d6b"
)
_MAZES = "datasets/sapientinc/maze-30x30-hard-1k/resolve/main"
DATASETS = {
    "sudoku_extreme": {
        "train": File(
            f"{_EXTREME}/train.csv",
            "64b46674db0148e0d73a16346dadeb2b1c00824d3fca3f85b2ae7037f6b4b38e",
        ),
        "test": File(
            f"{_EXTREME}/test.csv",
            "a2fd52aea23d331d5b4ee723c856236e838a9fb9a70e66f4e0e0cf26c338c6a8",
        ),
    },
    "maze_hard": {
        "train": File(f"{_MAZES}/train.csv", None),
        "test": File(f"{_MAZES}/test.csv", None),
    },
}
"""Data set, split, file; all of them live at HuggingFace."""
_GITHUB, _HEAD = "https://github.com", "archive/refs/heads"
ARCHIVES = {
    "arc1": f"{_GITHUB}/fchollet/ARC-AGI/{_HEAD}/master.zip",
    "arc2": f"{_GITHUB}/arcprize/ARC-AGI-2/{_HEAD}/main.zip",
    "conceptarc": f"{_GITHUB}/victorvikram/ConceptARC/{_HEAD}/main.zip",
}
"""Data set, address; repositories of which the JSON files are kept."""


def local_path(directory: str | os.PathLike, dataset: str, split: str) -> pathlib.Path:
    """Where the file of a split lies once it is fetched."""
    name = pathlib.PurePosixPath(DATASETS[dataset][split].address).name
    return pathlib.Path(directory, "downloads", dataset, name)


def folder(directory: str | os.PathLike, dataset: str) -> pathlib.Path:
    """Where the files of an archive lie once it is fetched."""
    return pathlib.Path(directory, "downloads", dataset)


def hub() -> str:
    """The address of HuggingFace, or of the mirror that `HF_ENDPOINT` names.

    Raises:
      UserError: that is no address.
    """
    home = os.environ.get("HF_ENDPOINT") or HUB
    if not home.startswith(("https://", "http://")):
        raise UserError(
            f"HF_ENDPOINT is {home!r}, but it must be an address that begins with "
            "https:// or http://."
        )
    return home.rstrip("/")


def fetch(
    dataset: str, directory: str | os.PathLike, first_wait: float = 2.0
) -> list[pathlib.Path]:
    """Downloads the files of a data set; those that are there and sound stay.

    An interrupted download goes on where it stopped: what has come lies beside the
    file, under the same name with ".part".

    Args:
      first_wait: seconds until a busy home is asked again, unless it says how many;
        then less and less often.

    Returns:
      The files, or the folder that an archive was unpacked into.

    Raises:
      UserError: the data set is unknown, its home cannot be reached or sends something
        else than expected, or the disk is full.
    """
    if dataset in ARCHIVES:
        return [_fetch_archive(dataset, pathlib.Path(directory), first_wait)]
    if dataset not in DATASETS:
        known = ", ".join((*DATASETS, *ARCHIVES))
        raise UserError(f"There is no data set {dataset!r}; there are {known}.")
    home, paths = hub(), []
    for split, file in DATASETS[dataset].items():
        path = local_path(directory, dataset, split)
        url = f"{home}/{file.address}"
        with failures_told(url, path, "name a mirror by HF_ENDPOINT"):
            fetch_file(url, path, file.sha256, first_wait)
        paths.append(path)
    return paths


def _fetch_archive(
    dataset: str, directory: pathlib.Path, first_wait: float
) -> pathlib.Path:
    url, inside = ARCHIVES[dataset], folder(directory, dataset)
    if inside.exists():
        print(f"{inside} is there; delete it to have it fetched again.", flush=True)
        return inside
    path = inside.with_name(f"{dataset}.zip")
    with failures_told(url, path, f"unpack it into {inside} yourself"):
        fetch_file(url, path, None, first_wait)
        try:
            archive.unpack_json(path, inside)
        except UserError:  # then its checksum is worth nothing
            _kept_checksum(path).unlink()
            raise
        path.unlink()
    print(f"{inside} holds its JSON files.", flush=True)
    return inside


@contextlib.contextmanager
def failures_told(url: str, path: pathlib.Path, instead: str) -> Iterator[None]:
    """Turns whatever goes wrong with a download into a UserError.

    Args:
      instead: what to do where the home does not answer.
    """
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        asked = _retry_after(error)
        when = f"in {asked:,.0f} seconds" if asked else "later"
        raise UserError(
            f"{url} answers {error.code} ({error.reason}): try again {when}, or "
            f"{instead}."
        ) from error
    except (urllib.error.URLError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise UserError(
            f"{url} cannot be reached ({reason}): check the network, then run the same "
            "command; it goes on where it stopped."
        ) from error
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror or error}): make room there or "
            "choose another data.directory, then run the same command; it goes on "
            "where it stopped."
        ) from error


def _kept_checksum(path: pathlib.Path) -> pathlib.Path:
    """Where the checksum of a file is kept that is known by no other way."""
    return path.with_name(f"{path.name}.sha256")


def fetch_file(
    url: str, path: pathlib.Path, sha256: str | None, first_wait: float
) -> None:
    """Downloads one file, see `fetch`.

    Args:
      sha256: None where it is not known: then that of the first time.

    Raises:
      UserError: its content is another one.
      OSError: within `failures_told`, which says what went wrong.
    """
    kept = _kept_checksum(path)
    hint = "name another mirror by HF_ENDPOINT"
    if sha256 is None:
        words = kept.read_text(encoding="utf-8").split() if kept.exists() else []
        sha256 = words[0] if words else None
        hint = f"delete {kept} if its authors have changed it since it was first here"
    if path.exists():
        if sha256 == sha256_of(path):
            print(f"{path} is there, and its checksum is right.", flush=True)
            return
        said = (
            "has a wrong checksum" if sha256 else "is there, but nobody knows whence,"
        )
        print(f"{path} {said} and is fetched again.", flush=True)
    part = path.with_name(path.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    with Progress(path.name, in_bytes=True) as progress:
        fruitless, most = 0, _size(part)
        while True:
            try:
                _download(url, part, progress)
                break
            except (urllib.error.URLError, http.client.HTTPException) as error:
                # Against the most ever: a home without ranges starts over each time.
                size = _size(part)
                fruitless = 0 if size > most else fruitless + 1
                most = max(most, size)
                if fruitless == _ATTEMPTS:
                    raise
                wait = _wait(error, fruitless, first_wait)
                if wait is None:
                    raise
                time.sleep(wait)
    found = sha256_of(part)
    if sha256 not in (None, found):
        part.unlink()
        raise UserError(
            f"{url} sent a file whose SHA-256 is not {sha256}; it was removed: run the "
            f"same command again, or {hint}."
        )
    if sha256 is None:
        kept.write_text(f"{found}  {path.name}\n", encoding="utf-8")
    os.replace(part, path)
    right = "its checksum is right"
    unknown = f"no checksum of it is known: its own is kept in {kept} for the next time"
    print(f"{path} is fetched, and {right if sha256 else unknown}.", flush=True)


def _wait(error: Exception, fruitless: int, first_wait: float) -> float | None:
    """Seconds until the next attempt; None if it would be in vain."""
    if not isinstance(error, urllib.error.HTTPError):
        return 0.1 * 2**fruitless
    error.close()
    if error.code != 429 and error.code < 500:
        return None
    asked = _retry_after(error)
    wait = first_wait * 2 ** max(fruitless - 1, 0) if asked is None else asked
    if wait > _LONGEST_WAIT:
        return None
    print(
        f"{error.url} answers {error.code} ({error.reason}) and is asked again in "
        f"{wait:.0f} s.",
        flush=True,
    )
    return wait


def _retry_after(error: urllib.error.HTTPError) -> float | None:
    """Seconds for which a home asks to be left alone: a number there, or a date."""
    asked = error.headers.get("Retry-After", "")
    if asked.isdecimal():
        return float(asked)
    try:
        date = email.utils.parsedate_to_datetime(asked)
    except ValueError:
        return None
    return max(date.timestamp() - time.time(), 0.0)


def opened(url: str, start: int, timeout: float) -> http.client.HTTPResponse:
    """The answer of a home, from a byte on; to HuggingFace with the user's token."""
    request = urllib.request.Request(url, headers={"User-Agent": "hrm-jax"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    token = os.environ.get("HF_TOKEN")
    if token and url.startswith(f"{hub()}/"):
        # Not to where it may redirect to.
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    return urllib.request.urlopen(request, timeout=timeout)


def _download(url: str, part: pathlib.Path, progress: Progress) -> None:
    """One connection: appends to `part` what is missing of it.

    Raises:
      urllib.error.URLError, http.client.HTTPException: the connection cannot be made,
        fails or ends early.
      OSError: of any other kind: `part` cannot be written.
    """
    start = _size(part)
    try:
        with _socket_errors():
            answer = opened(url, start, _TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing is missing
            error.close()
            return
        raise
    with answer:
        if answer.status != 206:  # the home sends all of it from the beginning
            start = 0
        length = answer.headers.get("Content-Length")
        total = start + int(length) if length else None
        with part.open("r+b" if start else "wb") as file:
            file.seek(start)
            done = start
            while True:
                with _socket_errors():
                    chunk = answer.read1(_CHUNK)  # what has come, lest a stall lose it
                if not chunk:
                    break
                file.write(chunk)
                done += len(chunk)
                progress(done, total)
        if total is not None and done < total:
            raise http.client.IncompleteRead(b"", total - done)


@contextlib.contextmanager
def _socket_errors() -> Iterator[None]:
    """Makes every OSError a URLError, which tells it from those of files."""
    try:
        yield
    except urllib.error.URLError:
        raise
    except OSError as error:
        raise urllib.error.URLError(error) from error


def _size(path: pathlib.Path) -> int:
    return path.stat().st_size if path.exists() else 0
