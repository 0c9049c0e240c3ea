"""Answers kept on disk as they come, so that an evaluation that is killed goes on."""

from __future__ import annotations

import io
import itertools
import pathlib
import struct
import zlib

import numpy as np

from data_pipeline.schema import Batch, UserError
from eval.protocol import Prediction, Predictor

_HEAD = struct.Struct("<QQI")
"""Before each batch: its number, the bytes it takes, and their CRC-32."""


def remembering(predictor: Predictor, path: pathlib.Path) -> Predictor:
    """A predictor that asks for each batch once, though the program be killed between.

    It tells batches by their order alone: the name of the file has to stand for all
    else that decides the answers, which are weights, examples and how they are batched.

    Raises:
      UserError: the file cannot be read or written, now or later.
    """
    known = _read(path)
    numbers = itertools.count()

    def predict(batch: Batch) -> Prediction:
        number = next(numbers)
        if number not in known:
            answers = predictor(batch)
            _append(path, number, answers)
            return answers
        return known.pop(number)

    return predict


def _append(path: pathlib.Path, number: int, answers: Prediction) -> None:
    memory = io.BytesIO()
    for array in answers:
        np.save(memory, array, allow_pickle=False)
    body = memory.getvalue()
    head = _HEAD.pack(number, len(body), zlib.crc32(body))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(head + body)
    except OSError as error:
        raise _refused(path, error) from error


def _read(path: pathlib.Path) -> dict[int, Prediction]:
    """All batches that are whole; what was being written when the end came is cut."""
    found: dict[int, Prediction] = {}
    try:
        with path.open("r+b") as file:
            whole = 0
            while len(head := file.read(_HEAD.size)) == _HEAD.size:
                number, length, checksum = _HEAD.unpack(head)
                body = file.read(length)
                if len(body) < length or zlib.crc32(body) != checksum:
                    break
                memory = io.BytesIO(body)
                arrays = (np.load(memory, allow_pickle=False) for _ in range(3))
                found[number] = Prediction(*arrays)
                whole = file.tell()
            file.truncate(whole)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _refused(path, error) from error
    return found


def _refused(path: pathlib.Path, error: OSError) -> UserError:
    return UserError(
        f"{path} cannot be written ({error.strerror}), where answers are kept until "
        "all are known: make room, let this user write there, or evaluate a copy of "
        "the run."
    )
