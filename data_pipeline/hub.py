"""Tables of any public data set at HuggingFace, to read source code from.

HuggingFace keeps each data set as Parquet files too, and lists them: the addresses of
each config's splits (https://huggingface.co/docs/dataset-viewer/parquet).
"""

from __future__ import annotations

import json
import os
import pathlib
import re

from data_pipeline import fetch
from data_pipeline.schema import UserError

_NAME = re.compile(r"[\w.-]+/[\w.-]+(/[\w.-]+){0,2}")
_TIMEOUT = 30.0


def fetch_tables(
    name: str, directory: str | os.PathLike, first_wait: float = 2.0
) -> list[pathlib.Path]:
    """Downloads the Parquet files of a data set; those that are there and sound stay.

    `HF_TOKEN` in the environment opens sets that ask for one.

    Args:
      name: "owner/set", perhaps with "/config" and "/split" behind it.
      first_wait: see `fetch.fetch`.

    Raises:
      UserError: there is no such set, config or split, or see `fetch.fetch`.
    """
    if not _NAME.fullmatch(name) or ".." in name:
        raise UserError(
            f"{name!r} names no data set: write OWNER/SET, OWNER/SET/CONFIG or "
            "OWNER/SET/CONFIG/SPLIT."
        )
    owner, title, *wanted = name.split("/")
    home = fetch.hub()
    listing = f"{home}/api/datasets/{owner}/{title}/parquet"
    folder = fetch.folder(directory, f"{owner}--{title}")
    with fetch.failures_told(listing, folder, "see whether it is spelt so"):
        with fetch.opened(listing, 0, _TIMEOUT) as answer:
            content = answer.read()
    paths = []
    for (config, split), addresses in _tables(content, listing, wanted).items():
        for number, address in enumerate(addresses):
            # The list has its home's own addresses, at a mirror as well.
            address = address.replace(fetch.HUB, home, 1)
            path = folder / config / f"{split}-{number:04d}.parquet"
            with fetch.failures_told(address, path, "name a mirror by HF_ENDPOINT"):
                fetch.fetch_file(address, path, None, first_wait)
            paths.append(path)
    return paths


def _tables(
    content: bytes, listing: str, wanted: list[str]
) -> dict[tuple[str, str], list[str]]:
    """Addresses by config and split, those that are wanted.

    Raises:
      UserError: it is no such list, or nothing in it is wanted.
    """
    try:
        found = {
            (config, split): [str(address) for address in addresses]
            for config, splits in json.loads(content).items()
            for split, addresses in splits.items()
        }
    except (ValueError, AttributeError, TypeError) as error:
        raise UserError(
            f"{listing} sent no list of Parquet files ({error}): try again later, or "
            "name a mirror by HF_ENDPOINT."
        ) from error
    chosen = {
        key: addresses
        for key, addresses in found.items()
        if list(key[: len(wanted)]) == wanted
    }
    if not chosen:
        known = ", ".join("/".join(key) for key in found) or "none at all"
        raise UserError(
            f"{listing} has no config and split {'/'.join(wanted)!r}: take {known}."
        )
    for key in chosen:
        if any(not re.fullmatch(r"[\w.-]+", part) or ".." in part for part in key):
            raise UserError(
                f"{listing} has a config or split of a strange name: {key}."
            )
    return chosen
