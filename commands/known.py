"""The commands there are, and the flags of each."""

from __future__ import annotations

COMMANDS = {
    "train": "train a reasoner in --workdir, or go on with it (the default)",
    "evaluate": "measure the run in --workdir on held-out puzzles, draw its pictures",
    "compare": "compare two evaluated runs, benchmarks or agents, by their folders",
    "solve": "solve puzzles from arguments, --file or standard input",
    "figures": "draw the pictures of the run in --workdir again",
    "convert": "bring PyTorch weights into --workdir, or write its weights",
    "export": "make a package of the run in --workdir, which runs without all this",
    "verify": "check a --package against its run in --workdir, on held-out puzzles",
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
    "search": "search for programs by running them, and compare it with best of n",
    "contamination": "find the problems of benchmarks in a training corpus",
    "doctor": "say how programs can be run here, and how to get what is missing",
}
NEED_RUN = (
    *("evaluate", "evolve", "export", "fidelity", "generate", "grade", "judges"),
    *("rerank", "serve", "solve"),
)
TAKE_ARGUMENTS = (
    *("compare", "solve", "generate", "fetch", "benchmark", "contamination"),
    *("rerank", "search"),
)
_OF_A_MODEL = (*NEED_RUN, "agent", "benchmark", "convert", "search", "verify")
_GROUPS = {
    "of a model": _OF_A_MODEL,
    "of a run": (*_OF_A_MODEL, "train", "reinforce", "figures"),
    "of programs": (
        *("agent", "benchmark", "doctor", "evolve", "judges", "programs"),
        *("reinforce", "search"),
    ),
}
"""Commands that share a flag, where they are many."""

STRINGS: dict[str, dict[str, str]] = {
    "workdir": {"of a run": "its folder: config, checkpoints, metrics, pictures"},
    "file": {
        "solve": "puzzles, one a line",
        "generate": "a prompt; with --grammar=edits what is to be edited",
        "evaluate": "of ARC: attempts to be scored",
    },
    "weights": {"convert": "a PyTorch file (.pt, .safetensors, .npz) to read"},
    "to": {"convert": "a file (.safetensors, .npz) to write the run's weights to"},
    "package": {"solve, evaluate, verify, demo-page": "folder that `export` has made"},
    "format": {"export": "onnx, safetensors or stablehlo"},
    "bits": {"export": "of the matrices: 8, 4, or the floats 16 and 32"},
    "rounding": {"export": "mixed, calibrated or nearest"},
    "block": {
        "export, fidelity": "rows that share a scale, of 4 bits: 32, 64 or 128",
    },
    "products": {"export": "of ONNX: nbits, standard, or integer (8-bit activations)"},
    "runtime": {"demo-page": "the npm package of onnxruntime-web (fetched without)"},
    "output": {
        "agent, benchmark, evolve, search": "folder of the results, to go on with",
        "compare, contamination, grade, programs, solve": "file of the result",
        "demo-page, export, judges": "folder of what is made",
        "evaluate, fidelity": "file of the report (in --workdir)",
    },
    "coordinator": {"train": "of several processes: HOST:PORT of the first"},
    "num_processes": {"train": "and how many there are"},
    "process_id": {"train": "and which one this is, from 0"},
    "data": {
        "benchmark, rerank, search": "file or folder of the problems",
        "contamination": "files of the benchmarks, as in A,B",
    },
    "model": {"agent, benchmark, search": "a server's address, http://HOST:PORT/v1"},
    "model_name": {
        "agent, benchmark, search": "its name there; a key is in OPENAI_API_KEY",
    },
    "completions": {"benchmark": "a file of answers, one JSON object a line"},
    "samples": {
        "benchmark, generate": "answers to a problem (1)",
        "search": "answers to a problem (16)",
        "evolve, judges": "answers to a problem (8)",
    },
    "k": {"benchmark": "of pass@k, as in --k=1,10 (1)"},
    "temperature": {"benchmark, generate": "of answers (0)"},
    "top_p": {"benchmark, generate, search": "of answers (1)"},
    "max_tokens": {
        "benchmark, search": "of an answer (1024; polyglot 4096)",
        "generate": "of an answer (256)",
        "evolve, judges": "of an answer (160)",
    },
    "stop": {"generate": "a text that an answer ends before"},
    "suffix": {"generate": "what follows the answer, which fills the hole before it"},
    "language": {
        "benchmark, search": "only problems in these, as go,rust",
        "evolve, judges, programs": "of the tasks, as go,rust",
        "generate": "to write in",
    },
    "limit": {
        "agent, benchmark, search": "only the first tasks",
        "evolve, fidelity, judges, programs, verify": "how many tasks or puzzles",
    },
    "start": {"benchmark, contamination": "livecodebench: from this day, 2024-08-01"},
    "end": {"benchmark, contamination": "livecodebench: contests up to this day"},
    "evaluated": {
        "rerank": "--output of a benchmark",
        "benchmark": "livecodebench_repair: an --output; ..._explain: its samples",
    },
    "backward": {"rerank": "folder of a run that was trained backwards"},
    "backward_weights": {"rerank": "what its log-probability counts, as 0.5,1 (1)"},
    "prompts": {"benchmark": "cruxeval, livecodebench: authors' checkout, for prompts"},
    "edit_format": {"benchmark": "polyglot, repositories: whole, diff or udiff"},
    "logs": {"benchmark": "swebench: a folder of test logs, to be graded"},
    "harness": {"benchmark": "swebench: what runs the tests, docker or swe-rex"},
    "containers": {"benchmark": "and where swe-rex starts them: file of a fleet"},
    "harness_python": {"benchmark": "swebench: the interpreter of docker's harness"},
    "test_timeout": {"benchmark": "swebench: seconds for an instance's tests (1800)"},
    "generate": {
        "agent": "first make so many repositories, for --tasks",
        "benchmark": "repositories: first make so many, for --data",
    },
    "split": {
        "agent, benchmark": "with --generate: train, validation or test (test)",
        "programs": "train, validation or test (test)",
    },
    "scenario": {"programs": "of write, infer, predict, repair, edit, act and plan"},
    "level": {
        "agent": "with --generate: 1, 2 or 3 (1)",
        "evolve, judges": "of the tasks: 1, 2 or 3",
        "programs": "of the tasks: 1, 2, 3 or 0 for any",
    },
    "members": {"evolve": "settings that are tried (16)"},
    "check": {"programs": "run so many in all languages, and compare"},
    "methods": {"search": "as in public,distinct (all: docs/search.md); all without"},
    "seeds": {"search": "how many times, each with other samples (1)"},
    "settings": {"search": "a JSON file, in place of configs/search.py"},
    "grammar": {
        "agent": "actions: answers keep to them",
        "generate": "actions, or edits of --file: answers keep to them",
    },
    "host": {"serve": "where to listen (127.0.0.1, for this machine alone)"},
    "port": {"serve": "and at which port (8000); 0 takes a free one"},
    "seed": {
        "agent": "with --generate: a number (0)",
        "benchmark": "of answers, and of what --generate makes: a number (0)",
        "evolve, generate, judges, programs": "a number (0)",
    },
    "workers": {
        "agent, serve": "at once (8)",
        "benchmark, search": "at once (16; benchmark programs: one a core)",
    },
    "fleet": {"of programs": "file of swe-rex's machines to run them on"},
    "repo": {"agent": "folder of a repository, of which it takes a copy"},
    "task": {"agent": "what is to be done there"},
    "tasks": {"agent": "a file of tasks; with --generate, where to write some"},
    "test_command": {"agent": "what runs the tests of --repo, where it is not found"},
    "agent": {"agent": "fields of configs/agent.py, as attempts=3,seconds=60,runs=9"},
    "memory": {"agent": "file of what was tried, by others too (in --output)"},
    "context": {"agent": "tokens of the context of a server's model (8192)"},
    "corpus": {"contamination": "what a model is trained on, as data.corpus has it"},
    "filtered": {"contamination": "where to write it without them, as JSON Lines"},
}
SWITCHES: dict[str, dict[str, str]] = {
    "apply": {"agent": "write what it changed to --repo, if all tests pass"},
    "whole": {"export": "of ONNX, also the whole loop as one graph"},
    "latest": {"of a model": "of a run: its last checkpoint, not its best one"},
    "profile": {"train": "trace 10 steps, to see where the time goes"},
    "json": {"generate, solve": "one JSON object an answer or a puzzle"},
    "chat": {"agent, benchmark, search": "ask a server for a chat's answer"},
    "reasoning": {"benchmark": "cruxeval, livecodebench_execution: first think"},
    "gold": {"benchmark": "grade the authors' solutions, which must all pass"},
    "empty": {"benchmark": "grade empty answers, which must all fail"},
    "allow_unsafe_execution": {"of programs": "run them though nothing confines them"},
}
"""What a flag says to each command that takes it: commands, with commas between, or one
of `_GROUPS`."""
PATHS = (
    *("workdir", "file", "weights", "to", "package", "runtime", "output", "data"),
    *("completions", "evaluated", "backward", "prompts", "logs", "containers"),
    *("harness_python", "settings", "fleet", "repo", "tasks", "memory", "filtered"),
)
"""Flags that name a file or a folder."""
INSTEAD = {
    ("search", "temperature"): "give --settings=FILE.json in place of configs/search.py"
}
"""What to do instead, for a flag that a command does not take."""
_WIDTH = 15
"""Of the column of flags."""


def takers(flag: str) -> tuple[str, ...]:
    """The commands that take a flag of `STRINGS` or `SWITCHES`."""
    found = (STRINGS | SWITCHES)[flag]
    return tuple(name for words in found for name in _commands(words))


def table(flags: dict[str, dict[str, str]], command: str | None, mark: str) -> str:
    """Lines of `--help` about flags.

    Args:
      command: that alone is told of; None for all.
      mark: behind each name.
    """
    lines = []
    for name, texts in flags.items():
        head = f"--{name}{mark}"
        for words, text in texts.items():
            if command is not None and command not in _commands(words):
                continue
            told = text if command or words in _GROUPS else f"{words}: {text}"
            if len(head) > _WIDTH:
                lines.append(f"  {head}")
                head = ""
            lines.append(f"  {head:{_WIDTH}} {told}")
            head = ""
    return "\n".join(lines)


def _commands(words: str) -> tuple[str, ...]:
    return _GROUPS.get(words) or tuple(words.split(", "))
