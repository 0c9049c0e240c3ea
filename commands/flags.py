"""The command line: a command, flags, and overrides of the config."""

from __future__ import annotations

import dataclasses
import difflib
import pathlib
from collections.abc import Sequence

from absl import flags

from commands import overrides
from configs import Config, default
from data_pipeline.schema import UserError
from hrm_jax import saved_config
from hrm_jax.export import package as packages

COMMANDS = {
    "train": "train a reasoner in --workdir, or go on with it (the default)",
    "evaluate": "measure the run in --workdir on held-out puzzles, draw its pictures",
    "compare": "compare two evaluated runs, benchmarks or agents, by their folders",
    "solve": "solve puzzles from arguments, --file or standard input",
    "figures": "draw the pictures of the run in --workdir again",
    "convert": "bring PyTorch weights into --workdir, or write its weights",
    "export": "make a package of the run in --workdir, which runs without all this",
    "verify": "hold a --package against its run in --workdir, on held-out puzzles",
    "fidelity": "measure what fewer bits leave of the run in --workdir",
    "demo-page": "make a page of a --package that solves puzzles in a browser",
    "grade": "write to --output how hard the run in --workdir finds what it trains on",
    "reinforce": "train by executing what the run of train.start_from writes",
    "generate": "write text with the run in --workdir, from prompts as arguments",
    "rerank": "choose among a benchmark's answers by two runs, one reading backwards",
    "serve": "answer OpenAI's clients on this machine with the run in --workdir",
    "judges": "fit the heads that judge programs in a search to the run in --workdir",
    "evolve": "find better settings for searches by the run in --workdir",
    "fetch": "download public data sets",
    "agent": "work in a --repo until its tests pass, or on all --tasks of a file",
    "benchmark": "grade a model's programs on a benchmark of code, named as argument",
    "programs": "show synthetic tasks, write them to --output, or --check them",
    "search": "search for programs by running them, and hold it against best of n",
    "contamination": "find the problems of benchmarks in a training corpus",
    "doctor": "say how programs can be run here, and how to get what is missing",
}
_NEED_RUN = (
    *("evaluate", "evolve", "export", "fidelity", "generate", "grade", "judges"),
    *("rerank", "serve", "solve"),
)
_TAKE_ARGUMENTS = (
    *("compare", "solve", "generate", "fetch", "benchmark", "contamination"),
    *("rerank", "search"),
)

_STRINGS = {
    "workdir": "folder of the run: config, checkpoints, metrics, pictures",
    "file": "solve: puzzles, one a line; generate: a prompt; evaluate: ARC attempts",
    "weights": "convert: a PyTorch file (.pt, .safetensors, .npz) to read",
    "to": "convert: a file (.safetensors, .npz) to write the run's weights to",
    "package": "solve, evaluate, verify, demo-page: the folder that `export` has made",
    "format": "export: onnx, safetensors or stablehlo",
    "bits": "export: of the matrices: 8, 4, or the floats 16 and 32",
    "rounding": "export: mixed, calibrated or nearest",
    "block": "export: rows that share a scale, of 4 bits: 32, 64 or 128",
    "products": "export: of ONNX: nbits, standard, or integer for 8-bit activations",
    "runtime": "demo-page: the npm package of onnxruntime-web (fetched without)",
    "output": "where to write the result; benchmark: a folder, to go on with as well",
    "coordinator": "train, on several machines: HOST:PORT of the first process",
    "num_processes": "and how many processes there are",
    "process_id": "and which one this is, from 0",
    "data": "benchmark, search, rerank: a file, or a folder; contamination: A,B",
    "model": "benchmark, search, agent: a server's address, http://HOST:PORT/v1",
    "model_name": "and the name of the model there; OPENAI_API_KEY may hold a key",
    "completions": "or a file of completions, one JSON object a line",
    "samples": "of a problem: benchmark, generate (1), search (16), evolve, judges (8)",
    "k": "benchmark: of pass@k, as in --k=1,10 (1)",
    "temperature": "benchmark, generate: of answers (0)",
    "top_p": "benchmark, generate: of answers (1)",
    "max_tokens": "tokens (1024; polyglot 4096; generate 256; judges, evolve 160)",
    "stop": "generate: a text that an answer ends before",
    "suffix": "generate: what follows the answer, which fills the hole before it",
    "language": "benchmark: only problems in these, as go,rust; generate: to write in",
    "limit": "benchmark, search, agent: only the first; others: how many",
    "start": "livecodebench: contests from this day on, as in --start=2024-08-01",
    "end": "livecodebench: contests up to this day",
    "evaluated": "livecodebench_repair, rerank: an --output; ..._explain: samples",
    "backward": "rerank: folder of a run that was trained backwards",
    "backward_weights": "and what its log-probability counts for, as in 0.5,1 (1)",
    "prompts": "cruxeval, livecodebench: the authors' checkout, for their prompts",
    "edit_format": "polyglot, repositories: whole, diff or udiff",
    "logs": "swebench: a folder of test logs, made elsewhere, to be graded",
    "harness": "swebench: what runs the tests, docker or swe-rex",
    "containers": "and where swe-rex starts them: the file of a fleet",
    "harness_python": "swebench: the interpreter that has swebench, for docker",
    "test_timeout": "swebench: seconds for the tests of an instance (1800)",
    "generate": "repositories: first make so many, for --data; agent: for --tasks",
    "split": "of what is made: train, validation (not of repositories) or test (test)",
    "scenario": "programs: some of write, infer, predict, repair, edit, act and plan",
    "level": "programs, judges, evolve, agent: 1, 2 or 3 (of programs 0: any)",
    "members": "evolve: settings that are tried (16)",
    "check": "programs: run so many in all languages, and compare",
    "methods": "search: as in public,distinct (all: docs/agents.md); all without",
    "seeds": "search: how many times, each with other samples (1)",
    "settings": "search: a JSON file, in place of configs/search.py",
    "grammar": "generate, agent: answers keep to actions; generate: or edits of --file",
    "host": "serve: where to listen (127.0.0.1, for this machine alone)",
    "port": "and at which port (8000); 0 takes a free one",
    "seed": "of what is drawn or made (0)",
    "workers": "at once: benchmark, search (16; programs one a core), agent, serve (8)",
    "fleet": "benchmark, search, agent, doctor: file of swe-rex's machines to run on",
    "repo": "agent: the folder of a repository, of which it takes a copy",
    "task": "agent: what is to be done there",
    "tasks": "agent: a file of tasks; with --generate, where to write some",
    "test_command": "agent: what runs the tests, where it is not found",
    "agent": "agent: fields of configs/agent.py, as in attempts=3,seconds=60,runs=9",
    "memory": "agent: file of what was tried, by other sessions too (in --output)",
    "context": "agent: tokens of the context of a server's model (8192)",
    "corpus": "contamination: what a model is trained on, as data.corpus names it",
    "filtered": "contamination: where to write the corpus without them, as JSON Lines",
}
_SWITCHES = {
    "apply": "agent: write what it has changed to --repo, if all tests pass",
    "whole": "export: of ONNX, also the whole loop as one graph",
    "latest": "of a run: its last checkpoint, not its best one",
    "profile": "train: trace 10 steps, to see where the time goes",
    "json": "solve, generate: one JSON object a puzzle or an answer",
    "chat": "benchmark, search, agent: ask for a chat's answer, not a continuation",
    "reasoning": "cruxeval, livecodebench_execution: let the model think first",
    "gold": "benchmark: grade the authors' solutions, which must all pass",
    "empty": "benchmark: grade empty answers, which must all fail",
    "allow_unsafe_execution": "run programs though nothing confines them",
}


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


def help_text() -> str:
    """What `--help` prints."""

    def table(rows: dict[str, str], mark: str = "") -> str:
        return "\n".join(f"  {mark + name:13} {text}" for name, text in rows.items())

    strings = table({f"{name}=": text for name, text in _STRINGS.items()}, "--")
    return f"""\
python main.py [COMMAND] [--config=configs/NAME.py] [--config.FIELD=VALUE ...] [FLAGS]

commands:
{table(COMMANDS)}

flags:
  --config=     a preset; without it, the config of the run in --workdir, or the default
{strings}
{table(_SWITCHES, "--")}

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
      UserError: whatever the user got wrong, and how to mend it.
    """
    words, preset_spec, changes = _split(argv[1:])
    values = flags.FlagValues()
    for name, text in _STRINGS.items():
        flags.DEFINE_string(name, None, text, flag_values=values)
    for name, text in _SWITCHES.items():
        flags.DEFINE_bool(name, False, text, flag_values=values)
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
    if arguments and command not in _TAKE_ARGUMENTS:
        raise UserError(
            f"`{command}` takes no argument, but {arguments[0]!r} is given."
        )
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
        if saved or command in _NEED_RUN:
            return saved_config.load(workdir), f"the run in {workdir}"
    return default.get_config(), "configs/default.py"


def _unknown_flag(name: str) -> UserError:
    near = difflib.get_close_matches(name, ["config", *_STRINGS, *_SWITCHES], n=1)
    hint = f"did you mean --{near[0]}?" if near else "see python main.py --help."
    return UserError(f"There is no flag --{name}; {hint}")
