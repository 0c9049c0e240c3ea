"""The command line: a command, flags, and overrides of the config."""

from __future__ import annotations

import dataclasses
import difflib
import os
import pathlib
from collections.abc import Sequence

from absl import flags

from commands import known, overrides
from commands.known import COMMANDS
from configs import Config, default
from data_pipeline.schema import UserError
from hrm_jax import saved_config
from hrm_jax.export import package as packages


@dataclasses.dataclass(frozen=True)
class CommandLine:
    """Attributes:
    command: of `COMMANDS`.
    arguments: what else stood there without a dash.
    workdir: of the run, or None.
    config: with all overrides, its references resolved.
    preset: the config before the overrides.
    preset_name: where the preset came from, for people.
    flags: the other flags, by name.
    """

    command: str
    arguments: list[str]
    workdir: pathlib.Path | None
    config: Config
    preset: Config
    preset_name: str
    flags: flags.FlagValues

    @property
    def package(self) -> pathlib.Path | None:
        """The folder of a package, where one is to be used in place of a run."""
        return pathlib.Path(self.flags.package) if self.flags.package else None

    @property
    def run(self) -> pathlib.Path:
        """The workdir, of a command that cannot do without.

        Raises:
          UserError: there is none.
        """
        if self.workdir is None:
            raise UserError(
                f"`{self.command}` needs the folder of a run: add --workdir=runs/NAME."
            )
        return self.workdir


def asks_for_help(argv: list[str]) -> bool:
    return any(
        word in ("--help", "-h", "-help", "--helpfull") for word in argv[1:]
    ) or (list(argv[1:2]) == ["help"])


def help_text(argv: Sequence[str] = ()) -> str:
    """What `--help` prints: all, or what is about a command that stands beside it."""
    command = next((word for word in argv if word in COMMANDS), None)
    flags = f"""\
  --config=       a preset; without it, that of the run in --workdir, or the default
{known.table(known.STRINGS, command, "=")}
{known.table(known.SWITCHES, command, "")}"""
    if command is not None:
        words = "ARGUMENTS " if command in known.TAKE_ARGUMENTS else ""
        return f"""\
python main.py {command} {words}[--config.FIELD=VALUE ...] [FLAGS]

{command}: {COMMANDS[command]}

flags:
{flags.rstrip()}

README.md, docs/ and configs/default.py, which explains every field, say more."""
    commands = "\n".join(f"  {name:13} {text}" for name, text in COMMANDS.items())
    return f"""\
python main.py [COMMAND] [--config=configs/NAME.py] [--config.FIELD=VALUE ...] [FLAGS]

commands (python main.py COMMAND --help has the flags of one):
{commands}

flags:
{flags}

examples:
  python main.py train --workdir=runs/sudoku --config.train.steps=500
  python main.py evaluate --workdir=runs/sudoku
  python main.py solve --workdir=runs/sudoku --file=puzzles.txt

configs/default.py explains every field.
Exit codes: 0 done; 1 tests that an agent works on still fail; 2 a mistake, which the
message explains; 130 stopped by Ctrl-C and 143 by SIGTERM (training saves first, and
the same command goes on)."""


def parse(argv: Sequence[str]) -> CommandLine:
    """Parses the command line.

    Raises:
      UserError: whatever the user got wrong, and how to fix it.
    """
    words, preset_spec, changes = _split(argv[1:])
    values = flags.FlagValues()
    for name in known.STRINGS:
        flags.DEFINE_string(name, None, "", flag_values=values)
    for name in known.SWITCHES:
        flags.DEFINE_bool(name, False, "", flag_values=values)
    try:
        arguments = values([argv[0], *words])[1:]
    except flags.UnrecognizedFlagError as error:
        raise _unknown_flag(error.flagname) from error
    except flags.IllegalFlagValueError as error:
        word = str(error).split()[1].rstrip(":")
        raise UserError(
            f"{word} gives a value to a switch; write {word.partition('=')[0]} alone."
        ) from error
    except flags.Error as error:
        raise UserError(f"{str(error).splitlines()[0].rstrip('.')}.") from error
    command = arguments.pop(0) if arguments else "train"
    if command not in COMMANDS:
        near = difflib.get_close_matches(command, COMMANDS, 1)
        hint = (
            f"did you mean {near[0]}?" if near else f"there are {', '.join(COMMANDS)}."
        )
        raise UserError(f"There is no command {command!r}; {hint}")
    if arguments and command not in known.TAKE_ARGUMENTS:
        raise UserError(
            f"`{command}` takes no argument, but {arguments[0]!r} is given."
        )
    _refuse_foreign(command, values)
    for name in known.PATHS:  # a shell leaves a ~ behind = as it is
        if path := values[name].value:
            values[name].value = os.path.expanduser(path)
    workdir = pathlib.Path(values.workdir) if values.workdir else None
    package = pathlib.Path(values.package) if values.package else None
    config, name = _preset(command, workdir, package, preset_spec)
    preset = config.copy_and_resolve_references()
    for field, text in changes:
        overrides.override(config, field, text)
    # Resolved only now: what depends on an overridden field follows it.
    config = config.copy_and_resolve_references()
    return CommandLine(command, arguments, workdir, config, preset, name, values)


def _split(
    argv: Sequence[str],
) -> tuple[list[str], str | None, list[tuple[str, str | None]]]:
    """Takes `--config` and `--config.a.b` out of the words, in either spelling.

    Returns:
      The other words, the preset and the overrides.
    """
    words, preset, changes = [], None, []
    waiting = list(argv)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            words += [word, *waiting]
            break
        name, equals, value = word.lstrip("-").partition("=")
        if not word.startswith("-") or name.split(".")[0] != "config":
            words.append(word)
            continue
        if not equals and waiting and _may_be_value(waiting[0]):
            value, equals = waiting.pop(0), "="
        if name != "config":
            changes.append((name.removeprefix("config."), value if equals else None))
        elif value:
            preset = value
        else:
            raise UserError("--config needs a file: --config=configs/default.py.")
    return words, preset, changes


def _may_be_value(word: str) -> bool:
    return not word.startswith("-") and word not in COMMANDS


def _preset(
    command: str,
    workdir: pathlib.Path | None,
    package: pathlib.Path | None,
    spec: str | None,
) -> tuple[Config, str]:
    if spec is not None:
        return overrides.read_preset(spec), spec
    if package is not None and workdir is None:
        return packages.config(
            package, packages.read(package)
        ), f"the package {package}"
    if workdir is not None:
        saved = (workdir / saved_config.CONFIG_FILE).exists()
        if saved or command in known.NEED_RUN:
            return saved_config.load(workdir), f"the run in {workdir}"
    return default.get_config(), "configs/default.py"


def _refuse_foreign(command: str, values: flags.FlagValues) -> None:
    """Refuses flags that the command would not hear."""
    for name in (*known.STRINGS, *known.SWITCHES):
        if values[name].present and command not in (of := known.takers(name)):
            hint = known.INSTEAD.get((command, name), "leave it out")
            raise UserError(
                f"`{command}` takes no --{name}, which is of {', '.join(sorted(of))}: "
                f"{hint} (python main.py {command} --help has its flags)."
            )


def _unknown_flag(name: str) -> UserError:
    near = difflib.get_close_matches(
        name, ["config", *known.STRINGS, *known.SWITCHES], 1
    )
    hint = f"did you mean --{near[0]}?" if near else "see python main.py --help."
    return UserError(f"There is no flag --{name}; {hint}")
