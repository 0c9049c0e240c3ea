"""All renderings do what the interpreter says, and hand-made cases say."""

import dataclasses
import random
import subprocess

import pytest

from data_pipeline.programs import bugs, generator, render
from data_pipeline.programs.generator import Case
from data_pipeline.programs.interpreter import Interpreter
from data_pipeline.programs.phrases import phrase
from data_pipeline.text.special import LANGUAGES
from eval.benchmarks.synthetic import verification
from eval.sandbox.toolchains import NoToolchain
from tests.data_pipeline.programs import trees

FAST = ("python", "go")


@pytest.fixture
def speak(strongest):
    def speak(language):
        try:
            strongest.toolchain(language)
        except NoToolchain as error:
            pytest.skip(str(error))
        return strongest

    return speak


def tasks(count, first=0, split="train"):
    return [generator.task(11, split, first + index) for index in range(count)]


def by_hand():
    """The hand-made functions as tasks, with the results worked out by hand."""
    return [
        generator.Task(
            tree,
            phrase(""),
            tuple(Case(*pair) for pair in zip(calls, results, strict=True)),
            (),
            1,
            "",
            "train",
            tree.name,
        )
        for tree, calls, results in trees.CASES
    ]


@pytest.mark.parametrize("language", FAST)
def test_renderings_agree(language, speak):
    assert not list(verification.differences(tasks(30), language, speak(language)))


@pytest.mark.parametrize("language", FAST)
def test_hand_made_functions_return_what_they_should(language, speak):
    assert not list(verification.differences(by_hand(), language, speak(language)))


@pytest.mark.slow
@pytest.mark.parametrize("language", [one for one in LANGUAGES if one not in FAST])
def test_hand_made_functions_in_the_other_languages(language, speak):
    assert not list(verification.differences(by_hand(), language, speak(language)))


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_thousands_of_renderings_agree(language, speak):
    assert not list(
        verification.differences(tasks(2_000, 100), language, speak(language))
    )


def with_bugs(count):
    """Tasks whose functions are mistaken, with the results of the mistake."""
    for task in tasks(count, 50_000):
        bug = bugs.plant(task, random.Random(task.id))
        if bug is not None:
            mistaken = Interpreter(bug.function)
            cases = [
                Case(case.args, mistaken.call(case.args)) for case in task.examples
            ]
            yield dataclasses.replace(
                task, function=bug.function, examples=tuple(cases), tests=()
            )


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_mistaken_functions_return_what_is_told_of_them(language, speak):
    planted = list(with_bugs(300))
    assert len(planted) > 200
    assert not list(verification.differences(planted, language, speak(language)))


@pytest.mark.slow
def test_go_is_written_as_gofmt_has_it_but_for_spaces(tmp_path):
    """gofmt parses what is no statement of Go as a mistake; it also says its layout."""
    for task in tasks(50):
        source = "package p\n\n" + render.source(task.function, "go")
        try:
            found = subprocess.run(
                ["gofmt"], input=source, capture_output=True, text=True, check=True
            )
        except FileNotFoundError:
            pytest.skip("there is no gofmt")
        assert "".join(found.stdout.split()) == "".join(source.split())


def test_a_wrong_result_is_found(speak):
    """What is compared is what came back, not what was sent."""
    right, wrong, last = tasks(3)
    first, *rest = wrong.tests
    other = next(c for c in rest if c.result != first.result)
    spoiled = dataclasses.replace(
        wrong, tests=(first._replace(result=other.result), *rest)
    )
    found = list(
        verification.differences([right, spoiled, last], "python", speak("python"))
    )
    assert [one.task for one in found] == [spoiled]
    assert "gave" in found[0].detail


def test_a_program_that_fails_is_a_difference(speak):
    (task,) = tasks(1)
    broken = dataclasses.replace(
        task.function, body=(trees.Return(trees.Name("nowhere", "int")),)
    )
    failing = dataclasses.replace(task, function=broken)
    (found,) = verification.differences([failing], "python", speak("python"))
    assert "nowhere" in found.detail
