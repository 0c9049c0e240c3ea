"""Aider's polyglot benchmark: 225 exercises of Exercism in six languages.

Read from its authors' layout, `<language>/exercises/practice/<name>/`, and graded by
the rules of their `benchmark.py`: a model may change the files that `.meta/config.json`
calls the solution, in one of three edit formats; all tests are run, those too that the
exercise skips; 180 seconds; a second try sees the output of the first.

Every run gets a folder of its own, filled from the checkout, with nothing of the
submission but its solution files: tests, build files and whatever else is there are
pristine.

A pass needs all of these: exit code 0; no failed test; at least as many passed tests as
the pristine test files hold; and, but for Rust, the end of the tests, where the
harness's own last statement repeats a random word that came in on standard input. So
leaving early and printing what a test runner prints do not pass.

Not covered:

- The tests run in the process of the submission, for that is how they are written. One
  that looks for it may read the word from standard input, overwrite the functions of
  the test runner, or compare equal to everything. It learns the tests as well: it may
  read them, though not before it is graded.
- Rust's test runner ends in code of the compiler: no word comes back, and a submission
  that writes the runner's lines to standard output and leaves passes.
- A faithful result for what needs packages: exercises whose tests or build files need
  more than the language's own library and test framework are not run.
- Jest itself: JavaScript runs under Node, with the functions and matchers of Jest that
  `runners/jest.mjs` has; a test file that uses others is not run.
"""
