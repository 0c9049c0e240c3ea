"""LiveCodeBench, arXiv:2403.07974: problems of contests, with their dates.

Four scenarios: `generation` (write a program), `repair` (one's own that failed),
`prediction` (of a test's expected output, from the problem's text) and `execution` (of
what a given program returns). `custom` reads and writes the files of the authors' own
evaluator. Rules are those of the authors' repository,
https://github.com/LiveCodeBench/LiveCodeBench, as far as they say what is right; the
prompts have the authors' form, in our own words; `eval/benchmarks/wording` takes theirs
from their checkout.
"""
