"""Small source files, each unlike the others."""

BODIES = {
    "cpp": "int {name}(int a) {{\n  return a * {number} + {other};\n}}\n",
    "go": "func {name}(a int) int {{\n\treturn a*{number} + {other}\n}}\n",
    "java": "static int {name}(int a) {{\n    return a * {number} + {other};\n}}\n",
    "javascript": "function {name}(a) {{\n  return a * {number} + {other};\n}}\n",
    "python": "def {name}(a):\n    return a * {number} + {other}\n",
    "rust": "fn {name}(a: i64) -> i64 {{\n    a * {number} + {other}\n}}\n",
}
SUFFIX = dict(cpp="cpp", go="go", java="java", javascript="js", python="py", rust="rs")
WORDS = "apple brick cloud dune ember fjord grape house inlet jewel kiosk lemon".split()


def source(language: str, number: int, functions: int = 6) -> str:
    """A file that shares hardly a run of tokens with that of another number."""
    body = BODIES[language]
    return "\n".join(
        body.format(
            name=f"{WORDS[(number + k) % 12]}_{number}_{k}",
            number=1000 + 97 * number + k,
            other=f"{WORDS[(number * 5 + k) % 12]}({number * k})",
        )
        for k in range(functions)
    )


def write(root, files):
    """Writes text or bytes by path."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(raw)
