"""Programs that call functions and tell what they return, in six languages.

Each prints a line a result: the word that it read, a space, the result as JSON. Before
the pairs of a dictionary stands `dict`, before what is no list, text, number or truth
value `object` or its name: JSON alone would not tell it from what it holds.
"""

from __future__ import annotations

import functools
import json
import pathlib
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from eval.benchmarks import go_imports
from eval.sandbox.program import Program

_GO = ("fmt", "sort", "strings", "strconv", "unicode", "math", "os", "bufio", "bytes")


class Unit(NamedTuple):
    """Attributes:
    source: of a function, perhaps with imports and helpers.
    name: of the function in its language.
    calls: arguments of each call.
    types: of the parameters, as `data_pipeline.programs.tree` has them.
    """

    source: str
    name: str
    calls: Sequence[Sequence[Any]]
    types: Sequence[str]


def program(language: str, units: Sequence[Unit]) -> Program:
    """A program that calls functions and tells their results in order.

    A call that fails ends the program.
    """
    files = _PROGRAMS[language](units)
    entry = next(iter(files))
    data = {path: text.encode(errors="replace") for path, text in files.items()}
    return Program(language, data, entry)


@functools.cache
def _text(name: str) -> str:
    return pathlib.Path(__file__).with_name(name).read_text(encoding="utf-8")


def _calls(language: str, unit: Unit, template: str) -> str:
    """One statement for each call, with `{}` for the call."""
    written = []
    for args in unit.calls:
        inner = ", ".join(
            LITERALS[language](arg, type)
            for arg, type in zip(args, unit.types, strict=True)
        )
        written.append(template.replace("{}", f"{unit.name}({inner})"))
    return "\n".join(written)


def _sources(units: Sequence[Unit]) -> str:
    return "\n".join(unit.source for unit in units)


def _python(units: Sequence[Unit]) -> dict[str, str]:
    lines = [_text("told.py")]
    files = {}
    for number, unit in enumerate(units):
        module = f"submission{number}"
        files[f"{module}.py"] = unit.source
        lines.append(f"import {module}")
        lines.append(_calls("python", unit, f"told({module}.{{}})"))
    return {"main.py": "\n".join(lines), **files}


def _javascript(units: Sequence[Unit]) -> dict[str, str]:
    lines = [_text("told.js")]
    files = {}
    for number, unit in enumerate(units):
        module = f"submission{number}"
        files[f"{module}.js"] = f"{unit.source}\nmodule.exports = {{ {unit.name} }};\n"
        lines.append(f'const {module} = require("./{module}.js");')
        lines.append(_calls("javascript", unit, f"told({module}.{{}});"))
    return {"main.js": "\n".join(lines), **files}


def _go(units: Sequence[Unit]) -> dict[str, str]:
    calls = "\n".join(_calls("go", unit, "toldResult({})") for unit in units)
    main = f"func main() {{\ntoldBegin()\n{calls}\n}}\n"
    return {
        "main.go": go_imports.joined([_sources(units), main], _GO),
        "told.go": _text("told.go"),
    }


def _rust(units: Sequence[Unit]) -> dict[str, str]:
    calls = [_calls("rust", unit, "told_result(&word, &{});") for unit in units]
    parts = "\n".join(
        f"fn told_part{number}(word: String) {{\n{part}\n}}"
        for number, part in enumerate(calls)
    )
    all_parts = " ".join(f"told_part{i}(word.clone());" for i in range(len(units)))
    main = f"fn main() {{ let word = told_begin(); {all_parts} }}"
    return {"main.rs": "\n".join([_text("told.rs"), _sources(units), parts, main])}


def _cpp(units: Sequence[Unit]) -> dict[str, str]:
    parts = "\n".join(
        f"static void told_part{number}() {{\n"
        + _calls("cpp", unit, "told_result({});")
        + "\n}"
        for number, unit in enumerate(units)
    )
    all_parts = " ".join(f"told_part{number}();" for number in range(len(units)))
    main = f"int main() {{ told_begin(); {all_parts} }}"
    return {"main.cpp": "\n".join([_text("told.cpp"), _sources(units), parts, main])}


_IMPORT = re.compile(r"^\s*import [\w.*]+;[ \t]*$", re.MULTILINE)


def _java(units: Sequence[Unit]) -> dict[str, str]:
    sources = _sources(units)
    imports = "\n".join(_IMPORT.findall(sources))
    parts = "\n".join(
        f"static void part{number}() {{\n"
        + _calls("java", unit, "Told.result(Solution.{});")
        + "\n}"
        for number, unit in enumerate(units)
    )
    all_parts = " ".join(f"part{number}();" for number in range(len(units)))
    main = (
        f"public class Main {{\n{parts}\npublic static void main(String[] arguments) "
        f"{{ Told.begin(); {all_parts} }}\n}}"
    )
    solution = (
        "import java.util.*;\nimport java.util.stream.*;\n"
        f"{imports}\nclass Solution {{\n{_IMPORT.sub('', sources)}\n}}"
    )
    return {
        "Main.java": f"import java.util.*;\n{main}\n",
        "Solution.java": solution,
        "Told.java": _text("Told.java"),
    }


_PROGRAMS: dict[str, Callable[[Sequence[Unit]], dict[str, str]]] = {
    "cpp": _cpp,
    "go": _go,
    "java": _java,
    "javascript": _javascript,
    "python": _python,
    "rust": _rust,
}


# Arguments as literals, by language and type.


def _scalar(value: Any) -> str:
    return json.dumps(value)


def _listed(value: Any) -> str:
    return ", ".join(map(_scalar, value))


def _in_cpp(value: Any, type: str) -> str:
    if type == "str":
        return f"string({_scalar(value)})"
    if type == "dict[str]":
        pairs = ", ".join(f"{{{_scalar(k)}, {v}}}" for k, v in value.items())
        return f"map<string, int>{{{pairs}}}"
    if type.startswith("list"):
        kind = "int" if type == "list[int]" else "string"
        return f"vector<{kind}>{{{_listed(value)}}}"
    return _scalar(value)


def _in_go(value: Any, type: str) -> str:
    if type == "dict[str]":
        pairs = ", ".join(f"{_scalar(k)}: {v}" for k, v in value.items())
        return f"map[string]int{{{pairs}}}"
    if type.startswith("list"):
        kind = "int" if type == "list[int]" else "string"
        return f"[]{kind}{{{_listed(value)}}}"
    return _scalar(value)


def _in_java(value: Any, type: str) -> str:
    if type == "dict[str]":
        pairs = ", ".join(f"{_scalar(k)}, {v}" for k, v in value.items())
        return f"new HashMap<String, Integer>(Map.of({pairs}))"
    if type.startswith("list"):
        kind = "Integer" if type == "list[int]" else "String"
        return f"new ArrayList<{kind}>(List.of({_listed(value)}))"
    return _scalar(value)


def _in_javascript(value: Any, type: str) -> str:
    if type == "dict[str]":
        return f"new Map({json.dumps(list(value.items()))})"
    return _scalar(value)


def _in_python(value: Any, type: str) -> str:
    return repr(value)


def _in_rust(value: Any, type: str) -> str:
    if type == "dict[str]":
        pairs = ", ".join(f"({_scalar(k)}.to_string(), {v})" for k, v in value.items())
        return f"&HashMap::from([{pairs}])" if pairs else "&HashMap::new()"
    if type == "list[str]":
        return f"&[{', '.join(f'{_scalar(one)}.to_string()' for one in value)}]"
    return f"&[{_listed(value)}]" if type == "list[int]" else _scalar(value)


LITERALS: dict[str, Callable[[Any, str], str]] = {
    "cpp": _in_cpp,
    "go": _in_go,
    "java": _in_java,
    "javascript": _in_javascript,
    "python": _in_python,
    "rust": _in_rust,
}
