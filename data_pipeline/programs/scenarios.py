"""What is asked of a model about a task, and the answer."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from data_pipeline.programs import (
    actions,
    bugs,
    edits,
    generator,
    plan,
    render,
    values,
)
from data_pipeline.programs.behaviour import Split
from data_pipeline.programs.bugs import Bug
from data_pipeline.programs.generator import Case, Task
from data_pipeline.programs.tree import Function
from data_pipeline.text.example import Example
from data_pipeline.text.special import LANGUAGES

SUFFIXES = {
    "cpp": ".cpp",
    "go": ".go",
    "java": ".java",
    "javascript": ".js",
    "python": ".py",
    "rust": ".rs",
}
"""Of files, by language."""
_OPENINGS = (
    *("Return {}.", "Return {}.", "Write a function that returns {}."),
    *("The function returns {}.", "The result is {}."),
)
_SHOWN = (2, 3)
"""Examples beside a statement."""


class Scene(NamedTuple):
    """Attributes:
    scenario: of `SCENARIOS`.
    example: what is asked, and an answer.
    task: what it is about.
    function: the right one, by the name that it has in the prompt.
    path: of the file that is to be edited; else "".
    before: its content.
    """

    scenario: str
    example: Example
    task: Task
    function: Function
    path: str = ""
    before: str = ""


def draw(
    seed: int,
    split: Split,
    index: int,
    level: int = 0,
    scenarios: Sequence[str] = (),
    languages: Sequence[str] = LANGUAGES,
) -> Scene:
    """The scene of an index, always the same for the same arguments.

    A task in which no bug shows is asked to be written.

    Args:
      level: of difficulty; 0 for any.
      scenarios: of `SCENARIOS`; without any, by their weights.
      languages: any of them, alike often.
    """
    task = generator.task(seed, split, index, level)
    rng = random.Random(f"scene {task.id} {' '.join(scenarios)} {' '.join(languages)}")
    language = languages[int(rng.random() * len(languages))]
    if scenarios:
        scenario = scenarios[int(rng.random() * len(scenarios))]
    else:
        (scenario,) = rng.choices(list(SCENARIOS), list(WEIGHTS.values()))
    found = scene(task, scenario, language)
    return found or write(task, language, rng)


def scene(task: Task, scenario: str, language: str) -> Scene | None:
    """A task as a scene; None where it needs a bug and none shows."""
    rng = random.Random(f"{scenario} {language} {task.id}")
    return SCENARIOS[scenario](task, language, rng)


def statement(task: Task, rng: random.Random) -> str:
    """A sentence that says what the function returns."""
    opening = _OPENINGS[int(rng.random() * len(_OPENINGS))]
    return opening.format(task.result.say(rng))


def write(task: Task, language: str, rng: random.Random) -> Scene:
    """Write a function from a statement, perhaps with examples."""
    function = task.function
    lines = [statement(task, rng), render.signature(function, language)]
    if rng.random() < 0.4:
        count = _SHOWN[int(rng.random() * len(_SHOWN))]
        lines += _calls(function, language, _telling(task.examples, count))
    return _scene("write", task, function, language, lines)


def infer(task: Task, language: str, rng: random.Random) -> Scene:
    """Write a function from examples alone; its name says nothing."""
    function = dataclasses.replace(task.function, name="f")
    lines = ["Write the function that gives these results."]
    lines.append(render.signature(function, language))
    lines += _calls(function, language, task.examples)
    return _scene("infer", task, function, language, lines)


def predict(task: Task, language: str, rng: random.Random) -> Scene:
    """Tell what a call returns."""
    function = task.function
    case = _telling(task.examples, len(task.examples))[int(rng.random() * 3)]
    name = render.name(function, language)
    source = render.source(function, language)
    question = f"What does {values.call(name, case.args)} return?"
    example = Example(
        language,
        f"{source}{question}\n",
        values.written(case.result) + "\n",
        task.level,
    )
    return Scene("predict", example, task, function)


def repair(task: Task, language: str, rng: random.Random) -> Scene | None:
    """Repair a function, given a call that fails; the answer is the whole function."""
    bug = bugs.plant(task, rng)
    if bug is None:
        return None
    source = render.source(bug.function, language)
    asked = repair_prompt(statement(task, rng), source, _failure(bug, language))
    return _scene("repair", task, task.function, language, asked.splitlines())


def repair_prompt(statement: str, source: str, failure: str) -> str:
    """The prompt that asks for a repair of a function; see `failure`."""
    ended = source.rstrip("\n")
    return f"{statement}\n{ended}\nThis is wrong: {failure}\n"


def failure(name: str, args: Sequence[Any], got: str, wanted: str) -> str:
    """What is wrong with a function, as prompts say it.

    Args:
      got, wanted: as `values.written` has them.
    """
    return f"{values.call(name, tuple(args))} returned {got}, expected {wanted}"


def edit(task: Task, language: str, rng: random.Random) -> Scene | None:
    """Repair a file by a SEARCH/REPLACE block."""
    bug = bugs.plant(task, rng)
    if bug is None:
        return None
    path, before, after = _files(task, bug, language)
    failure = _failure(bug, language)
    asked = f"{statement(task, rng)}\n{path}:\n{before}{failure}\nEdit it.\n"
    example = Example(language, asked, edits.block(path, before, after), task.level)
    return Scene("edit", example, task, task.function, path, before)


def act(task: Task, language: str, rng: random.Random) -> Scene | None:
    """Choose an action, in the grammar of `actions`, from what was observed so far."""
    bug = bugs.plant(task, rng)
    if bug is None:
        return None
    path, before, after = _files(task, bug, language)
    goal = f"Goal: {statement(task, rng)} It is in {task.function.name}.\n"
    others = [name for name in _OTHERS if name not in task.function.name]
    names = [path, *(name + SUFFIXES[language] for name in rng.sample(others, 2))]
    listing = "files: " + " ".join(sorted(names)) + "\n"
    failed = f"tests: failed: {_failure(bug, language)}\n"
    viewed = f"{path}:\n{before}"
    step = _STEPS[int(rng.random() * len(_STEPS))]
    kept = ("", "")
    if step == "view":
        seen = listing if rng.random() < 0.5 else listing + failed
        answer = f"view {path}\n"
    elif step == "test":
        changed = rng.random() < 0.5
        seen = f"edited {path}\n" if changed else listing + viewed
        answer = "test\n"
    elif step == "finish":
        seen, answer = f"edited {path}\ntests: all passed\n", "finish\n"
    else:
        seen, answer = viewed + failed, "edit\n" + edits.block(path, before, after)
        kept = (path, before)
    actions.parse(answer)
    example = Example(language, goal + seen, answer, task.level)
    return Scene("act", example, task, task.function, *kept)


def sketch(task: Task, language: str, rng: random.Random) -> Scene:
    """Say in comments how a function goes, from a statement."""
    function = task.function
    asked = [statement(task, rng), render.signature(function, language), "Plan it."]
    answer = plan.sketch(function, language)
    example = Example(language, "\n".join([*asked, ""]), answer, task.level)
    return Scene("plan", example, task, function)


_STEPS = ("view", "test", "edit", "edit", "finish")
_OTHERS = ("main", "helpers", "report", "config", "parser", "store", "models")

SCENARIOS: dict[str, Callable[[Task, str, random.Random], Scene | None]] = {
    "write": write,
    "infer": infer,
    "predict": predict,
    "repair": repair,
    "edit": edit,
    "act": act,
    "plan": sketch,
}
"""Name and maker of each kind of scene."""
WEIGHTS = {
    **{"write": 8, "infer": 2, "predict": 2, "repair": 3, "edit": 3, "act": 2},
    "plan": 0,
}
"""How often each is drawn; plans where they are asked for alone."""
USUAL = tuple(name for name, weight in WEIGHTS.items() if weight)


def _scene(
    scenario: str, task: Task, function: Function, language: str, lines: Sequence[str]
) -> Scene:
    answer = render.source(function, language)
    example = Example(language, "\n".join([*lines, ""]), answer, task.level)
    return Scene(scenario, example, task, function)


def _files(task: Task, bug: Bug, language: str) -> tuple[str, str, str]:
    """The path of the function's file, its content with the bug and without."""
    path = task.function.name + SUFFIXES[language]
    before, after = (
        render.source(function, language) for function in (bug.function, task.function)
    )
    return path, before, after


def _calls(function: Function, language: str, cases: Sequence[Case]) -> list[str]:
    name = render.name(function, language)
    return [
        f"{values.call(name, case.args)} -> {values.written(case.result)}"
        for case in cases
    ]


def _telling(cases: Sequence[Case], count: int) -> list[Case]:
    """Cases whose results differ, as far as there are such, before the others."""
    seen: set[str] = set()
    first, rest = [], []
    for case in cases:
        key = values.key(case.result)
        (rest if key in seen else first).append(case)
        seen.add(key)
    return [*first, *rest][:count]


def _failure(bug: Bug, language: str) -> str:
    got, wanted = values.written(bug.got), values.written(bug.case.result)
    return failure(render.name(bug.function, language), bug.case.args, got, wanted)
