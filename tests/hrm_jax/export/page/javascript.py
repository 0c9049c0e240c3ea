"""The page's modules under Node.js, as they are."""

import json
import shutil
import subprocess
from typing import Any

import pytest

from hrm_jax.export.page import write

_HEAD = """
import { readFileSync } from "node:fs";
const given = JSON.parse(readFileSync(0, "utf8"));
const tell = (found) => console.log(JSON.stringify(found));
"""


def run(script: str, given: Any) -> Any:
    """What a script tells of what it is given, both as JSON.

    The script imports the page's modules by "./NAME.mjs".
    """
    node = shutil.which("node")
    if node is None:
        pytest.skip("node, which runs JavaScript, is not installed")
    code = (_HEAD + script).replace('"./', f'"{write.STATIC.as_uri()}/')
    ran = subprocess.run(
        [node, "--input-type=module", "--eval", code],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)
