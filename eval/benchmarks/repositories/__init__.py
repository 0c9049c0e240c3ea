"""Small Python repositories with a planted bug: issue, patch and hidden tests anywhere.

A repository has modules of `library`, under other names, one of them with a bug of
`mutations.py`; tests that pass all the same; and an issue that tells a symptom. Hidden
tests decide, as in SWE-bench: those in FAIL_TO_PASS must begin to pass, those in
PASS_TO_PASS must go on. The rows are in SWE-bench's schema, with the files beside.

Everything but whether a bug shows follows from the seed; that one is found out by
running the tests in the sandbox, which also proves of each row that the gold patch
passes all tests, and that without it exactly the FAIL_TO_PASS ones fail. Training and
test rows never share a bug: its place and kind decide the split, whatever the names.

What a submission changes under `tests` is thrown away: hidden tests come from pristine
copies, when it is graded, and no earlier. They run in one process with what they test;
the verdict is told in the runner's last line, with a random word from standard input,
so that leaving early and printing results do not pass. Not covered: code that reads
that word first, or changes the runner or `unittest` in its process.
"""
