"""SWE-bench: patches for issues of real repositories; Full, Lite and Verified.

The tests of its instances run in the authors' Docker images. What is here without them:
instances and predictions in the authors' formats, patches parsed and applied as they
apply them, their grading of test logs (`logs.py`, `grading.py`), and proxies.

The proxies, `proxies.py`, say how like a patch is to the gold one, not whether it
solves the issue: similarity as in SWE-RL, recall of the gold files, and whether the
patch applies to the files that an instance shows. They are called proxies in every
report and are never a pass: without the tests, a patch is `Kind.NOT_RUN`.
"""
