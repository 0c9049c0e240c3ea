"""Source as people write it; that it runs is tested in `tests/eval/benchmarks`."""

import copy

import pytest

from data_pipeline.programs import generator, render
from data_pipeline.programs.interpreter import Interpreter
from data_pipeline.text.special import LANGUAGES
from tests.data_pipeline.programs import trees

LONG_ONES = {
    "cpp": """\
vector<string> do_it(const vector<string>& words) {
    vector<string> kept;
    for (const string& w : words) {
        if (w.size() > 3 && w.front() != 'a') {
            kept.push_back(w + "!");
        }
    }
    sort(kept.begin(), kept.end());
    return kept;
}
""",
    "go": """\
func doIt(words []string) []string {
	kept := []string{}
	for _, w := range words {
		if len(w) > 3 && !strings.HasPrefix(w, "a") {
			kept = append(kept, w + "!")
		}
	}
	sort.Strings(kept)
	return kept
}
""",
    "java": """\
static List<String> doIt(List<String> words) {
    List<String> kept = new ArrayList<>();
    for (String w : words) {
        if (w.length() > 3 && !w.startsWith("a")) {
            kept.add(w + "!");
        }
    }
    Collections.sort(kept);
    return kept;
}
""",
    "javascript": """\
function doIt(words) {
    const kept = [];
    for (const w of words) {
        if (w.length > 3 && !w.startsWith("a")) {
            kept.push(w + "!");
        }
    }
    kept.sort();
    return kept;
}
""",
    "python": """\
def do_it(words: list[str]) -> list[str]:
    return sorted(w + "!" for w in words if len(w) > 3 and not w.startswith("a"))
""",
    "rust": """\
fn do_it(words: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    for w in words {
        if w.len() > 3 && !w.starts_with('a') {
            kept.push(format!("{}!", w));
        }
    }
    kept.sort();
    kept
}
""",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_looks_as_people_write_it(language):
    assert render.source(trees.LONG_ONES, language) == LONG_ONES[language]


def test_conditions_are_chained():
    python = render.source(trees.VOWELS_UP, "python")
    assert '        elif c != " ":\n' in python
    assert "} else if (c != ' ') {" in render.source(trees.VOWELS_UP, "cpp")


def test_what_go_has_no_expression_for_is_written_once():
    go = render.source(trees.PEAK, "go")
    assert go.count("distance := x") == 1 and "if distance > total {" in go


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_signature_begins_the_source_and_names_the_parameters(language):
    for index in range(30):
        function = generator.task(0, "train", index).function
        head = render.signature(function, language)
        source = render.source(function, language)
        assert source.startswith(head) and source.endswith("\n")
        assert f"{render.name(function, language)}(" in head
        assert all(param.id in head for param in function.params)


def test_python_is_one_statement_a_line_and_agrees_with_the_interpreter():
    """Run here, for these are our own words, from a tree of ours."""
    for tree, calls, results in trees.CASES:
        source = render.source(tree, "python")
        assert all(line.count(";") == 0 for line in source.splitlines())
        defined = {}
        exec(source, defined)
        function = defined[render.name(tree, "python")]
        for args, result in zip(calls, results, strict=True):
            assert function(*copy.deepcopy(args)) == result
            assert Interpreter(tree).call(args) == result


def test_functions_are_short():
    lengths = sorted(
        render.source(generator.task(0, "train", index, 1).function, "go").count("\n")
        for index in range(60)
    )
    assert lengths[len(lengths) // 2] <= 10
