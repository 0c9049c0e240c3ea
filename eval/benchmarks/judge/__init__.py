"""Python tests that the program under test cannot reach.

Many benchmarks publish tests as Python code that calls the submission: in one process,
the submission decides what the tests see. Here there are two, each in a sandbox of its
own: the judge runs the tests, with a stand-in in the submission's place that asks the
other process and gets data back. The verdict is the judge's.

    from eval.benchmarks.judge.judging import Tests, judge

    tests = Tests("assert double(2) == 4", names=("double",))
    grade = judge(sandbox, tests, "def double(x): return 2 * x")
    assert grade.passed

Covered, with a test for each: early exits, forged output and replies, objects that are
equal to everything, changed builtins and modules, tracing, exit handlers, looking for
the tests in frames, files and processes.

Not covered:

- What goes across are copies: whether a result *is* an argument cannot be seen, and of
  an argument that was changed in place, only the outermost object stays the same one.
- Arguments that can be changed in place are changed by whatever the submission's
  process says it did to its copies, as it could do it in one process.
- A submission sees the arguments of the tests, and may have memorised the answers.
- Tests that look into the submission (its source, its attributes) see the stand-in.
"""
