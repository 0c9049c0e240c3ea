"""A tiny problem in the formats of HumanEval-X, HumanEvalPack and MBXP: thrice n."""

from eval.benchmarks.humaneval_x import LANGUAGES
from eval.benchmarks.problem import Problem

_DOC = "Thrice n.\n>>> thrice(2)\n6"
_RUST_USES = (
    "\nuse std::{slice::Iter, cmp::{max, self}, collections::{HashSet, HashMap}};\n"
    "use rand::Rng;\nuse regex::Regex;\nuse md5;\n\n"
)

X = {
    "python": {
        "prompt": f'def thrice(n: int) -> int:\n    """ {_DOC}\n    """\n',
        "declaration": "def thrice(n: int) -> int:\n",
        "canonical_solution": "    return 3 * n\n",
        "test": "def check(thrice):\n    assert thrice(2) == 6\n"
        "    assert thrice(-1) == -3\n\ncheck(thrice)",
    },
    "cpp": {
        "prompt": f"/*\n{_DOC}\n*/\n#include<stdio.h>\nusing namespace std;\n"
        "int thrice(int n){\n",
        "declaration": "#include<stdio.h>\nusing namespace std;\nint thrice(int n){\n",
        "canonical_solution": "    return 3*n;\n}\n",
        "test": "#undef NDEBUG\n#include<assert.h>\nint main(){\n"
        "    assert (thrice(2) == 6);\n    assert (thrice(-1) == -3);\n}\n",
    },
    "go": {
        "prompt": 'import (\n    "math"\n)\n\n// Thrice n, as strings.\n'
        "func Thrice(n int) int {\n",
        "declaration": "\nfunc Thrice(n int) int {\n",
        "canonical_solution": '    fmt.Print("")\n    return 3 * n\n}\n\n',
        "test": "func TestThrice(t *testing.T) {\n    assert := assert.New(t)\n"
        "    assert.Equal(6, Thrice(2))\n    assert.Equal(-3, Thrice(-1))\n}\n",
        "test_setup": 'package main\n\nimport (\n    "testing"\n'
        '    "github.com/stretchr/testify/assert"\n)\n',
        "import": 'import (\n    "math"\n)\n',
    },
    "java": {
        "prompt": "import java.util.*;\n\nclass Solution {\n    /**\n    Thrice n.\n"
        "     */\n"
        "    public int thrice(int n) {\n",
        "declaration": "import java.util.*;\n\nclass Solution {\n"
        "    public int thrice(int n) {\n",
        "canonical_solution": "        return 3 * n;\n    }\n}",
        "test": "public class Main {\n    public static void main(String[] args) {\n"
        "        Solution s = new Solution();\n"
        "        List<Boolean> correct = Arrays.asList(\n"
        "            s.thrice(2) == 6, s.thrice(-1) == -3\n        );\n"
        "        if (correct.contains(false)) {\n"
        "            throw new AssertionError();\n        }\n    }\n}\n",
    },
    "javascript": {
        "prompt": f"/* {_DOC}\n  */\nconst thrice = (n) => {{\n",
        "declaration": "\nconst thrice = (n) => {\n",
        "canonical_solution": "  return 3 * n\n}\n\n",
        "test": "const testThrice = () => {\n  console.assert(thrice(2) === 6)\n"
        "  console.assert(thrice(-1) === -3)\n}\n\ntestThrice()\n",
    },
    "rust": {
        "prompt": f"\n/*\n {_DOC}\n*/\n",
        "declaration": f"{_RUST_USES}fn thrice(n:i32) -> i32{{\n",
        "canonical_solution": "\n    return 3 * n;\n}\n",
        "test": "\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n"
        "    fn test_thrice() {\n        assert!(thrice(2) == 6);\n"
        "        let mut rng = rand::thread_rng();\n"
        "        let n: i32 = rng.gen_range(-9, 0);\n"
        "        assert_eq!(thrice(n), n + n + n);\n    }\n}\n",
    },
}
"""HumanEval-X, by language."""

BUGGY = {
    "python": "    return 2 * n\n",
    "cpp": "    return 2*n;\n}\n",
    "go": "    return 2 * n\n}\n",
    "java": "        return 2 * n;\n    }\n}",
    "javascript": "  return 2 * n\n}\n",
    "rust": "\n    return 2 * n;\n}\n",
}

_PREFIX = {language: prefix for prefix, language in LANGUAGES.items()}


def row(language: str) -> dict:
    """A row of HumanEval-X."""
    return {"task_id": f"{_PREFIX[language]}/0", **X[language]}


def pack_row(language: str) -> dict:
    """A row of HumanEvalPack."""
    name = "Thrice" if language == "go" else "thrice"
    found = row(language) | {
        "buggy_solution": BUGGY[language],
        "entry_point": name,
        "instruction": f"Write a function `{name}` to solve the following problem:\nx3",
    }
    if language == "rust":
        head, function = found["declaration"].split("fn thrice")
        doc = found["prompt"].strip()
        found["prompt"] = f"fn main(){{}}\n{head}{doc}\nfn thrice{function}"
    return found


MBXP = {
    "cpp": {
        "prompt": "#include <bits/stdc++.h>\nusing namespace std;\n\n/**\n * x3\n */\n"
        "int thrice(int n) {\n",
        "canonical_solution": "    return 3 * n;\n}",
        "test": "\ntemplate <typename T> bool compare(T a, T b){ \n"
        "    return a == b; \n}\n\n"
        "int main(int argc, char* argv[]) {\n    int x0 = thrice(2);\n"
        "    if (!(compare(x0, 6))) {\n        throw runtime_error("
        '"Exception -- test case 0 did not pass.");\n    }\n\n    return 0;\n}',
    },
    "go": {
        "prompt": 'package main\n\nimport (\n\t"encoding/json"\n\t"reflect"\n)\n// x3\n'
        "func thrice (n int) int {\n",
        "canonical_solution": "\treturn 3 * n\n}",
        "test": "\n\n"
        "func deepCompare(a interface{}, b interface{}, msg string) bool {\n"
        "\taJSON, _ := json.Marshal(a)\n\tbJSON, _ := json.Marshal(b)\n"
        "\tif reflect.DeepEqual(aJSON, bJSON) {\n\t\treturn true\n\t}\n"
        "\tpanic(msg)\n}\n\nfunc main() {\n\tactual_1 := thrice(2)\n\texpected_1 := 6\n"
        "\tdeepCompare(actual_1, expected_1, "
        '"Exception --- test case 0 failed to pass")\n\n}\n',
    },
    "java": {
        "prompt": "import java.util.*;\n\n\nclass Thrice {\n    /**\n     * x3\n"
        "     */\n"
        "    public static int thrice(int n) {\n",
        "canonical_solution": "        return 3 * n;\n    }\n}",
        "test": "\n\nclass Main {\n"
        "    public static void main(String[] args) throws Exception {\n"
        "        int x0 = Thrice.thrice(2);\n        if (x0 != 6) {\n"
        "            throw new java.lang.Exception("
        '"Exception -- test case 0 did not pass. x0 = " + x0);\n        }\n\n\n}\n}\n',
    },
    "javascript": {
        "prompt": "/**\n * x3\n */\nfunction thrice(n) {\n",
        "canonical_solution": "  return 3 * n;\n}",
        "test": '\nconst _ = require("lodash")\n\nfunction compare(object1, object2){\n'
        "    return _.isEqual(object1, object2)\n}\n\nvar x0 = thrice(2);\n"
        "var v0 = 6;\n"
        "if(!compare(x0, v0)){\n    throw 'Error at 1th assert statement. Value = ' + "
        "JSON.stringify(x)  \n}\n",
    },
}
"""By language."""


def mbxp_row(language: str) -> dict:
    """A row of MBXP."""
    about = {
        "task_id": f"MB{language}/1",
        "language": language,
        "entry_point": "thrice",
    }
    return about | MBXP[language]


def problem(row: dict, language: str) -> Problem:
    return Problem(row["task_id"], language, row)
