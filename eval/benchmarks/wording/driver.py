"""Calls the authors' prompt functions on rows; a program of the sandbox.

Usage: `driver.py`, beside `job.json` and the authors' files. Prints a JSON array with
`[system message, text]` for each row, or with a text that says why there is none.
"""

import ast
import contextlib
import importlib
import io
import json
import pathlib
import sys
import types


class _Absent(types.ModuleType):
    """A module that the prompts import but do not need: all of its names are there."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return name


def _cruxeval(job):
    module = importlib.import_module("prompts")
    kind = "cot" if job["reasoning"] else "direct"
    task = job["benchmark"].rpartition("_")[2]
    make = getattr(module, f"make_{kind}_{task}_prompt")
    given = "input" if task == "output" else "output"
    system = _system_prompt() if job["chat"] else ""
    return lambda row: [system, make((row["code"], row[given]))]


def _system_prompt():
    """What the authors assign to a variable of that name before they ask OpenAI."""
    tree = ast.parse(pathlib.Path("openai/openai_prompt.py").read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            if getattr(node.targets[0], "id", "") == "system_prompt":
                return node.value.value
    raise LookupError("openai/openai_prompt.py assigns no system_prompt")


def _livecodebench(job):
    for name in ("anthropic", "lcb_runner.benchmarks"):
        sys.modules[name] = _Absent(name)
    for name in ("code_generation", "code_execution", "test_output_prediction"):
        name = f"lcb_runner.benchmarks.{name}"
        sys.modules[name] = _Absent(name)
    file, function = {
        "livecodebench": ("code_generation", "format_prompt_generation"),
        "livecodebench_repair": ("self_repair", "format_prompt_self_repair"),
        "livecodebench_tests": ("test_output_prediction", "format_prompt_test_output"),
        "livecodebench_execution": ("code_execution", "format_prompt_execution"),
    }[job["benchmark"]]
    function += "_cot" if job["reasoning"] else ""
    make = getattr(importlib.import_module(f"lcb_runner.prompts.{file}"), function)
    styles = importlib.import_module("lcb_runner.lm_styles").LMStyle
    style = styles.OpenAIChat
    if not job["chat"] and job["benchmark"] == "livecodebench":
        # The one scenario in which models that only go on have an example instead.
        style = getattr(styles, "GenericBase", None) or styles.CodeLLaMaBase

    def prompt(row):
        if job["benchmark"] == "livecodebench_repair":
            wrong = dict(row["wrong"])
            if wrong.get("error_code") == -5:  # they have no words for a lost process
                wrong["error_code"] = -4
            wrong = json.dumps(wrong)
            question = row["question_content"]
            made = make(question, style, row["code"], row["graded"], wrong)
        else:
            made = make(_question(row), style)
        if isinstance(made, str):
            return ["", made]
        system, user = (message["content"] for message in made)
        if not job["chat"] and job["benchmark"] == "livecodebench_execution":
            system = ""  # as in all other styles there
        return [system, user]

    return prompt


def _question(row):
    """A row with attributes, as the authors' classes have them."""
    tests = json.loads(row["test"]) if "test" in row else []
    return types.SimpleNamespace(
        **{**row, "test": [types.SimpleNamespace(**test) for test in tests]}
    )


def main():
    job = json.loads(pathlib.Path("job.json").read_text("utf-8"))
    sys.path.insert(0, ".")
    made = []
    with contextlib.redirect_stdout(io.StringIO()):
        of = _cruxeval if job["benchmark"].startswith("cruxeval") else _livecodebench
        prompt = of(job)
        for row in job["rows"]:
            try:
                made.append(prompt(row))
            except Exception as error:  # of the authors' code, for whoever asked
                made.append(repr(error))
    print(json.dumps(made))


main()
