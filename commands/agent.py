"""`agent`: works in a repository until its tests pass, or on many of them."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import signal
import sys
from types import FrameType
from typing import Any

from commands import agent_model, agent_report, begun, known, sandboxed
from commands.agent_model import Served
from commands.benchmark_options import refuse_flags_of_others
from commands.flag_values import number, split_of
from commands.flags import CommandLine
from configs import agent as configs
from data_pipeline.programs.behaviour import SPLITS
from data_pipeline.progress import Progress
from data_pipeline.schema import UserError, require_text
from eval.atomic import replacing
from eval.benchmarks.repositories import planted
from eval.sandbox import tiers
from eval.sandbox.sandbox import SandboxError
from hrm_jax.agent import job, repository, session, tasks, transcript
from hrm_jax.agent import memory as memories
from hrm_jax.agent.crew import Crew
from hrm_jax.agent.live import Live
from hrm_jax.agent.settings import Settings
from hrm_jax.agent.tasks import Task

_WORKERS = 8
_TASK = "task"
_OF_GENERATE = ("generate", "tasks", "split", "seed", "level")
"""The flags that say which tasks are written."""
_LATER = ("context", "chat")
"""Settings that folders of many tasks written by earlier versions do not hold."""


class _Ended(KeyboardInterrupt):
    """SIGTERM, which ends a session as Ctrl-C does."""


def run(line: CommandLine) -> int:
    """Works on `--task` in `--repo`, or on all `--tasks`; goes on where the same
    command was stopped.

    Returns:
      0 where all tests pass, of a task; where all tasks ended, of many; else 1. 130 and
      143 if a signal paused it.

    Raises:
      UserError: a flag is wrong, or the task cannot be worked on.
    """
    values = line.flags
    settings = Settings.read(configs.get_config(), values.agent or "")
    if values.generate:
        return _generate(line)
    if values.seed:
        raise UserError(
            "--seed is of what --generate makes: an agent draws by --agent=seed=7."
        )
    for flag in ("split", "level"):
        if values[flag].value:
            raise UserError(f"--{flag} is of what --generate makes: leave it out.")
    if bool(values.model) == (line.workdir is not None):
        raise UserError(
            "`agent` needs one of --workdir=runs/NAME and --model=http://HOST:PORT/v1."
        )
    refuse_flags_of_others(line)
    if not values.output:
        raise UserError("`agent` needs --output=FOLDER, where its sessions are kept.")
    if values.tasks and (values.repo or values.task):
        raise UserError(
            "`agent` works on --tasks, or on --task in --repo: not on both."
        )
    if not values.tasks and not (values.repo and values.task):
        raise UserError(
            "`agent` needs --repo=FOLDER and --task='what is to be done', or "
            "--tasks=FILE."
        )
    before = signal.signal(signal.SIGTERM, _end)
    try:
        return (_many if values.tasks else _one)(line, settings)
    except _Ended:
        print("\nPaused: the same command goes on.", file=sys.stderr)
        return 128 + signal.SIGTERM
    except KeyboardInterrupt:
        print("\nPaused: the same command goes on.", file=sys.stderr)
        return 128 + signal.SIGINT
    except SandboxError as error:
        raise UserError(
            f"The tests could not be run ({error}); the same command goes on."
        ) from error
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise _Ended


def _one(line: CommandLine, settings: Settings) -> int:
    values = line.flags
    for flag in ("limit", "workers"):
        if values[flag].value:
            raise UserError(f"--{flag} is of many --tasks: leave it out of a --task.")
    require_text("--task", values.task)
    repo, folder = pathlib.Path(values.repo), pathlib.Path(values.output)
    row = {"repo": str(repo.resolve())}
    task = Task(_TASK, values.task, repo, {}, values.test_command or "", row)
    memory = pathlib.Path(values.memory) if values.memory else None
    if memory is not None:
        memories.load(memory)  # says what is wrong before a model is loaded
    if not (folder / "session.json").exists():
        task.read(settings)  # says what is wrong before a model is loaded
    if line.workdir is None:
        model = agent_model.served(line, settings)()
    else:
        model = agent_model.local(line, settings)
    with (
        sandboxed.opened(line) as sandbox,
        Live(settings) as live,
    ):
        try:
            outcome = job.work(
                task, folder, model, sandbox, settings, live.show, memory
            )
        except KeyboardInterrupt:
            transcript.write(folder, task.goal, model.name, None)
            raise
    print(transcript.verdict(outcome))
    if missing := session.left_out(folder):
        print(f"{missing}.")
    if outcome.patch:
        print(outcome.patch, end="")
        if values.apply and not outcome.solved:
            print(f"Not written to {repo}: tests still fail.")
        elif values.apply:
            base = repository.kept(folder / session.BASE)
            ours = (memory, memories.lock_of(memory)) if memory else ()
            written = repository.apply(
                base, outcome.texts, repo, task.read(settings), ours
            )
            print(f"Written to {repo}: {', '.join(written)}.")
    print(
        f"Transcript: {folder / transcript.PAGE}; patch: {folder / transcript.PATCH}."
    )
    return 0 if outcome.solved else 1


def _many(line: CommandLine, settings: Settings) -> int:
    values = line.flags
    found = tasks.load(pathlib.Path(values.tasks))
    if values.limit:
        found = found[: int(number(values, "limit", 1, whole=True))]
    folder = pathlib.Path(values.output)
    workers = int(number(values, "workers", _WORKERS, whole=True, most=1_024))
    if values.fleet or values.allow_unsafe_execution:
        raise UserError(
            "--tasks run in the sandbox of this machine: leave --fleet and "
            "--allow_unsafe_execution out."
        )
    if values.apply:
        raise UserError(
            "--apply writes to the --repo of a --task: leave it out of --tasks."
        )
    for flag in ("memory", "test_command"):
        if values[flag].value:
            raise UserError(
                f"--{flag} is of a --task in --repo: of many --tasks each has its own."
            )
    with contextlib.ExitStack() as held:
        if line.workdir is None:
            served = agent_model.served(line, settings)
        else:
            served = held.enter_context(agent_model.shared(line, settings, workers))
        decided = _decided(line, settings, served)
        begun.hold_to(folder / "settings.json", decided, _LATER)
        by_id = {task.id: task for task in found}
        opened = job.Opened(by_id, served, tiers.strongest(), settings)
        crew = Crew(
            folder,
            list(by_id),
            opened,
            workers,
            settings.lease_seconds,
            settings.leases,
        )
        with Progress("Tasks") as progress:
            results = crew.run(progress)
    path = folder / agent_report.FILE
    for name, value in agent_report.write(path, served.name, results).items():
        print(f"{name:>18}: {value}")
    print(f"Report: {path}; transcripts: {folder / 'tasks'}.")
    return 0


def _decided(line: CommandLine, settings: Settings, served: Served) -> dict[str, Any]:
    """What the results in a folder of many tasks depend on."""
    fields = dataclasses.asdict(settings)
    for name in ("lease_seconds", "leases"):
        del fields[name]
    return {
        "model": served.name,
        "tasks": begun.digests(pathlib.Path(line.flags.tasks)),
        "grammar": served.grammar,
        "context": served.context,
        "chat": served.endpoint.chat,
        **fields,
    }


def _generate(line: CommandLine) -> int:
    """Writes `--generate` repositories with a planted bug to `--tasks`."""
    values = line.flags
    for flag in (*known.STRINGS, *known.SWITCHES):
        if values[flag].value and flag not in _OF_GENERATE:
            raise UserError(
                "`agent --generate` writes tasks and works on none of them: leave "
                f"--{flag} out."
            )
    path = pathlib.Path(values.tasks or "")
    if not values.tasks:
        raise UserError(
            "`agent --generate=50` writes tasks to a new file: add --tasks=FILE."
        )
    if path.exists():
        raise UserError(f"{path} is there already: give --tasks another name.")
    split = split_of(values, SPLITS)
    count = int(number(values, "generate", 1, whole=True))
    seed = int(number(values, "seed", 0, whole=True, least=0))
    level = int(number(values, "level", 1, whole=True, most=3))
    with replacing(path) as whole:
        planted.save(planted.generate(split, seed, count, level), whole)
    print(f"{count:,} repositories in {path}.")
    return 0
