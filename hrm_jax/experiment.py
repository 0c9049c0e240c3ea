"""From a ConfigDict to the typed configs that the code is written against."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from ml_collections import ConfigDict

from data_pipeline.schema import BoardShape, UserError
from hrm_jax.halting import HaltingConfig
from hrm_jax.losses import LossConfig
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.optim import OptimConfig
from hrm_jax.train import LoopConfig
from hrm_jax.train_state import TrainConfig

CONFIG_FILE = "config.json"

_MAY_CHANGE = ("train", "evaluation", "data.directory")
"""What a resumed run may do differently; the rest is what it is."""


def board_shape(config: ConfigDict) -> BoardShape:
    return BoardShape(config.data.box_rows, config.data.box_cols)


def train_config(config: ConfigDict, num_puzzles: int) -> TrainConfig:
    """Raises: UserError: a value is out of range."""
    board = board_shape(config)
    model = ReasonerConfig(
        vocab_size=board.vocab_size,
        seq_len=board.cells,
        num_puzzles=num_puzzles,
        box_rows=board.box_rows,
        box_cols=board.box_cols,
        **config.model,
    )
    return TrainConfig(
        model=model,
        halting=HaltingConfig(**config.halting),
        loss=LossConfig(**config.loss),
        optim=OptimConfig(**config.optim),
        slots=config.slots,
    )


def loop_config(config: ConfigDict) -> LoopConfig:
    """Raises: UserError: a value is out of range."""
    return LoopConfig(**config.train)


def save_config(config: ConfigDict, workdir: pathlib.Path) -> None:
    """Writes the config into a new workdir, or checks that an old one holds the same.

    Raises:
      UserError: the workdir holds another model, other data or another recipe.
    """
    path = workdir / CONFIG_FILE
    if path.exists():
        _require_same(config, load_config(workdir), workdir)
    workdir.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_plain(config), indent=2) + "\n", encoding="utf-8")


def load_config(workdir: pathlib.Path) -> ConfigDict:
    """Reads the config that a run was started with.

    Raises:
      UserError: there is none, or it cannot be read.
    """
    path = workdir / CONFIG_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(
            f"{workdir} holds no run ({CONFIG_FILE} is missing); train one with "
            f"`python main.py --workdir={workdir}`."
        ) from error
    except json.JSONDecodeError as error:
        raise UserError(f"{path} is damaged ({error}).") from error
    return ConfigDict(_with_tuples(values))


def differences(config: ConfigDict, other: ConfigDict) -> dict[str, tuple[Any, Any]]:
    """The fields that differ, by dotted name, each with both values."""
    ours, theirs = _flat(_plain(config)), _flat(_plain(other))
    return {
        name: (ours.get(name), theirs.get(name))
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    }


def _require_same(config: ConfigDict, saved: ConfigDict, workdir: pathlib.Path) -> None:
    for name, (new, old) in differences(config, saved).items():
        if not name.startswith(_MAY_CHANGE):
            raise UserError(
                f"{workdir} holds a run with {name} = {old}, but the config now says "
                f"{new}: take another --workdir, or the config that it was started with."
            )


def _plain(config: ConfigDict) -> dict[str, Any]:
    return json.loads(config.to_json())


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _with_tuples(value: Any) -> Any:
    """JSON knows no tuples; the configs know no lists."""
    if isinstance(value, dict):
        return {name: _with_tuples(item) for name, item in value.items()}
    return tuple(value) if isinstance(value, list) else value
