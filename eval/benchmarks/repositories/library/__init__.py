"""Small modules that generated repositories are put together from.

Each is whole and correct, and needs nothing but itself: its source, with other names,
becomes a module of a repository. `probes.py` holds calls that tell their behaviour.
"""
