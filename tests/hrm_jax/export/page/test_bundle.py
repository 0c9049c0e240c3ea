"""Modules become one script that does what they do."""

import shutil
import subprocess

import pytest

from hrm_jax.export.page import bundle, write

MODULES = {
    "low.mjs": "const hidden = 1;\n\nexport const shown = hidden + 1;\n",
    "middle.mjs": (
        'import { shown } from "./low.mjs";\n\n'
        "const hidden = 10;\n\n/** A name that others have, too. */\n"
        "export function more() {\n  return hidden + shown;\n}\n"
        "export async function late() {\n  return more();\n}\n"
        "export class Kept {}\n"
    ),
    "top.mjs": (
        'import {\n  late,\n  more,\n} from "./middle.mjs";\n'
        'import { shown } from "./low.mjs";\n'
        "const hidden = 100;\n"
        "late().then((x) => console.log(hidden + more() + shown, x));\n"
    ),
}


@pytest.fixture
def folder(tmp_path):
    for name, text in MODULES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_each_module_stands_once_after_what_it_needs(folder):
    script = bundle.script(folder / "top.mjs")
    assert [script.count(f"const module_{n} =") for n in ("low", "middle", "top")] == [
        *(1, 1, 1)
    ]
    assert script.index("module_low =") < script.index("module_middle =")
    assert "import {" not in script and "export " not in script


def test_script_does_what_the_modules_do(folder):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node, which runs JavaScript, is not installed")
    (folder / "bundled.cjs").write_text(bundle.script(folder / "top.mjs"))
    modules, script = (
        subprocess.run(
            [node, str(folder / name)], capture_output=True, text=True, check=True
        ).stdout
        for name in ("top.mjs", "bundled.cjs")
    )
    assert modules == script == "114 12\n"


def test_circle(folder):
    (folder / "low.mjs").write_text('import { more } from "./middle.mjs";\n')
    with pytest.raises(ValueError, match=r"middle\.mjs imports itself"):
        bundle.script(folder / "middle.mjs")


@pytest.mark.parametrize("name", ["app", "worker"])
def test_every_import_of_the_page_is_understood(name):
    script = bundle.script(write.STATIC / f"{name}.mjs")
    lines = script.splitlines()
    assert not [line for line in lines if line.startswith(("import ", "export "))]
    everything = {path.stem for path in write.STATIC.glob("*.mjs")} - {"worker"}
    if name == "app":
        assert all(f"const module_{stem} = " in script for stem in everything)
