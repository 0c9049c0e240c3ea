"""`evolve`: better settings for searches by the run in a workdir."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from absl import flags

from commands import begun, commit, hints, judges, own_tasks, sandboxed, writers
from commands.flag_values import number
from commands.flags import CommandLine
from commands.measuring import Measuring
from commands.text_run import TextRun
from configs import evolve as preset
from configs import search as searching
from data_pipeline.progress import Progress
from data_pipeline.schema import UserError
from eval import bootstrap, evolution, statistics, style
from eval.atomic import write_json
from eval.benchmarks import grading
from eval.benchmarks.endpoint import Sampling
from hrm_jax.search import archive, journal, methods, selection
from hrm_jax.search import settings as searched
from hrm_jax.search.archive import Archive, EvolutionConfig, Gene, Genome, Measured

_TASKS, _SAMPLES, _TOKENS, _AT_ONCE = 60, 8, 160, 16
_DEBATE = "debate"
"""The one gene that is no field of a search's settings."""
_PICTURE, _BEST, _REPORT = "evolution.png", "best.json", "report.json"


def run(line: CommandLine) -> int:
    """Measures settings on tasks of the validation split, and at the end the best ones
    and those it began with on other tasks of it; never on the test split.

    Raises:
      UserError: a flag is wrong, there is no run of text, or the folder is of others.
    """
    values = line.flags
    if not values.output:
        raise UserError("`evolve` needs a folder for its archive: add --output=PATH.")
    folder = pathlib.Path(values.output)
    count = int(number(values, "limit", _TASKS, whole=True))
    samples = int(number(values, "samples", _SAMPLES, whole=True))
    sampling = Sampling(
        0.0, 1.0, int(number(values, "max_tokens", _TOKENS, whole=True))
    )
    text_run = TextRun.of(line)
    heads = judges.of_run(text_run)
    config = _config(values, heads is not None)
    begin = _begin(config.genes)
    tasks = own_tasks.challenges(line, text_run, "validation", config.seed, 2 * count)
    decided = {
        "weights_sha256": text_run.sha256,
        "judges_sha256": judges.sha256(text_run),
        "tasks": [one.id for one in tasks],
        "samples": samples,
        "max_tokens": sampling.max_tokens,
        **text_run.settings,
    }
    begun.hold_to(folder / "settings.json", decided)
    with (
        sandboxed.opened(line) as sandbox,
        journal.opened(folder / "journal.jsonl") as known,
    ):
        measuring = Measuring(
            samples,
            config.seed,
            writers.of_run(text_run, sampling, _AT_ONCE),
            sandbox,
            known,
            folder / grading.FILE,
            heads,
        )

        def measured(settings: Genome, some: Sequence[Any]) -> Measured:
            fields = _named(config.genes, settings)
            return measuring(_without_debate(fields), _debates(fields), some)

        with Progress("Settings") as progress:
            found = archive.evolve(
                config,
                begin,
                lambda settings: measured(settings, tasks[:count]),
                folder / "archive.jsonl",
                progress,
                lambda settings: _effect(config.genes, settings),
            )
        first, best = (
            measured(one.settings, tasks[count:])
            for one in (found.members[0], found.best)
        )
    _report(found, config.genes, first, best, folder)
    return 0


def _config(values: flags.FlagValues, judged: bool) -> EvolutionConfig:
    """The evolution's config.

    Args:
      judged: include the genes of judges.

    Raises:
      UserError: a flag is wrong.
    """
    fields = preset.get_config().to_dict()
    kinds = ["numbers", "choices"]
    if judged:
        kinds += ["judged_numbers", "judged_choices"]
    genes = tuple(
        Gene(name, tuple(some), kind.endswith("numbers"))
        for kind in kinds
        for name, some in fields[kind].items()
    )
    members = int(number(values, "members", fields["members"], whole=True))
    seed = int(number(values, "seed", 0, whole=True, least=0))
    return EvolutionConfig(genes, members, fields["pressure"], seed)


def _usual() -> dict[str, Any]:
    """The settings that a search has without others."""
    usual = searching.get_config().to_dict()
    return usual | {"rule": selection.UCB, _DEBATE: False}


def _begin(genes: Sequence[Gene]) -> Genome:
    usual = _usual()
    return tuple(usual[gene.name] for gene in genes)


def _named(genes: Sequence[Gene], settings: Genome) -> dict[str, Any]:
    return _usual() | dict(zip([gene.name for gene in genes], settings, strict=True))


def _idle(fields: Mapping[str, Any]) -> set[str]:
    """Names of what does nothing."""
    idle = searched.idle(fields["rule"], fields["stop_when_passed"])
    debates = methods.name_of(fields["rule"], methods.DEBATE) is not None
    return idle if debates else {*idle, _DEBATE}


def _effect(genes: Sequence[Gene], settings: Genome) -> tuple[Any, ...]:
    """The settings, but nothing of what does nothing."""
    fields = _named(genes, settings)
    idle = _idle(fields)
    return tuple(None if gene.name in idle else fields[gene.name] for gene in genes)


def _shown(genes: Sequence[Gene], settings: Genome) -> dict[str, Any]:
    """The settings, with usual values of what does nothing: these may have mutated
    without being measured, and `search` would apply them to its baselines."""
    fields, usual = _named(genes, settings), _usual()
    return fields | {name: usual[name] for name in _idle(fields)}


def _debates(fields: Mapping[str, Any]) -> bool:
    """Is there a debate, by settings and their rule?"""
    return fields[_DEBATE] and _DEBATE not in _idle(fields)


def _without_debate(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Only what are fields of a search's settings."""
    return {name: fields[name] for name in fields if name != _DEBATE}


def _report(
    found: Archive,
    genes: Sequence[Gene],
    first: Measured,
    best: Measured,
    folder: pathlib.Path,
) -> None:
    """Writes the best settings, a report and a picture, and tells of them."""
    fields = _shown(genes, found.best.settings)
    change = np.array(best.passed, float) - np.array(first.passed)
    interval = bootstrap.change_interval(change)
    between = f" ({statistics.change_text(interval)})" if interval else ""
    pair = statistics.paired(np.array(first.passed), np.array(best.passed))
    about = {
        "best": fields,
        "number": found.best.number,
        "members": len(found.members),
        "score": found.best.measured.score,
        "first_score": found.members[0].measured.score,
        "on other tasks": {
            "tasks": len(change),
            "best": best._asdict() | {"score": best.score},
            "first": first._asdict() | {"score": first.score},
            "difference": float(change.mean()),
            "interval": interval,
            "p": pair.p_value(),
        },
        "commit": commit.commit(commit.HOME),
    }
    debate = _debates(fields)
    for name, content in ((_REPORT, about), (_BEST, _without_debate(fields))):
        write_json(folder / name, content)
    with style.applied():
        scores = [one.measured.score for one in found.members]
        parents = [one.parent for one in found.members]
        number, tasks = found.best.number, len(found.best.measured.passed)
        figure = evolution.evolution(scores, parents, number, tasks)
        style.save(figure, folder / _PICTURE)
    lines = (
        f"Of {len(found.members)} settings number {found.best.number} is the best: "
        f"{about['score']:.1%} of {len(found.best.measured.passed):,} tasks, the "
        f"first {about['first_score']:.1%}.",
        f"On {len(change):,} other tasks {best.score:.1%}, the first "
        f"{first.score:.1%}: {change.mean():+.1%}{between}.",
    )
    print("\n".join(lines))
    final = methods.DEBATE if debate else methods.CLUSTERS
    search = hints.command(
        "search",
        f"--settings={folder / _BEST}",
        f"--methods={methods.name_of(fields['rule'], final)}",
    )
    print(f"{'With' if debate else 'Without'} a debate:\n  {search} ...")
    print(f"Picture: {folder / _PICTURE}; report: {folder / _REPORT}")
