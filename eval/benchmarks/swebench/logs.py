"""Test logs, by the rules of the authors' parsers (swebench 5.0.2, log_parsers).

Each parser gives the status of every test that a log names. The names must be those in
FAIL_TO_PASS and PASS_TO_PASS, so oddities of the authors are kept, as that a later line
about a test counts. One is not: a line of `FAIL:` alone, at which their parser of
Django raises IndexError, is passed over. A stranger's program has written the log: the
time of a parser grows with its length, and no faster.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

PASSED, FAILED, SKIPPED, ERROR, XFAIL = "PASSED", "FAILED", "SKIPPED", "ERROR", "XFAIL"
STATUSES = (FAILED, PASSED, SKIPPED, ERROR, XFAIL)
_CONTROL = {code: None for code in range(1, 32)}

Parser = Callable[[str], dict[str, str]]


def _summary(line: str) -> tuple[str, str] | None:
    """The test and the status in a line of pytest's short summary (`-rA`)."""
    if not line.startswith(STATUSES):
        return None
    if line.startswith(FAILED):
        line = line.replace(" - ", " ")
    words = line.split()
    if len(words) < 2 or _counts_skipped(words):
        return None
    return words[1], words[0]


def _counts_skipped(words: list[str]) -> bool:
    """Of `SKIPPED [2] path:line: reason` the second word is no test."""
    return words[0] == SKIPPED and re.fullmatch(r"\[\d+\]", words[1]) is not None


def pytest(log: str) -> dict[str, str]:
    """Lines of the short summary."""
    return dict(filter(None, map(_summary, log.split("\n"))))


def pytest_options(log: str) -> dict[str, str]:
    """Likewise; of a parameter that is an absolute path only the last part is kept."""
    found = {}
    for name, status in pytest(log).items():
        begin, end = name.find("["), name.rfind("]")
        if 0 <= begin < end:
            option = name[begin + 1 : end]
            if re.match(r"/(?!/)", option) and "*" not in option:
                option = "/" + option.rpartition("/")[2]
            name = f"{name[:begin]}[{option}]"
        found[name] = status
    return found


def pytest_v2(log: str) -> dict[str, str]:
    """Lines of the short summary, or, of older versions, with the status behind the
    test, whose name may hold spaces; colours do not count."""
    found = {}
    for line in log.split("\n"):
        line = re.sub(r"\[(\d+)m", "", line).translate(_CONTROL)
        if line.startswith(STATUSES):
            if line.startswith(FAILED):
                line = line.split(" - ", 1)[0]
            words = line.split()
            if len(words) > 1 and not _counts_skipped(words):
                found[" ".join(words[1:])] = words[0]
        elif line.endswith(STATUSES):
            words = line.split()
            if len(words) > 1:
                found[" ".join(words[:-1])] = words[-1]
    return found


def matplotlib(log: str) -> dict[str, str]:
    """As pytest, with mouse buttons by their number."""
    log = log.replace("MouseButton.LEFT", "1").replace("MouseButton.RIGHT", "3")
    return pytest(log)


def seaborn(log: str) -> dict[str, str]:
    """Lines with the status first, or passed ones with it second."""
    found = {}
    for line in log.split("\n"):
        words = line.split()
        if len(words) < 2:
            continue
        if line.startswith(FAILED):
            found[words[1]] = FAILED
        elif f" {PASSED} " in line:
            if words[1] == PASSED:
                found[words[0]] = PASSED
        elif line.startswith(PASSED):
            found[words[1]] = PASSED
    return found


def sympy(log: str) -> dict[str, str]:
    """Headings of failures, and lines of a test and how it ended."""
    found = {}
    lines = log.split("\n")
    for line in lines:  # the authors' `(_*) (.*)\.py:(.*) (_*)`
        heading = line.rpartition(" ")[0].partition(" ")[2]
        name, dot, test = heading.rpartition(".py:")
        if dot:
            found[f"{name}.py:{test}"] = FAILED
    ends = {" E": ERROR, " F": FAILED, " ok": PASSED}
    for line in map(str.strip, lines):
        for end, status in ends.items():
            if line.startswith("test_") and line.endswith(end):
                found[line.split()[0]] = status
    return found


_DJANGO = {
    " ... ok": PASSED,
    " ... OK": PASSED,
    " ...  OK": PASSED,
    " ... FAIL": FAILED,
    " ... ERROR": ERROR,
}
_SILENCED = re.compile(r" silenced\)\.\nok$", re.MULTILINE)
_BROKEN = {
    word: re.compile(rf"^(.*?)\s\.\.\.\s{word}", re.MULTILINE)
    for word in (
        "Testing against Django installed in ",
        "Internal Server Error: /",
        r"System check identified no issues \(0 silenced\)\nok$",
    )
}


def django(log: str) -> dict[str, str]:
    """Lines of unittest's verbose output, also where a test prints between its name and
    its end."""
    found: dict[str, str] = {}
    last = None
    version = "--version is equivalent to version"
    for line in map(str.strip, log.split("\n")):
        if version in line:
            found[version] = PASSED
        if " ... " in line:
            last = line.split(" ... ")[0]
        for end, status in _DJANGO.items():
            if line.endswith(end):
                migrating = (
                    "Applying sites.0002_alter_domain_unique...test_no_migrations"
                )
                if status == PASSED and line.startswith(migrating):
                    line = line.split("...", 1)[-1].strip()
                name = (
                    line.rsplit(end, 1)[0] if status == PASSED else line.split(end)[0]
                )
                found[name] = status
                break
        if " ... skipped" in line:
            found[line.split(" ... skipped")[0]] = SKIPPED
        for start, status in (("FAIL:", FAILED), ("ERROR:", ERROR)):
            if line.startswith(start) and len(line.split()) > 1:
                found[line.split()[1]] = status
        if line.startswith("ok") and last is not None:
            found[last] = PASSED
    return found | dict.fromkeys(_broken(log), PASSED)


def _broken(log: str) -> Iterator[str]:
    """Tests of Django between whose name and end other lines stand.

    The authors have a pattern for each of three kinds. They are taken apart here, since
    a log that is made for it would keep them busy for hours.
    """
    testing, error, check = _BROKEN.values()
    place = 0
    while found := testing.search(log, place):
        end = _SILENCED.search(log, found.end())
        if end is None:
            break
        yield found[1]
        place = end.end()
    place = 0
    while found := error.search(log, place):
        end = log.find("\n", found.end())
        if end > found.end() and re.compile(r"/\nok$", re.M).match(log, end - 1):
            yield found[1]
            place = end
        else:  # nor does another place in this line
            place = found.start() + 1
    for found in check.finditer(log):
        yield found[1]


PARSERS: dict[str, Parser] = {
    "astropy/astropy": pytest_v2,
    "django/django": django,
    "marshmallow-code/marshmallow": pytest,
    "matplotlib/matplotlib": matplotlib,
    "mwaskom/seaborn": seaborn,
    "pallets/flask": pytest,
    "psf/requests": pytest_options,
    "pvlib/pvlib-python": pytest,
    "pydata/xarray": pytest,
    "pydicom/pydicom": pytest_options,
    "pylint-dev/astroid": pytest,
    "pylint-dev/pylint": pytest_options,
    "pytest-dev/pytest": pytest,
    "pyvista/pyvista": pytest,
    "scikit-learn/scikit-learn": pytest_v2,
    "sphinx-doc/sphinx": pytest_v2,
    "sqlfluff/sqlfluff": pytest,
    "sympy/sympy": sympy,
}
"""By repository, as in `MAP_REPO_TO_PARSER_PY`."""

_NAMED: dict[str, Parser] = {
    **{f"parse_log_{parser.__name__}": parser for parser in PARSERS.values()},
    "parse_log_astroid": pytest,
    "parse_log_astropy": pytest_v2,
    "parse_log_flask": pytest,
    "parse_log_marshmallow": pytest,
    "parse_log_pvlib": pytest,
    "parse_log_pydicom": pytest_options,
    "parse_log_pylint": pytest_options,
    "parse_log_pyvista": pytest,
    "parse_log_requests": pytest_options,
    "parse_log_scikit": pytest_v2,
    "parse_log_sphinx": pytest_v2,
    "parse_log_sqlfluff": pytest,
    "parse_log_xarray": pytest,
}


def parser(repo: str, name: str | None = None) -> Parser | None:
    """The parser of an instance; None if there is none.

    Args:
      repo: its repository.
      name: `log_parser` of its row, which goes before; None if the row has none.
    """
    return PARSERS.get(repo) if name is None else _NAMED.get(name)
