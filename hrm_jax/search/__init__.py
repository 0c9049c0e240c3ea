"""Search over programs: candidates are written, run on public tests, and mended.

The network and the execution of programs are functions that are handed in; nothing here
knows what they are.
"""
