"""Prompts that the authors' functions make, from small files of the same make."""

import json
import pathlib

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks import cruxeval
from eval.benchmarks.livecodebench import execution, generation, prediction, repair
from eval.benchmarks.wording.worded import digest, sources, worded
from tests.eval.benchmarks.livecodebench.test_scenarios import FUNCTION, PROGRAM
from tests.eval.benchmarks.test_cruxeval import ROWS
from tests.eval.benchmarks.written import write

CRUXEVAL = {
    "prompts.py": '''
def make_direct_output_prompt(s):
    code, input = s
    return f"""Say it. {code} on {input}"""

def make_cot_output_prompt(s):
    code, input = s
    return f"Think. {code} on {input}"

def make_direct_input_prompt(s):
    code, output = s
    return f"Find it. {code} for {output}"
''',
    "openai/openai_prompt.py": """
from openai import OpenAI
def ask():
    system_prompt = "You know Python."
""",
}
STYLES = """
from enum import Enum
class LMStyle(Enum):
    OpenAIChat = 1
    CodeLLaMaBase = 2
"""
LIVECODEBENCH = {
    "lcb_runner/lm_styles.py": STYLES,
    "lcb_runner/prompts/__init__.py": "raise ImportError('all of them')",
    "lcb_runner/prompts/example.json": '["one"]',
    "lcb_runner/prompts/code_generation.py": """
import json
from anthropic import HUMAN_PROMPT, AI_PROMPT
from lcb_runner.lm_styles import LMStyle
from lcb_runner.benchmarks.code_generation import CodeGenerationProblem
with open("lcb_runner/prompts/example.json") as f:
    example = json.load(f)
def format_prompt_generation(question: CodeGenerationProblem, style):
    print("noise")
    if style == LMStyle.CodeLLaMaBase:
        return f"{example[0]}: {question.question_content}"
    return [
        {"role": "system", "content": "Be good."},
        {"role": "user", "content": question.starter_code or "no starter"},
    ]
""",
    "lcb_runner/prompts/test_output_prediction.py": """
from lcb_runner.benchmarks import TestOutputPredictionProblem
def format_prompt_test_output(question: TestOutputPredictionProblem, style):
    text = f"{question.starter_code} on {question.test[0].input}"
    return [{"content": "Test."}, {"content": text}]
""",
    "lcb_runner/prompts/code_execution.py": """
def format_prompt_execution(question, style):
    return [{"content": "Run."}, {"content": question.code}]
def format_prompt_execution_cot(question, style):
    return [{"content": "Run."}, {"content": "slowly " + question.code}]
""",
    "lcb_runner/prompts/self_repair.py": """
import json
def format_prompt_self_repair(question, style, code, result, metadata):
    said = json.loads(metadata)["inputs"]
    return [{"content": "Mend."}, {"content": f"{question} {code} {said}"}]
""",
}


@pytest.fixture
def make(tmp_path, strongest):
    """The prompts of a benchmark as a checkout makes them."""

    def make(name, benchmark, files, **more):
        checkout = tmp_path / "checkout"
        for path, text in files.items():
            (checkout / path).parent.mkdir(parents=True, exist_ok=True)
            (checkout / path).write_text(text)
        found = sources(name, checkout)
        made = worded(benchmark, benchmark.problems, name, found, strongest, **more)
        return [made.prompt(problem) for problem in benchmark.problems]

    return make


def test_cruxeval(make, tmp_path):
    path = write(tmp_path / "cruxeval.jsonl", ROWS)
    output, given = cruxeval.load(path, "output"), cruxeval.load(path, "input")
    one, two = make("cruxeval_output", output, CRUXEVAL)
    assert one.text == f"Say it. {ROWS[0]['code']} on 'a', 1" and one.system == ""
    assert two.text.endswith("on 'a==b'") and two.stop == cruxeval.STOP
    (one, _) = make("cruxeval_output", output, CRUXEVAL, reasoning=True, chat=True)
    assert one.text.startswith("Think.") and one.system == "You know Python."
    (one, _) = make("cruxeval_input", given, CRUXEVAL)
    assert one.text == f"Find it. {ROWS[0]['code']} for {ROWS[0]['output']}"
    with pytest.raises(UserError, match="cannot be made .*make_cot_input_prompt"):
        make("cruxeval_input", given, CRUXEVAL, reasoning=True)


def test_livecodebench_generation(make, tmp_path):
    path = write(tmp_path / "rows.jsonl", [PROGRAM, FUNCTION])
    written = generation.load(path)
    for chat, texts in (
        (True, ["no starter", FUNCTION["starter_code"]]),
        (False, ["one: Add the numbers."] * 2),
    ):
        found = make("livecodebench", written, LIVECODEBENCH, chat=chat)
        assert [prompt.text for prompt in found] == texts
        assert [prompt.system for prompt in found] == ["Be good." if chat else ""] * 2


def test_livecodebench_repair(make, tmp_path):
    path = write(tmp_path / "rows.jsonl", [PROGRAM])
    evaluated = tmp_path / "eval_all.json"

    def load(*told):
        row = {
            "question_id": "abc_a",
            "code_list": ["one", "two"],
            "graded_list": [True, False],
            "metadata": ["{}", *map(json.dumps, told)],
        }
        evaluated.write_text(json.dumps([row]))
        return repair.load(path, evaluated)

    name = "livecodebench_repair"
    right, wrong = make(name, load({"inputs": "3"}), LIVECODEBENCH, chat=True)
    assert right.text == "" and right.system == ""
    assert (wrong.system, wrong.text) == ("Mend.", "Add the numbers. two 3")
    with pytest.raises(UserError, match=r"no prompt for abc_a/1: KeyError\('inputs'\)"):
        make(name, load({"error": "3"}), LIVECODEBENCH)


def test_livecodebench_prediction_and_execution(make, tmp_path):
    dates = {"contest_date": "2023-05-07T00:00:00", "question_content": "Add."}
    row = {
        **dates,
        **{"question_id": "1", "test_id": 0, "function_name": "add"},
        "starter_code": "def add(a):",
        "test": json.dumps([{"input": "[1]", "output": "1"}]),
    }
    told = prediction.load(write(tmp_path / "tests.jsonl", [row]))
    (one,) = make("livecodebench_tests", told, LIVECODEBENCH)
    assert (one.system, one.text) == ("Test.", "def add(a): on [1]")
    row = {**dates, "id": "a", "code": "def f(): ...", "input": "f()", "output": "1"}
    runs = execution.load(write(tmp_path / "runs.jsonl", [row]))
    (one,) = make("livecodebench_execution", runs, LIVECODEBENCH, chat=True)
    assert (one.system, one.text) == ("Run.", "def f(): ...")
    (one,) = make("livecodebench_execution", runs, LIVECODEBENCH, reasoning=True)
    assert (one.system, one.text) == ("", "slowly def f(): ...")


def test_a_checkout_is_needed(tmp_path):
    with pytest.raises(UserError, match="has no prompts.py: --prompts needs a checko"):
        sources("cruxeval_input", tmp_path)
    with pytest.raises(UserError, match="--prompts is for .*, not for mbpp"):
        sources("mbpp", pathlib.Path("a"))
    assert digest({"a": b"1"}) != digest({"a": b"2"}) != digest({"b": b"2"})
