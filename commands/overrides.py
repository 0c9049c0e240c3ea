"""Configs from files, and `--config.a.b=value` on top of them.

ml_collections' own flags read `sys.argv` behind their caller's back and answer a typo
with a traceback; this is the part of them that is needed.
"""

from __future__ import annotations

import ast
import difflib
import math
import pathlib
import runpy
import traceback
from collections.abc import Sequence
from typing import Any

from ml_collections import ConfigDict

from configs import Config
from data_pipeline.schema import UserError
from hrm_jax import saved_config


def read_preset(spec: str) -> ConfigDict:
    """Runs `get_config` of a config file.

    Args:
      spec: "configs/x.py", or "configs/x.py:preset" for what `get_config` takes.

    Raises:
      UserError: there is no such file, or it raises, or it holds no config, or one of
        other fields than those of `configs/default.py`.
    """
    path, _, preset = spec.partition(":")
    if not pathlib.Path(path).is_file():
        present = sorted(str(p) for p in pathlib.Path("configs").glob("[a-z]*.py"))
        if not present:
            raise UserError(
                f"There is no config {path!r}, nor any other here: run this in the "
                "folder of the project, or name the file by its whole path."
            )
        near = difflib.get_close_matches(path, present, n=1)
        hint = (
            f"did you mean {near[0]}?" if near else f"there are {', '.join(present)}."
        )
        raise UserError(f"There is no config {path!r}; {hint}")
    try:
        get_config = runpy.run_path(path)["get_config"]
        config = get_config(preset) if preset else get_config()
    except UserError:
        raise
    except Exception as error:  # a config is a program, and may do anything
        raise UserError(_what_went_wrong(path, error)) from error
    if not isinstance(config, ConfigDict):
        raise UserError(f"get_config of {path} must return a ConfigDict.")
    saved_config.require_fields(config, path)
    return config


def _what_went_wrong(path: str, error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f"{path} is no Python at line {error.lineno}: {error.msg}."
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == path]
    place = f" at line {lines[-1]}" if lines else ""
    reason = " ".join(str(error).split())
    return f"{path} raises {type(error).__name__}{place}: {reason}."


def override(config: Config, name: str, text: str | None) -> None:
    """Sets the field with the dotted `name` to what `text` says, None meaning true.

    Raises:
      UserError: there is no such field, or the text does not fit it.
    """
    fields = _leaves(config)
    if name not in fields:
        raise UserError(_no_field(config, name, fields))
    *path, leaf = name.split(".")
    for part in path:
        config = config[part]
    kind = type(config[leaf])
    try:
        value = _value(kind, "true" if text is None and kind is bool else text)
    except (ValueError, SyntaxError) as error:
        said = "nothing" if text is None else repr(text)
        raise UserError(
            f"--config.{name} must be {saved_config.KINDS[kind]}, such as "
            f"{spelt(config[leaf])}, but is {said}."
        ) from error
    config[leaf] = value


def _leaves(config: ConfigDict, prefix: str = "") -> list[str]:
    names = []
    for name, value in config.items():
        inner = isinstance(value, ConfigDict)
        names += _leaves(value, f"{prefix}{name}.") if inner else [prefix + name]
    return names


def _no_field(config: ConfigDict, name: str, fields: Sequence[str]) -> str:
    group = [field for field in fields if field.startswith(f"{name}.")]
    if group:
        return (
            f"{name!r} is a group of fields of the config; say which, such as "
            f"--config.{group[0]}=..."
        )
    *path, leaf = name.split(".")
    siblings = [field for field in fields if field.split(".")[:-1] == path]
    for candidates in (siblings, fields):
        by_leaf = {field.rsplit(".", 1)[-1]: field for field in candidates}
        near = difflib.get_close_matches(leaf, by_leaf, 1)
        if near:
            hint = f"did you mean --config.{by_leaf[near[0]]}?"
            break
    else:
        names = [field.rsplit(".", 1)[-1] for field in siblings] if path else []
        has = f"{'.'.join(path)} has" if names else "it has"
        hint = f"{has} {', '.join(names or config.keys())}."
    return f"The config has no field {name!r}; {hint}"


def _value(kind: type, text: str | None) -> Any:
    """Raises: ValueError, SyntaxError: the text is not of the kind."""
    if text is None:
        raise ValueError("no value")
    if kind is bool:
        values = {"true": True, "false": False, "1": True, "0": False}
        if text.lower() not in values:
            raise ValueError("neither true nor false")
        return values[text.lower()]
    if kind is tuple:
        bracketed = text.startswith(("(", "["))
        words = ast.literal_eval(text) if bracketed else text.split(",")
        words = [words] if isinstance(words, str) else words
        if not all(isinstance(word, str) for word in words):
            raise ValueError("not only texts")
        return tuple(word for word in words if word)
    value = kind(text)
    if kind is float and not math.isfinite(value):
        raise ValueError("not finite")
    return value


def spelt(value: Any) -> str:
    """A value as `override` reads it."""
    if isinstance(value, tuple):
        return ",".join(value) or "()"
    return str(value).lower() if isinstance(value, bool) else str(value)
