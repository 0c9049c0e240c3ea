"""The command line: a command, flags, and overrides of the config."""

from __future__ import annotations

import dataclasses
import difflib
import pathlib
import re

from absl import flags
from ml_collections import ConfigDict, config_flags

from configs import default
from data_pipeline.schema import UserError
from hrm_jax import experiment

COMMANDS = {
    "train": "train a reasoner in --workdir, or go on with it (the default)",
    "evaluate": "measure the run in --workdir on held-out puzzles",
    "solve": "solve puzzles from arguments, --file or standard input",
    "convert": "bring PyTorch weights into --workdir, or export its weights",
    "fetch": "download public data sets",
    "figures": "draw the learning curves and a filmstrip of the run in --workdir",
}
_NEED_RUN = ("evaluate", "solve", "figures")


@dataclasses.dataclass(frozen=True)
class CommandLine:
    """Attributes:
    command: of `COMMANDS`.
    arguments: what else stood there without a dash.
    workdir: of the run, or None.
    config: with all overrides; unlocked neither in names nor in types.
    preset: the config before the overrides.
    flags: the other flags.
    """

    command: str
    arguments: list[str]
    workdir: pathlib.Path | None
    config: ConfigDict
    preset: ConfigDict
    flags: flags.FlagValues


def parse(argv: list[str]) -> CommandLine:
    """Parses the command line.

    Raises:
      UserError: whatever the user got wrong, and how to mend it.
    """
    values = flags.FlagValues()
    _define(values)
    if any(word in ("--help", "-h", "-help", "help") for word in argv[1:]):
        raise SystemExit(_help(values))
    command, workdir = _peek(argv)
    has_config = any(re.match(r"--?config(=|$)", word) for word in argv)
    if has_config:
        config_flags.DEFINE_config_file("config", flag_values=values, lock_config=True)
    else:
        saved = workdir is not None and (workdir / experiment.CONFIG_FILE).exists()
        if command in _NEED_RUN or (saved and workdir):
            base = experiment.load_config(_required(workdir, command))
        else:
            base = default.get_config()
        config_flags.DEFINE_config_dict("config", base, flag_values=values)
    try:
        words = values(argv)[1:]
    except flags.UnrecognizedFlagError as error:
        raise _unknown_flag(error, values) from error
    except flags.Error as error:
        raise UserError(_first_line(error)) from error
    except FileNotFoundError as error:
        raise UserError(_missing_config(argv)) from error
    except (AttributeError, KeyError) as error:
        raise _unknown_key(argv, error) from error
    except (TypeError, ValueError, SyntaxError) as error:
        raise UserError(f"The config cannot be read: {_first_line(error)}.") from error
    if words and words[0] in COMMANDS:
        words = words[1:]
    elif words and command == "train":
        raise UserError(
            f"There is no command {words[0]!r}; there are {', '.join(COMMANDS)}."
        )
    config = values.config.copy_and_resolve_references()
    return CommandLine(command, words, workdir, config, _preset(argv, values), values)


def _define(values: flags.FlagValues) -> None:
    text = {
        "workdir": "folder of the run: config, checkpoints, metrics, pictures",
        "file": "solve: a file with one puzzle a line",
        "weights": "convert: a PyTorch file (.pt, .safetensors, .npz) to read",
        "to": "convert: a file (.safetensors, .npz) to write the run's weights to",
        "output": "solve, evaluate: where to write the result",
    }
    for name, help_text in text.items():
        flags.DEFINE_string(name, None, help_text, flag_values=values)
    flags.DEFINE_bool(
        "profile", False, "train: trace 10 steps for a profile", flag_values=values
    )
    flags.DEFINE_bool(
        "json", False, "solve: one JSON object a puzzle", flag_values=values
    )


def _help(values: flags.FlagValues) -> str:
    commands = "\n".join(f"  {name:9} {text}" for name, text in COMMANDS.items())
    return (
        "python main.py [command] [--config=configs/NAME.py] [--config.field=value ...] "
        f"--workdir=DIR\n\n{commands}\n\nEvery field of the config stands in "
        f"configs/default.py.\n{values.get_help()}"
    )


def _peek(argv: list[str]) -> tuple[str, pathlib.Path | None]:
    """Command and workdir, which decide what the rest is parsed against."""
    command = next((word for word in argv[1:] if word in COMMANDS), "train")
    workdir = None
    for word, following in zip(argv, [*argv[1:], ""], strict=True):
        if re.match(r"--?workdir=", word):
            workdir = word.split("=", 1)[1]
        elif re.fullmatch(r"--?workdir", word):
            workdir = following
    return command, pathlib.Path(workdir) if workdir else None


def _required(workdir: pathlib.Path | None, command: str) -> pathlib.Path:
    if workdir is None:
        raise UserError(
            f"`{command}` needs the folder of a run: add --workdir=runs/NAME."
        )
    return workdir


def _config_path(argv: list[str]) -> str | None:
    for word, following in zip(argv, [*argv[1:], ""], strict=True):
        if re.match(r"--?config=", word):
            return word.split("=", 1)[1]
        if re.fullmatch(r"--?config", word):
            return following
    return None


def _preset(argv: list[str], values: flags.FlagValues) -> ConfigDict:
    """The config as it was before the overrides."""
    overridden = [word for word in argv if not re.match(r"--?config\.", word)]
    if len(overridden) == len(argv):
        return values.config.copy_and_resolve_references()
    return parse(overridden).config


def _missing_config(argv: list[str]) -> str:
    path = (_config_path(argv) or "").split(":")[0]
    present = sorted(str(p) for p in pathlib.Path("configs").glob("[a-z]*.py"))
    near = difflib.get_close_matches(path, present, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(present)}."
    return f"There is no config {path!r}; {hint}"


def _unknown_flag(
    error: flags.UnrecognizedFlagError, values: flags.FlagValues
) -> UserError:
    known = [name for name in values if not name.startswith("config")] + ["config"]
    near = difflib.get_close_matches(error.flagname, known, n=1)
    hint = f"did you mean --{near[0]}?" if near else "see python main.py --help."
    return UserError(f"There is no flag --{error.flagname}; {hint}")


def _unknown_key(argv: list[str], error: Exception) -> UserError:
    """Names the override that does not exist, and the nearest field that does."""
    fields = _fields(default.get_config())
    for word in argv:
        match = re.match(r"--?config\.([\w.]+)", word)
        if match and match[1] not in fields:
            leaf = match[1].rsplit(".", 1)[-1]
            same_leaf = [name for name in fields if name.rsplit(".", 1)[-1] == leaf]
            near = same_leaf or difflib.get_close_matches(match[1], fields, 1, 0.5)
            hint = (
                f"did you mean --config.{near[0]}?"
                if near
                else "configs/default.py has them all."
            )
            return UserError(f"The config has no field {match[1]!r}; {hint}")
    return UserError(f"The config cannot be read: {_first_line(error)}.")


def _fields(config: ConfigDict, prefix: str = "") -> list[str]:
    names = []
    for name, value in config.items():
        if isinstance(value, ConfigDict):
            names += _fields(value, f"{prefix}{name}.")
        else:
            names.append(prefix + name)
    return names


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
