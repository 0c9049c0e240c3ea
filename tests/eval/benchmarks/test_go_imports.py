"""Go rejects an import too many and one too few."""

import time

import pytest

from eval.benchmarks import go_imports

KNOWN = ("math", "math/rand", "strings")


def test_what_is_used_is_imported_and_nothing_else():
    parts = [
        'package main\n\nimport (\n\t"sort"\n\t"os"\n)\nfunc a() { sort.Ints(nil) }',
        'import s "strings"\n// math.Abs is not used.\nfunc b() { s.ToUpper("") }',
        "func c() { rand.Intn(3); x.math.y() }",
    ]
    joined = go_imports.joined(parts, KNOWN)
    assert joined.startswith("package main\n\nimport (\n")
    found, rest = go_imports.split(joined)
    assert found == {"math/rand": "", "strings": "s", "sort": ""}
    assert "package" not in rest and "import" not in rest


def test_imports_for_their_effects_stay():
    names, _ = go_imports.split(go_imports.joined(['import _ "embed"\n'], ()))
    assert names == {"embed": "_"}


def test_single_lines_and_groups_are_taken_out_alike():
    source = (
        'import "fmt"\nimport (\n\tm "math"\n\t"os" // files\n)\nvar x = "import"\n'
    )
    names, rest = go_imports.split(source)
    assert names == {"fmt": "", "math": "m", "os": ""}
    assert rest.strip() == 'var x = "import"'


@pytest.mark.parametrize("one", ["\n", " \n", "import (\n"])
def test_a_source_that_repeats_itself_is_read_in_time(one):
    began = time.process_time()
    go_imports.joined([one * 20_000], ())
    assert time.process_time() - began < 1
