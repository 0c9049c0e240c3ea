"""Our own synthetic tasks (`data_pipeline.programs`) as a benchmark.

What is asked to write or repair a function is run on hidden arguments; the results are
compared outside the sandbox, which never sees what is expected. Each result comes with
a random word that the program read from standard input before anything else, so what
the function prints is not taken for one, and ending early is seen.

Not covered: the arguments stand in the program, and a submission may look at them; what
it makes of them is compared as if it had got them by a call.
"""
