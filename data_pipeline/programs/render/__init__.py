"""Functions as source text, a module for each language."""

from __future__ import annotations

from data_pipeline.programs.render.cpp import Cpp
from data_pipeline.programs.render.go import Go
from data_pipeline.programs.render.java import Java
from data_pipeline.programs.render.javascript import JavaScript
from data_pipeline.programs.render.python import Python
from data_pipeline.programs.render.rust import Rust
from data_pipeline.programs.render.writer import Writer
from data_pipeline.programs.tree import Function

WRITERS: dict[str, type[Writer]] = {
    "cpp": Cpp,
    "go": Go,
    "java": Java,
    "javascript": JavaScript,
    "python": Python,
    "rust": Rust,
}


def source(function: Function, language: str) -> str:
    """The whole function, without imports, ending with a line end."""
    return WRITERS[language]().function(function)


def signature(function: Function, language: str) -> str:
    """The first line of the function, up to where its body begins."""
    return WRITERS[language]().signature(function)


def name(function: Function, language: str) -> str:
    """What the function is called in a language."""
    return WRITERS[language]().called(function)
