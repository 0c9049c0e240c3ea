"""The rules of CONTRIBUTING.md that a reading of the source can check.

Each rule yields one sentence per violation under a root folder. The rules run on this
repository, where they must find nothing, and on small trees that break them.
"""

import ast
import pathlib
import sys
from collections.abc import Iterator

import pytest

REPOSITORY = pathlib.Path(__file__).parent.parent

# A module imports from tiers above its own line, and from its own package. The longest
# matching name decides, so a new module of hrm_jax has to be placed here.
TIERS = (
    ("data_pipeline.user_error",),
    ("data_pipeline.schema", "eval.atomic", "kernels"),
    ("configs", "data_pipeline", "eval.protocol"),
    ("eval",),
    ("hrm_jax.types",),
    ("hrm_jax.models",),
    (
        *("hrm_jax.depth", "hrm_jax.halting", "hrm_jax.losses", "hrm_jax.optim"),
        "hrm_jax.queue",
    ),
    ("hrm_jax.accumulator", "hrm_jax.quantization", "hrm_jax.rl.objectives"),
    ("hrm_jax.display", "hrm_jax.processes", "hrm_jax.saved_config"),
    ("hrm_jax.lock", "hrm_jax.profile", "hrm_jax.signals", "hrm_jax.torch_files"),
    ("hrm_jax.orbax_files",),
    ("hrm_jax.train_state",),
    ("hrm_jax.train_step", "hrm_jax.sharding"),
    ("hrm_jax.checkpoint", "hrm_jax.convert", "hrm_jax.inference"),
    ("hrm_jax.restarts", "hrm_jax.text"),
    ("hrm_jax.metrics", "hrm_jax.predictor", "hrm_jax.writer"),
    ("hrm_jax.loop",),
    ("hrm_jax.train",),
    ("hrm_jax.experiment",),
    ("hrm_jax.run",),
    ("hrm_jax.search",),
    ("hrm_jax.rl", "hrm_jax.agent"),
    ("hrm_jax.export",),
    ("commands",),
    ("bench",),
    ("main",),
)
SOURCES = (
    *("kernels", "configs", "data_pipeline", "eval", "hrm_jax"),
    *("commands", "bench", "main.py"),
)

# Where a library may be imported, and nowhere else.
HOME_OF = {
    "jax": ("bench", "commands", "hrm_jax", "kernels", "main"),
    "flax": ("hrm_jax.models",),
    "optax": ("bench", "hrm_jax"),
    "orbax": ("hrm_jax",),
    "onnx": ("hrm_jax.export",),
    "onnxruntime": ("hrm_jax.export.runner",),
    "qwix": ("hrm_jax.quantization",),
    "swerex": ("eval.benchmarks.swebench.container", "eval.sandbox.fleet"),
    "torch": ("bench",),
    "tensorflow": (),
}
# Beside the standard library, all that these packages import from outside.
ONLY = {"kernels": {"jax", "jaxtyping"}}

MAX_LINES = 400


def python_files(root: pathlib.Path, *tops: str) -> Iterator[pathlib.Path]:
    for top in tops:
        path = root / top
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def module_name(root: pathlib.Path, path: pathlib.Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def syntax(path: pathlib.Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(root: pathlib.Path, path: pathlib.Path) -> Iterator[str]:
    """Full names of the modules that a file imports."""
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = "." * node.level + (node.module or "")
            for alias in node.names:
                inner = root.joinpath(*package.split("."), alias.name)
                is_module = inner.is_dir() or inner.with_suffix(".py").is_file()
                yield f"{package}.{alias.name}" if is_module else package


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def place(module: str) -> tuple[int, str] | None:
    """The tier of a module and the name in TIERS that puts it there."""
    names = [(n, level) for level, tier in enumerate(TIERS) for n in tier]
    found = [(len(n), level, n) for n, level in names if within(module, n)]
    return max(found)[1:] if found else None


def imports_go_down(root: pathlib.Path) -> Iterator[str]:
    own = {top.removesuffix(".py") for top in SOURCES}
    for path in python_files(root, *SOURCES):
        module = module_name(root, path)
        for name in imports(root, path):
            if name.startswith("."):
                yield f"{path}: write the import of {name} in full"
            if name.partition(".")[0] not in own:
                continue
            importer, imported = place(module), place(name)
            if importer is None:
                yield f"{path}: {module} has no place in TIERS"
                break
            if imported is None:
                yield f"{path}: {name}, imported here, has no place in TIERS"
            elif imported[0] >= importer[0] and imported[1] != importer[1]:
                yield f"{path}: {module} may not import {name}"


def libraries_stay_home(root: pathlib.Path) -> Iterator[str]:
    own = {top.removesuffix(".py") for top in SOURCES} | sys.stdlib_module_names
    for path in python_files(root, *SOURCES):
        module = module_name(root, path)
        for library in {name.partition(".")[0] for name in imports(root, path)}:
            homes = HOME_OF.get(library, (module,))
            if not any(within(module, home) for home in homes):
                yield f"{path}: {library} is imported in {homes} alone"
            allowed = ONLY.get(module.partition(".")[0], {library}) | own
            if library not in allowed:
                yield f"{path}: {module} may not import {library}"


def eval_stays_builtin(root: pathlib.Path) -> Iterator[str]:
    for path in python_files(root, *SOURCES, "tests"):
        for node in ast.walk(syntax(path)):
            names = node.names if isinstance(node, ast.Import) else []
            if any(within(alias.name, "eval") and not alias.asname for alias in names):
                yield f"{path}:{node.lineno}: write `from eval import ...`"


def errors_are_named(root: pathlib.Path) -> Iterator[str]:
    for path in python_files(root, *SOURCES, "tests"):
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.ExceptHandler) and node.type is None:
                yield f"{path}:{node.lineno}: name the exception"


def configs_have_no_defaults(root: pathlib.Path) -> Iterator[str]:
    for path in python_files(root, *SOURCES):
        for node in ast.walk(syntax(path)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "get"
                and ast.unparse(node.func.value).endswith("config")
            ):
                yield f"{path}:{node.lineno}: give the value in configs/default.py"


def files_are_short(root: pathlib.Path) -> Iterator[str]:
    for path in python_files(root, *SOURCES, "tests"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MAX_LINES:
            yield f"{path}: {lines} lines, more than {MAX_LINES}"


def modules_are_documented(root: pathlib.Path) -> Iterator[str]:
    for path in python_files(root, *SOURCES):
        if not ast.get_docstring(syntax(path)):
            yield f"{path}: begins without a docstring"


def kernels_are_complete(root: pathlib.Path) -> Iterator[str]:
    for package in sorted((root / "kernels").glob("*/__init__.py")):
        op = package.parent.name
        if not package.with_name("reference.py").is_file():
            yield f"{package.parent}: lacks reference.py"
        if not list((root / "tests" / "kernels").glob(f"**/test_{op}*.py")):
            yield f"{package.parent}: lacks tests/kernels/test_{op}.py"


RULES = (
    imports_go_down,
    libraries_stay_home,
    eval_stays_builtin,
    errors_are_named,
    configs_have_no_defaults,
    files_are_short,
    modules_are_documented,
    kernels_are_complete,
)


@pytest.mark.parametrize("rule", RULES)
def test_repository_keeps_the_rule(rule):
    assert not list(rule(REPOSITORY))


DOC = '"""Does something."""\n'
# A tree that keeps every rule; each case below adds to it what breaks one.
CLEAN = {
    "data_pipeline/schema.py": DOC + "import numpy\n",
    "data_pipeline/loader.py": DOC + "import grain\nfrom data_pipeline import schema\n",
    "eval/protocol.py": DOC + "from data_pipeline.schema import Batch\n",
    "eval/runner.py": DOC + "from eval.protocol import Predictor\n",
    "hrm_jax/types.py": DOC + "import jax\n",
    "hrm_jax/models/layers.py": DOC + "import flax.linen\nfrom kernels.mm import mm\n",
    "hrm_jax/losses.py": DOC + "from hrm_jax.models.layers import Block\n",
    "kernels/mm/__init__.py": DOC + "import functools\nimport jax\n",
    "kernels/mm/reference.py": DOC + "import jax.numpy\n",
    "main.py": DOC + "from eval import runner\ntry:\n  x\nexcept OSError:\n  pass\n",
    "tests/kernels/test_mm.py": "from kernels.mm import mm\n",
}
BROKEN = (
    (imports_go_down, "hrm_jax/models/layers.py", "from hrm_jax import losses"),
    (imports_go_down, "hrm_jax/optim.py", "import hrm_jax.losses"),
    (imports_go_down, "eval/runner.py", "def f():\n  from hrm_jax.types import A"),
    (imports_go_down, "data_pipeline/loader.py", "from eval import protocol"),
    (imports_go_down, "kernels/mm/reference.py", "from data_pipeline import schema"),
    (imports_go_down, "hrm_jax/unplaced.py", "from hrm_jax import types"),
    (imports_go_down, "hrm_jax/optim.py", "from . import types"),
    (libraries_stay_home, "eval/runner.py", "import jax.numpy as jnp"),
    (libraries_stay_home, "data_pipeline/schema.py", "from flax import linen"),
    (libraries_stay_home, "hrm_jax/losses.py", "import flax.linen as nn"),
    (libraries_stay_home, "hrm_jax/losses.py", "from torch import nn"),
    (libraries_stay_home, "main.py", "import tensorflow as tf"),
    (libraries_stay_home, "kernels/mm/__init__.py", "import numpy as np"),
    (eval_stays_builtin, "main.py", "import eval"),
    (eval_stays_builtin, "tests/kernels/test_mm.py", "import eval.runner"),
    (errors_are_named, "main.py", "try:\n  x\nexcept:\n  pass"),
    (configs_have_no_defaults, "main.py", "self.config.get('width', 3)"),
    (files_are_short, "eval/runner.py", "x = 1\n" * 400),
    (modules_are_documented, "hrm_jax/halting.py", "x = 1"),
    (kernels_are_complete, "kernels/norm/__init__.py", DOC),
)


def write_tree(root: pathlib.Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize("rule", RULES)
def test_clean_tree_passes(rule, tmp_path):
    write_tree(tmp_path, CLEAN)
    assert not list(rule(tmp_path))


@pytest.mark.parametrize("rule, name, addition", BROKEN)
def test_violation_is_caught(rule, name, addition, tmp_path):
    write_tree(tmp_path, CLEAN | {name: CLEAN.get(name, "") + addition + "\n"})
    found = list(rule(tmp_path))
    assert found
    assert all(str(tmp_path / pathlib.Path(name).parent) in line for line in found)


def test_every_rule_is_broken_once():
    assert {rule for rule, _, _ in BROKEN} == set(RULES)
