"""Benchmarks of code: problems, what a model is asked, and how answers are graded.

Each comes in its authors' own file format and is graded by their own rules. A model is
a function from a prompt to completions; programs run in `eval.sandbox` alone.
"""
