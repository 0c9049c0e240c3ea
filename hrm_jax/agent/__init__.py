"""An agent in a repository: looks, edits, runs the tests, and says what it did.

Two levels, after HiRA (arXiv:2507.02652): `planner` chooses the next subgoal by rules
over the tests and a memory of what was tried; `executor` lets the model act on it, one
action at a time. `session` joins them under a budget, and writes each word down before
the next (`journal`). Nothing here imports JAX: the model is a function.
"""
