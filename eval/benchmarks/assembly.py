"""How HumanEval-X and its kin put a submission and its tests into one program.

After `evaluate_humaneval_x.py` of CodeGeeX, and of its fork for Rust, and after
`humanevalpack.py` of bigcode-evaluation-harness. What is ours is how the end of the
tests is told (see `in_program`), and what makes the programs run without packages that
the authors' images hold: testify and rand are replaced by what the tests use of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from eval.benchmarks import go_imports
from eval.benchmarks.harness import text
from eval.benchmarks.in_program import Assembled, NotRunnable
from eval.sandbox.program import Program

_GO = (
    *("math", "strings", "fmt", "strconv", "time", "bytes", "regexp", "sort"),
    *("math/rand", "crypto/md5", "testing"),
)
_CPP = (
    *("stdlib.h", "algorithm", "cmath", "math.h", "numeric", "stdio.h", "vector"),
    *("set", "map", "queue", "stack", "list", "deque", "string", "climits"),
    *("cstring", "iostream", "sstream", "fstream"),
)


def assemble(language: str, source: str, row: Mapping[str, Any]) -> Assembled:
    """A submission with the tests of a row of HumanEval-X or HumanEvalPack.

    Args:
      source: the whole of the submission: imports, helpers and the function.

    Raises:
      NotRunnable: it needs a library that the sandbox does not have.
    """
    return _ASSEMBLE[language](source, row)


def _cpp(source: str, row: Mapping[str, Any]) -> Assembled:
    _need_no_library(row)
    source = re.split(r"\bint\s+main\b", source)[0]
    includes = "\n".join(f"#include<{name}>" for name in _CPP)
    test = before_end(row["test"], "tests_ended();")
    lines = [includes, "using namespace std;", source, "void tests_ended();", test]
    files = {"main.cpp": "\n".join(lines), "ended.cpp": text("ended.cpp")}
    return program("cpp", "main.cpp", files)


def _need_no_library(row: Mapping[str, Any]) -> None:
    """Decided by the problem alone: no answer can say that it is not to be run."""
    known = "".join(str(row[field]) for field in ("prompt", "declaration", "test"))
    known += str(row["canonical_solution"])
    for name, header in (("OpenSSL", "openssl/"), ("Boost", "boost/")):
        if header in known:
            raise NotRunnable(f"It needs {name}, which C++ programs do not get here.")


def _java(source: str, row: Mapping[str, Any]) -> Assembled:
    source = source.replace("public class Main {\n    }", "")
    files = {
        "Main.java": f"{source}\n{row['test']}",
        "Ended.java": text("Ended.java"),
    }
    return program("java", "Ended.java", files)


def _javascript(source: str, row: Mapping[str, Any]) -> Assembled:
    files = {"tests.js": f"{source}\n{row['test']}", "ended.js": text("ended.js")}
    assembled = program("javascript", "ended.js", files)
    # Failed assertions show in what is printed only, so the authors allow nothing else.
    return assembled._replace(silent=True)


def _go(source: str, row: Mapping[str, Any]) -> Assembled:
    setup = row["test_setup"].replace('"github.com/stretchr/testify/assert"', "")
    name = re.search(r"^func (Test\w+)\(t \*testing\.T\)", row["test"], re.MULTILINE)
    if name is None:
        raise NotRunnable("The tests hold no function of testing.T.")
    main = f"""
func main() {{
	testing.Main(
		func(string, string) (bool, error) {{ return true, nil }},
		[]testing.InternalTest{{
			{{"{name[1]}", {name[1]}}},
			{{"end", func(*testing.T) {{ testsEnded() }}}},
		}}, nil, nil,
	)
}}
"""
    files = {
        "main.go": go_imports.joined([setup, source, row["test"], main], _GO),
        "testify.go": text("testify.go"),
        "ended.go": text("ended.go"),
    }
    return program("go", "main.go", files)


def _rust(source: str, row: Mapping[str, Any]) -> Assembled:
    body = _without_main(source)
    uses = [line.strip() for line in row["declaration"].splitlines()]
    uses = [line for line in uses if line.startswith("use ")]
    body = "\n".join(line for line in body.split("\n") if line.strip() not in uses)
    tests = row["test"].replace("#[cfg(test)]", "").replace("#[test]", "")
    known = row["canonical_solution"] + tests
    names = re.findall(r"#\[test\][^{]*?\bfn (\w+)\(\)", row["test"])
    for crate in ("regex", "md5"):
        if re.search(rf"\b({crate}::|{crate.title()}::)", known):
            raise NotRunnable(f"It needs the crate {crate}, which is not here.")
    for name in names:
        tests = tests.replace(f"fn {name}()", f"pub fn {name}()")
    # Imported by a glob, so that a submission may import the same by name.
    imported = "\n".join(
        line.replace("use ", "pub use ", 1).replace(" rand::", " crate::rand::")
        for line in uses
        if "regex" not in line and "md5" not in line
    )
    calls = " ".join(f"tests::{name}();" for name in names)
    lines = [
        "#![allow(warnings)]",  # errors are what a person, or a second try, looks for
        f"mod preamble {{\n{imported}\n}}\nuse preamble::*;",
        body,
        tests,
        text("rand.rs"),
        text("ended.rs"),
        f"fn main() {{ {calls} tests_ended(); }}",
    ]
    return program("rust", "main.rs", {"main.rs": "\n".join(lines)})


def _without_main(source: str) -> str:
    """Cut at a main function with content; the empty one of the prompt is left out."""
    first, *more = re.split(r"^[ \t]*(?:pub )?fn main\(\)", source, flags=re.MULTILINE)
    if more and (empty := re.match(r"\s*\{\s*\}", more[0])):
        first += more[0][empty.end() :]
    return first


def before_end(test: str, statement: str) -> str:
    """Tests with a statement as the last of their main function, which ends them."""
    end = re.search(r"(?:return 0;\s*)?\}\s*$", test)
    if end is None:
        raise NotRunnable("The tests do not end with their main function.")
    return f"{test[: end.start()]}{statement}\n{test[end.start() :]}"


def program(language: str, entry: str, files: Mapping[str, str]) -> Assembled:
    """A program; text that no encoding knows becomes question marks."""
    data = {path: content.encode(errors="replace") for path, content in files.items()}
    return Assembled(Program(language, data, entry))


_ASSEMBLE = {
    "cpp": _cpp,
    "java": _java,
    "javascript": _javascript,
    "go": _go,
    "rust": _rust,
}
