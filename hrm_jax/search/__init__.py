"""Search over programs: candidates are written, run on public tests, mended, and one of
them is chosen.

The network and the execution of programs are functions that are handed in; nothing here
but `rerank`, which reads with a model, knows what they are.
"""
