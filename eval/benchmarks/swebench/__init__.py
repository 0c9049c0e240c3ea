"""SWE-bench: patches for issues of real repositories; Full, Lite and Verified.

The tests of its instances run in the authors' images. Predictions always leave here in
the authors' format, so that their harness can run anywhere. What it logs is graded here
by their rules (`logs.py`, `grading.py`, `verdict.py`): logs that were made elsewhere
(`records.py`), or here by their harness in Docker (`docker_harness.py`) or in
containers through swe-rex (`container.py`). What has no log is `Kind.NOT_RUN`.

Without any of that there are proxies, `proxies.py`. They say how like a patch is to the
gold one, not whether it solves the issue: similarity as in SWE-RL, recall of the gold
files, and whether the patch applies to the files that an instance shows. They are
called proxies in every report and are never a pass.
"""
