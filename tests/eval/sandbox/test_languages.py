"""Six languages: input, failures of the compiler and of the program, memory."""

import dataclasses

import pytest

from data_pipeline.schema import UserError
from eval.sandbox.languages import LANGUAGES
from eval.sandbox.limits import MIB, RUNNING
from eval.sandbox.program import Program
from tests.eval.sandbox.programs import COMPILED, ECHO, FAILING, MEMORY, program

every_language = pytest.mark.parametrize("language", LANGUAGES)


@every_language
def test_output_repeats_the_input_byte_for_byte(sandbox, speaks, language):
    speaks(language)
    stdin = bytes(range(256)) * 300
    outcome = sandbox.run(program(language, ECHO[language]), stdin)
    assert outcome.stdout == b"hello\n" + stdin
    assert (outcome.stderr, outcome.exit_code, outcome.limit) == (b"", 0, None)
    assert outcome.succeeded and outcome.phase == "run"
    assert 0 < outcome.cpu_seconds < 10 and 0 < outcome.wall_seconds < 10
    assert 2**20 < outcome.peak_bytes < RUNNING.memory_bytes


@every_language
def test_failure_is_told(sandbox, speaks, language):
    speaks(language)
    outcome = sandbox.run(program(language, FAILING[language]))
    assert b"on purpose" in outcome.stderr
    assert outcome.exit_code != 0 and outcome.limit is None
    assert not outcome.succeeded and outcome.phase == "run"


@pytest.mark.parametrize("language", COMPILED)
def test_what_does_not_compile_never_runs(sandbox, speaks, language):
    speaks(language)
    outcome = sandbox.run(program(language, "this is no program"))
    assert outcome.phase == "compile" and outcome.exit_code != 0
    assert LANGUAGES[language].entry.encode() in outcome.stderr
    assert outcome.stdout == b"" and not outcome.succeeded


@every_language
def test_memory_ends_at_the_limit(sandbox, speaks, language):
    speaks(language)
    limits = dataclasses.replace(RUNNING, memory_bytes=128 * MIB)
    outcome = sandbox.run(program(language, MEMORY[language]), limits=limits)
    assert outcome.limit == "memory"
    # Between two glances a runtime with reserved addresses may take more.
    assert outcome.peak_bytes < 6 * limits.memory_bytes


def test_program_sees_its_files_and_arguments(sandbox):
    text = "import sys, inner.part; print(inner.part.VALUE, sys.argv[1:])"
    one = program("python", text, "a b", "", **{"inner/part.py": "VALUE = 7"})
    assert sandbox.run(one).stdout == b"7 ['a b', '']\n"


def test_several_sources_are_compiled_together(sandbox, speaks):
    speaks("cpp")
    main = "int part(); int main() { return part(); }"
    one = program("cpp", main, **{"part.cpp": "int part() { return 5; }"})
    assert sandbox.run(one).exit_code == 5


def test_mistakes_are_named():
    with pytest.raises(UserError, match="starts with 'main.py'"):
        Program("python", {"other.py": b""}, "main.py")


def test_unknown_language_is_named(strongest):
    with pytest.raises(UserError, match="no language 'cobol'"):
        strongest.run(Program("cobol", {"a": b""}, "a"))
