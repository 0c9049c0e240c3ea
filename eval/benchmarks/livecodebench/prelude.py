"""What the authors import before every submission (`import_string`)."""

_ALL_OF = (
    *("string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math"),
    *("random", "statistics", "itertools", "functools", "operator", "io", "sys"),
    *("json", "builtins", "typing"),
)
_NOT_BY_NAME = ("builtins", "typing")

PRELUDE = "\n".join(
    [
        *(f"from {name} import *" for name in _ALL_OF),
        *(f"import {name}" for name in _ALL_OF if name not in _NOT_BY_NAME),
        "sys.setrecursionlimit(50_000)",
        "sys.set_int_max_str_digits(50_000)",
        "",
    ]
)
"""Python code."""
