"""Search over programs: candidates are written, run on public tests, mended, and one of
them is chosen.

The network and the execution of programs are functions that are handed in. Only who
reads programs with a model (`encoder`, and the judges fitted to what it tells) knows
more of it.
"""
