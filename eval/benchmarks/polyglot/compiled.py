"""Go, Rust, Java and C++ under their own test runners, without a network."""

from __future__ import annotations

import os
import pathlib
import re
import tomllib
from collections.abc import Mapping

from eval.benchmarks.polyglot import jars
from eval.benchmarks.polyglot.exercise import Exercise
from eval.benchmarks.polyglot.suite import (
    CANNOT_BUILD,
    DOES_NOT_COMPILE,
    FOLDER,
    RUNNERS,
    NotRunnable,
    Suite,
    runners,
    told,
)
from eval.sandbox import system
from eval.sandbox.sandbox import Sandbox
from eval.sandbox.toolchains import Toolchain

_FAILS = f"|| exit {DOES_NOT_COMPILE}"
# What `go test` looks for before it runs anything: `go help test`.
_VET = "-atomic -bool -buildtags -errorsas -ifaceassert -nilfunc -printf -stringintconv"


def go(exercise: Exercise, sandbox: Sandbox) -> Suite:
    """Command: `go test ./...`, in its steps, so that input reaches the tests."""
    found = sandbox.toolchain("go")
    sources = exercise.test_files
    module = exercise.files.get("go.mod", b"").decode()
    if re.search(r"^\s*require\b", module, re.MULTILINE):
        raise NotRunnable("go.mod requires packages, and there is no network.")
    if any("func TestMain(" in text for text in sources.values()):
        raise NotRunnable("The tests have a main function of their own.")
    package = re.search(r"^package (\w+)", sources[exercise.tests[0]], re.MULTILINE)
    names = {
        name
        for text in sources.values()
        for name in re.findall(r"^func (Test[A-Z_0-9]\w*|Test)\(", text, re.MULTILINE)
    }
    main = (RUNNERS / "main_test.go").read_text(encoding="utf-8")
    main = main.replace("PACKAGE", package[1] if package else "main")
    binary = f"$1/{exercise.name}.test"
    tool = found.executables["go"]
    return Suite(
        script=f"{tool} vet {_VET} . {_FAILS}; "
        f'{tool} test -c -o "{binary}" . {_FAILS}; exec "{binary}" -test.v',
        expected=len(names),
        passed=lambda output, last: len(
            names & set(re.findall(r"^--- PASS: (\w+) \(", output, re.MULTILINE))
        ),
        files={f"{exercise.name}/zz_main_test.go": main.encode()},
        environment={
            "GOPATH": "{box}/.go",
            "GOCACHE": "{box}/.cache",
            "GOFLAGS": "-buildvcs=false -mod=mod",
            "GOPROXY": "off",
            "GOTOOLCHAIN": "local",
        },
        readable=_folder(found),
    )


def rust(exercise: Exercise, sandbox: Sandbox) -> Suite:
    """Command: `cargo test -- --include-ignored`."""
    found = sandbox.toolchain("rust")
    beside = os.path.dirname(found.executables["rustc"])
    cargo = _program("cargo", sandbox, beside)
    try:
        manifest = tomllib.loads(exercise.files["Cargo.toml"].decode())
    except (KeyError, ValueError) as error:
        raise NotRunnable("The exercise has no Cargo.toml that can be read.") from error
    crates = [name for kind in _CRATES for name in manifest.get(kind, {})]
    if crates:
        raise NotRunnable(f"It needs the crates {', '.join(crates)}: no network.")
    names = {
        name
        for text in exercise.test_files.values()
        for name in re.findall(r"#\[test\]\s*(?:#\[[^\]]*\]\s*)*fn (\w+)", text)
    }
    return Suite(
        script=f"{cargo} test --offline --no-run {_FAILS}; "
        f"exec {cargo} test --offline -- --include-ignored",
        expected=len(names),
        passed=lambda output, last: len(names & set(_PASSED.findall(output))),
        environment={
            "CARGO_HOME": "{box}/.cargo",
            "CARGO_TARGET_DIR": f"{{box}}/{FOLDER}",
            "CARGO_TERM_COLOR": "never",
            "CARGO_INCREMENTAL": "0",
            "PATH": f"{os.path.dirname(cargo)}:{system.ENVIRONMENT['PATH']}",
        },
        readable=_folder(found),
        has_word=False,
    )


# Never goes back into a name: a submission may print one of millions of parts.
_PASSED = re.compile(r"^test (?:\w++::)*+(\w++)[^\n]* \.\.\. ok$", re.MULTILINE)
_CRATES = ("dependencies", "dev-dependencies", "build-dependencies")


def java(exercise: Exercise, sandbox: Sandbox) -> Suite:
    """Command: `./gradlew test`, which is JUnit 5; `@Disabled` is taken away."""
    found = sandbox.toolchain("java")
    enabled = {
        path: re.sub(r"@Disabled\([^)]*\)\s*\n", "", text)
        for path, text in exercise.test_files.items()
    }
    needed = {*jars.junit()}
    for path, text in enabled.items():
        for name in re.findall(r"^import (?:static )?([\w.]+)", text, re.MULTILINE):
            if name.startswith("org.assertj."):
                needed.update(jars.assertj())
            elif not name.startswith(("java.", "org.junit.jupiter.")):
                raise NotRunnable(f"{path} needs {name}, and there is no network.")
    copies = tuple(
        (f"{FOLDER}/{pathlib.Path(jar).name}", jar) for jar in sorted(needed)
    )
    tools = found.executables
    classes = " ".join(pathlib.Path(path).stem for path in exercise.tests)
    flags = "-XX:+UseSerialGC -XX:-UsePerfData"
    # Not the reference solution, which lies in `.meta` and is not in the box.
    sources = '$(find . -name "*.java") "$1/Runner.java"'
    return Suite(
        script=f"{tools['javac']} -J-XX:+UseSerialGC -J-XX:-UsePerfData -proc:none "
        f'-encoding UTF-8 -cp "$1/*" -d "$1/out" {sources} {_FAILS}; '
        f'exec {tools["java"]} {flags} -Xmx2g -cp "$1/out:$1/*" Runner {classes}',
        expected=sum(
            len(re.findall(r"@(?:Test|ParameterizedTest)\b", text))
            for text in enabled.values()
        ),
        passed=told,
        files={
            **runners("Runner.java"),
            **{
                f"{exercise.name}/{path}": text.encode()
                for path, text in enabled.items()
            },
        },
        copies=copies,
        readable=_folder(found),
    )


def cpp(exercise: Exercise, sandbox: Sandbox) -> Suite:
    """Commands: `cmake -DEXERCISM_RUN_ALL_TESTS=1` and `make`, which runs the tests."""
    found = sandbox.toolchain("cpp")
    cmake, make = _program("cmake", sandbox), _program("make", sandbox)
    main = "test/tests-main.cpp"
    if b"CATCH_CONFIG_MAIN" not in exercise.files.get(main, b""):
        raise NotRunnable(f"The exercise has no {main} with Catch's main function.")
    if "test/catch.hpp" not in exercise.files:
        raise NotRunnable("The exercise has no test/catch.hpp.")
    if b"add_executable(${exercise}" not in exercise.files.get("CMakeLists.txt", b""):
        raise NotRunnable("CMakeLists.txt names its program otherwise than the folder.")
    return Suite(
        script=f"mkdir -p build && cd build && {cmake} -DEXERCISM_RUN_ALL_TESTS=1 "
        f'-G "Unix Makefiles" .. || exit {CANNOT_BUILD}; '
        f"{make} {exercise.name} {_FAILS}; exec {make}",
        expected=sum(
            len(re.findall(r"^\s*(?:TEMPLATE_)?TEST_CASE\(", text, re.MULTILINE))
            for text in exercise.test_files.values()
        ),
        passed=_catch_passed,
        files={f"{exercise.name}/{main}": (RUNNERS / "main.cpp").read_bytes()},
        environment={"CXX": found.executables["g++"]},
        readable=_folder(found),
        may_not_build=True,
    )


def _catch_passed(output: str, last: Mapping[str, int]) -> int:
    found = re.search(r"^All tests passed \(.* in (\d+) test cases?\)$", output, re.M)
    return int(found[1]) if found else 0


def _folder(found: Toolchain) -> tuple[str, ...]:
    return (found.folder,) if found.folder else ()


def _program(name: str, sandbox: Sandbox, *beside: str) -> str:
    """A program beside a compiler, or of the system.

    Raises:
      NotRunnable: there is none.
    """
    for folder in (*beside, "/usr/local/bin", "/usr/bin"):
        if sandbox.has(f"{folder}/{name}"):
            return f"{folder}/{name}"
    raise NotRunnable(f"{name} is not installed: apt-get install {name}.")
