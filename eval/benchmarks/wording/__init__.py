"""Prompts in the authors' own words, where ours only have their form.

The wording of CRUXEval's and LiveCodeBench's prompts, and the examples in them, decide
published numbers, and belong to their authors. So they are not repeated here: the
functions of the authors' own checkout make the prompts, in the sandbox.
"""
