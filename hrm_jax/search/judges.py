"""The heads of a run: a value for each program of a task, a debate about its finalists.

They lie beside the run, in a folder of their own, and belong to its weights alone: what
they read are its states. Nothing of them is loaded where no search asks for them.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np
import safetensors
import safetensors.numpy

from data_pipeline import checksums
from data_pipeline.schema import UserError
from eval.atomic import replacing, write_json
from hrm_jax.models import judges as heads
from hrm_jax.models.judges import JudgesConfig
from hrm_jax.search import features, finalists
from hrm_jax.search.candidate import Candidate, Finalist
from hrm_jax.search.encoder import Encode, Readings, Writing
from hrm_jax.types import Params

WEIGHTS_FILE, ABOUT_FILE = "judges.safetensors", "judges.json"
_PARTS = ("value", "debate")
_ROWS = 16
"""Programs whose values are found at a time, and problems that are debated: always as
many, so that little is compiled."""


@dataclasses.dataclass(frozen=True)
class Heads:
    """The fitted judges and their config.

    Attributes:
      config: of both.
      value, debate: their parameters.
      finalists: F, of a debate.
    """

    config: JudgesConfig
    value: Params
    debate: Params
    finalists: int

    @property
    def parameters(self) -> int:
        """How many there are in all."""
        return sum(leaf.size for leaf in jax.tree.leaves((self.value, self.debate)))


class Judges:
    """Judges programs by the heads of a run; each program is read once."""

    def __init__(self, heads: Heads, encode: Encode):
        """Args:
        encode: by the weights that the heads belong to.
        """
        self._heads = heads
        self._encode = encode
        self._read: dict[Writing, tuple[np.ndarray, float, int]] = {}

    def value(
        self, language: str, prompt: str, candidates: Sequence[Candidate]
    ) -> list[float]:
        """A `candidate.Value`."""
        readings = self._readings(language, prompt, candidates)
        facts = features.known(candidates, readings)
        return values(self._heads, readings.encodings, facts).tolist()

    def decide(
        self, language: str, prompt: str, finalists: Sequence[Finalist]
    ) -> list[float]:
        """A `candidate.Decide`: the debate's probabilities, whatever their order.

        Those beyond the most that it was fitted to are not heard, and get 0.
        """
        heard = finalists[: self._heads.finalists]
        # In one order, so that rounding is the same whatever order they come in.
        order = sorted(range(len(heard)), key=lambda i: heard[i].candidate.number)
        ordered = [heard[i] for i in order]
        readings = self._readings(language, prompt, [one.candidate for one in ordered])
        shares = debated(self._heads, [(ordered, readings)])[0]
        found = np.zeros(len(finalists))
        found[order] = shares
        return found.tolist()

    def _readings(
        self, language: str, prompt: str, candidates: Sequence[Candidate]
    ) -> Readings:
        """What the reasoner has read of programs, as answers to the task."""
        writings = [Writing(language, prompt, one.source) for one in candidates]
        unread = [one for one in dict.fromkeys(writings) if one not in self._read]
        if unread:
            for one, *read in zip(unread, *self._encode(unread), strict=True):
                encoding, log_prob, tokens = read
                self._read[one] = encoding, float(log_prob), int(tokens)
        columns = zip(*(self._read[one] for one in writings), strict=True)
        encodings, log_probs, tokens = columns
        return Readings(np.stack(encodings), np.array(log_probs), np.array(tokens))


def debated(
    of: Heads, problems: Sequence[tuple[Sequence[Finalist], Readings]]
) -> list[np.ndarray]:
    """float64 `[F]` of each problem: shares of its finalists after the last round."""
    found = []
    for start in range(0, len(problems), _ROWS):
        some = problems[start : start + _ROWS]
        rows = [*some, *[some[-1]] * (_ROWS - len(some))]
        padded = finalists.padded(rows, of.finalists)
        scores = heads.debate(of.config, of.debate, padded)
        shares = np.asarray(jax.nn.softmax(scores[-1]), np.float64)
        found += [row[: len(one)] for row, (one, _) in zip(shares, some, strict=False)]
    return found


def values(of: Heads, encodings: np.ndarray, facts: np.ndarray) -> np.ndarray:
    """float32 `[N]`, probabilities of the value head.

    Args:
      encodings: `[N E]`.
      facts: `[N G]`, see `features.known`.
    """
    found = []
    for start in range(0, len(facts), _ROWS):
        part = [array[start : start + _ROWS] for array in (encodings, facts)]
        count = len(part[0])
        padded = [np.pad(array, ((0, _ROWS - count), (0, 0))) for array in part]
        logits = heads.value(of.config, of.value, *padded)
        found.append(np.asarray(jax.nn.sigmoid(logits))[:count])
    return np.concatenate(found)


def save(of: Heads, about: Mapping[str, Any], folder: pathlib.Path) -> None:
    """Writes heads, and what is to be known of them.

    Args:
      about: "weights_sha256", of the run, among others.

    Raises:
      UserError: a file cannot be written.
    """
    named = {
        f"{part}/{'/'.join(key.key for key in path)}": np.asarray(leaf)
        for part in _PARTS
        for path, leaf in jax.tree_util.tree_leaves_with_path(getattr(of, part))
    }
    config = {**dataclasses.asdict(of.config), "finalists": of.finalists}
    with replacing(folder / WEIGHTS_FILE) as whole:
        safetensors.numpy.save_file(named, whole)
        sha256 = checksums.sha256_of(whole)
    # By it `load` knows files of two fits, where a kill came between them.
    told = {"heads": config, "heads_sha256": sha256, **about}
    write_json(folder / ABOUT_FILE, told)


def load(folder: pathlib.Path, weights_sha256: str) -> Heads:
    """Reads heads.

    Args:
      weights_sha256: of the run that they are to judge by.

    Raises:
      UserError: there are none, they are damaged, or of other weights.
    """
    path = folder / WEIGHTS_FILE
    try:
        about = json.loads((folder / ABOUT_FILE).read_text(encoding="utf-8"))
        sha256 = checksums.sha256_of(path)
        # Files of earlier versions do not tell.
        if "heads_sha256" in about and about["heads_sha256"] != sha256:
            raise ValueError(f"{path.name} is of another fit than {ABOUT_FILE}")
        named = safetensors.numpy.load_file(path)
        fields = dict(about["heads"])
        most, theirs = fields.pop("finalists"), about["weights_sha256"]
        config = JudgesConfig(**fields)
        value, debate = (_nested(named, part) for part in _PARTS)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UserError(
            f"{folder} holds no judges: fit some with `python main.py judges "
            f"--workdir={folder.parent}`."
        ) from error
    except OSError as error:
        raise UserError(f"{folder} cannot be read ({error.strerror}).") from error
    except (KeyError, TypeError, ValueError, safetensors.SafetensorError) as error:
        raise UserError(
            f"The judges in {folder} are damaged ({error}): fit them again with "
            "`python main.py judges`."
        ) from error
    if theirs != weights_sha256:
        raise UserError(
            f"The judges in {folder} were fitted to the weights {theirs[:12]}, not to "
            f"these, {weights_sha256[:12]}: fit others with `python main.py judges`."
        )
    return Heads(config, value, debate, most)


def _nested(named: Mapping[str, np.ndarray], part: str) -> Params:
    tree: Params = {}
    for name, array in named.items():
        first, *path, leaf = name.split("/")
        if first == part:
            inner = tree
            for key in path:
                inner = inner.setdefault(key, {})
            inner[leaf] = array
    if not tree:
        raise ValueError(f"there is no {part}")
    return tree
