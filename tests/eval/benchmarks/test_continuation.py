"""From what models write to whole sources, in six languages."""

import time

import pytest

from eval.benchmarks import continuation
from eval.benchmarks.humaneval_x import STOP
from tests.eval.benchmarks import rows

ENTRY = {language: "Thrice" if language == "go" else "thrice" for language in rows.X}
AFTER = {
    "python": "\ndef more():\n    pass\n",
    "cpp": "\nint main() { return 1; }\n",
    "go": "\n\nfunc main() {\n}\n",
    "java": "\nclass More {}\n",
    "javascript": "\nconsole.log(thrice(1))\n",
    "rust": "\n#[test]\nfn more() {}\n",
}
LANGUAGES = list(rows.X)


def whole(language, completion):
    prompt = rows.X[language]["prompt"]
    if language == "rust":
        prompt += rows.X["rust"]["declaration"].strip() + "\n"
    stop = STOP.get(language, ())
    entry = ENTRY[language]
    return prompt, continuation.whole(language, prompt, entry, completion, stop)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_follows_the_function_is_cut(language):
    solution = rows.X[language]["canonical_solution"].rstrip()
    prompt, source = whole(language, solution + AFTER[language])
    assert source.rstrip() == prompt + solution


@pytest.mark.parametrize("language", LANGUAGES)
def test_prose_behind_a_fence_that_only_ends_is_cut(language):
    solution = rows.X[language]["canonical_solution"].rstrip()
    prompt, source = whole(language, f"{solution}\n```\nThis works as 3n.\n")
    assert source.rstrip() == prompt + solution


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_block_with_the_whole_function_replaces_the_prompts(language):
    row = rows.X[language]
    function = row["declaration"].strip() + "\n" + row["canonical_solution"].rstrip()
    answer = f"Sure:\n```{continuation.FENCES[language][0]}\n{function}\n```\nDone."
    prompt, source = whole(language, answer)
    assert function in source
    assert "Sure" not in source and "Done" not in source
    assert continuation.defined(language, source).count(ENTRY[language]) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_block_with_the_body_alone_goes_on_with_the_prompt(language):
    solution = rows.X[language]["canonical_solution"].rstrip()
    prompt, source = whole(language, f"```\n{solution}\n```")
    assert source.rstrip() == prompt + solution


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("nothing", ["", " \n", "```\n```", "}\n", "```\n\n```\n"])
def test_nothing_is_nothing(language, nothing):
    assert whole(language, nothing)[1] == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_comment_is_no_code(language):
    comment = (
        "    # TODO\n" if language == "python" else "  // TODO: 3\n  /* n\n*/\n}}\n"
    )
    assert whole(language, comment)[1] == ""


def test_an_empty_function_in_a_block_is_no_code():
    answer = "```cpp\n#include<set>\nint thrice(int n) {\n  // TODO\n}\n```"
    assert whole("cpp", answer)[1] == ""
    assert whole("cpp", answer.replace("// TODO", "n;"))[1] != ""


def test_helpers_of_the_prompt_stay_but_are_not_there_twice():
    prompt = "import re\ndef aid(s):\n    return s\n\ndef f(s):\n    ''' f '''\n"
    answer = "```\ndef f(s):\n    return aid(s)\n```"
    assert continuation.whole("python", prompt, "f", answer).count("def aid") == 1
    prompt = "#include<set>\nint aid(int n) {\n return n;\n}\nint f(int n) {\n"
    answer = "```\nint aid(int n) { return 2; }\nint f(int n) { return aid(n); }\n```"
    source = continuation.whole("cpp", prompt, "f", answer)
    assert source.count("int aid") == 1 and "#include<set>" in source


def test_java_without_the_class_is_put_into_it():
    prompt = rows.X["java"]["prompt"]
    answer = "```java\npublic int thrice(int n) {\n    return 3 * n;\n}\n```"
    source = continuation.whole("java", prompt, "thrice", answer)
    assert source.startswith("import java.util.*;\n\nclass Solution {")
    assert source.count("{") == source.count("}") == 2
    # Where the model closes its method and stops, the class is closed too.
    source = continuation.whole("java", prompt, "thrice", "return 3 * n;\n    }\n")
    assert source.count("{") == source.count("}") == 2


def test_java_classes_are_not_public():
    prompt = rows.X["java"]["prompt"]
    answer = "```java\npublic class Solution {\n  int thrice(int n) {\n}\n}\n```"
    assert "public class" not in continuation.whole("java", prompt, "thrice", answer)


@pytest.mark.parametrize(
    "language, source, names",
    [
        (
            "python",
            "def a(x):\n  def b(): pass\nasync def c(): pass\nx = d(1)",
            "a b c",
        ),
        ("cpp", "vector<int> a(int n) {\n if (b(n)) {\n}\n}\nlong long c(){}", "a c"),
        ("go", "func a (n int) int {\n}\nfunc (s S) b() {}\nx := c()", "a"),
        ("java", "class A {\n public List<Integer> a(int n) throws B {\n c();", "a"),
        ("javascript", "const a = (n) => {\n}\nfunction b(n) {}\nc(1)", "a b"),
        ("rust", "fn a(n:i32) -> i32{\n}\npub fn b<T>(t: T) {}\nlet c = d();", "a b"),
    ],
)
def test_finds_where_functions_are_defined(language, source, names):
    assert continuation.defined(language, source) == names.split()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("one", [" ", "\t", "\n", " \n", "* ", "/* ", "int f(\n"])
def test_a_model_that_repeats_itself_holds_nobody_up(language, one):
    """As small ones do, until they have no more tokens."""
    long = one * (20_000 // len(one))
    began = time.process_time()
    for start in ("", "```\n", f"```\n{rows.X[language]['prompt']}\n"):
        whole(language, start + long)
        whole(language, f"{start}{long}}}\n```\n")
    assert time.process_time() - began < 1
