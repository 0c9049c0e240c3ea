"""The config that a run was started with: kept in its workdir, the same ever after."""

from __future__ import annotations

import contextlib
import difflib
import json
import pathlib
import sys
from collections.abc import Iterator
from typing import Any

from ml_collections import ConfigDict

from configs import Config, default
from data_pipeline.schema import UserError
from eval.atomic import write_json

CONFIG_FILE = "config.json"

_MAY_CHANGE = ("train.", "evaluation.", "data.directory", "remat", "microbatches")
"""Fields, by prefix, that may differ when a run is resumed; all others must match."""
_MUST_STAY = (
    *("train.seed", "train.start_from", "train.depths", "train.depth_steps"),
    *("train.first_window", "train.window_steps"),
)
"""Exceptions to `_MAY_CHANGE`: these must match, too."""
_IDLE_WITHOUT = {
    "train.depth_steps": "train.depths",
    "train.window_steps": "train.first_window",
}
"""Of these, fields that mean nothing where another one is empty or 0."""
_MODEL = ("model.", "data.box_", "quantization.")
"""Fields, by prefix, that define the model: they must match wherever it is used."""
_NO_MODEL = ("model.shared_cache",)
"""Exceptions to `_MODEL`: they change how the model is run, not what it learned."""
_LATER = (
    *("data.continued", "data.direction", "data.kept_out", "data.order"),
    *("evaluation.drafts", "model.feedback"),
    *("quantization.", "rewards.", "rl.", "rounds.", "train.depth"),
)
"""Fields that runs of earlier versions lack: our defaults say what was done then."""

KINDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    tuple: "texts with commas between them",
}
"""Types of values, in words for people."""


def save(config: ConfigDict, workdir: pathlib.Path) -> None:
    """Writes the config into the workdir, where `require_fit` allows it.

    Raises:
      UserError: see there; or the workdir cannot be written to.
    """
    require_fit(config, workdir)
    write_json(workdir / CONFIG_FILE, plain(config))


def load(workdir: pathlib.Path) -> ConfigDict:
    """Reads the config that a run was started with.

    Raises:
      UserError: there is none, it cannot be read, or its fields are not ours.
    """
    path = workdir / CONFIG_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UserError(
            f"{workdir} holds no run ({CONFIG_FILE} is missing); train one with "
            f"`python main.py train --workdir={workdir}`, one of text with "
            "--config=configs/text.py."
        ) from error
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}).") from error
    return rebuilt(values, path)


def learner(config: Config) -> str:
    """The command that trains a run of this config."""
    return "train" if config.rl.objective == "none" else "reinforce"


def lineage(workdir: pathlib.Path) -> Iterator[tuple[pathlib.Path, Config]]:
    """A run and its config, and those that it began with (`train.start_from`), the last
    one first, as far as they are there.

    Raises:
      UserError: there is no such run, or one cannot be read, as of another version.
    """
    config: Config = load(workdir)
    seen = set[pathlib.Path]()
    while True:
        yield workdir, config
        seen.add(workdir.resolve())
        workdir = pathlib.Path(config.train.start_from)
        # A run may stand where one stood that began with it.
        if not config.train.start_from or workdir.resolve() in seen:
            return
        if not (workdir / CONFIG_FILE).exists():
            return
        config = load(workdir)


def readable_lineage(
    workdir: pathlib.Path,
) -> Iterator[tuple[pathlib.Path, Config]]:
    """As `lineage`, as far as those that the run began with can be read.

    Raises:
      UserError: the run itself is not there, or cannot be read.
    """
    runs = lineage(workdir)
    yield next(runs)
    with contextlib.suppress(UserError):  # one before it is of another version
        yield from runs


def rebuilt(values: Any, path: pathlib.Path) -> ConfigDict:
    """The config that `plain` has told.

    Args:
      path: where it stood, for people.

    Raises:
      UserError: it has other fields than ours, lacks some that it cannot do without, or
        one holds what is of another kind.
    """
    ours = _defaults()
    theirs = _flat(_with_tuples(values)) if isinstance(values, dict) else {}
    missing = [name for name in ours.keys() - theirs if not name.startswith(_LATER)]
    if odd := sorted([*missing, *(theirs.keys() - ours)]):
        name = odd[0]
        differs = "lacks the field" if name in ours else "holds the unknown field"
        raise UserError(
            f"{path} {differs} {name}: another version of this program wrote it; use "
            "that one, or edit the file so that it says the same in today's fields."
        )
    _require_kinds(theirs, ours, path)
    # A copy keeps no references, so that a field may be set without what it followed.
    config = default.get_config().copy_and_resolve_references()
    config.update_from_flattened_dict(theirs)
    return config


def require_fields(config: ConfigDict, path: str) -> None:
    """Are the fields of a config that somebody wrote those of `configs/default.py`?

    Args:
      path: where it is written, for people.

    Raises:
      UserError: it has others, lacks some, or one holds what is of another kind.
    """
    ours, theirs = _defaults(), _flat(config.to_dict())
    for name in sorted(theirs.keys() - ours):
        near = difflib.get_close_matches(name, ours, 1)
        hint = f"did you mean {near[0]}?" if near else "leave it out."
        raise UserError(
            f"{path} sets the field {name}, which configs/default.py has not; {hint}"
        )
    for name in sorted(ours.keys() - theirs):
        raise UserError(
            f"{path} lacks the field {name}: have it change what get_config of "
            "configs/default.py returns, as other configs do."
        )
    _require_kinds(theirs, ours, path)


def _defaults() -> dict[str, Any]:
    return _flat(default.get_config().to_dict())


def _require_kinds(
    theirs: dict[str, Any], ours: dict[str, Any], path: pathlib.Path | str
) -> None:
    for name, value in theirs.items():
        if not _is_alike(value, ours[name]):
            raise UserError(
                f"{path} says {name} = {value!r}, but it must be "
                f"{KINDS[type(ours[name])]}, such as {ours[name]!r}."
            )


def _is_alike(value: Any, example: Any) -> bool:
    if isinstance(example, float):
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return bool(number and abs(value) <= sys.float_info.max)
    if isinstance(value, tuple) and not all(isinstance(word, str) for word in value):
        return False
    return type(value) is type(example)


def require_fit(config: ConfigDict, workdir: pathlib.Path) -> None:
    """Can the workdir hold a run of this config, be it a new one or one that goes on?

    Raises:
      UserError: it holds another model, other data or another recipe, or checkpoints of
        nobody knows what, or is a file.
    """
    if workdir.exists() and not workdir.is_dir():
        raise UserError(f"{workdir} is a file, but --workdir must name a folder.")
    if not (workdir / CONFIG_FILE).exists():
        if has_checkpoint(workdir):
            raise UserError(
                f"{workdir} holds checkpoints, but not the {CONFIG_FILE} that says "
                "what they are of: restore it, or take another --workdir."
            )
        return
    ours = fields(config)
    for name, change in differences(config, load(workdir)).items():
        is_idle = name in _IDLE_WITHOUT and not ours[_IDLE_WITHOUT[name]]
        must_stay = name in _MUST_STAY or not name.startswith(_MAY_CHANGE)
        if must_stay and not is_idle:
            raise _refusal(workdir, name, *change)


def has_checkpoint(workdir: pathlib.Path) -> bool:
    """Is a whole one there? One that was being written has another name."""
    return any(path.name.isdecimal() for path in (workdir / "checkpoints").glob("*"))


def require_same_model(config: ConfigDict, workdir: pathlib.Path) -> None:
    """May the run in the workdir be used as this config says, on other data perhaps?

    Raises:
      UserError: its model is another one, or of other boxes.
    """
    for name, change in differences(config, load(workdir)).items():
        if name.startswith(_MODEL) and name not in _NO_MODEL:
            raise _refusal(workdir, name, *change)


def _refusal(workdir: pathlib.Path, name: str, new: Any, old: Any) -> UserError:
    return UserError(
        f"{workdir} holds a run with {name} = {old}, but the config now says {new}: "
        "take another --workdir, or the config that it was started with (without "
        "--config and overrides it is read from there)."
    )


def differences(config: ConfigDict, other: ConfigDict) -> dict[str, tuple[Any, Any]]:
    """The fields that differ, by dotted name, each with both values."""
    ours, theirs = _flat(plain(config)), _flat(plain(other))
    return {
        name: (ours.get(name), theirs.get(name))
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    }


def fields(config: ConfigDict) -> dict[str, Any]:
    """Every value by its dotted name."""
    return _flat(plain(config))


def plain(config: ConfigDict) -> dict[str, Any]:
    """The fields as JSON has them, nested."""
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
