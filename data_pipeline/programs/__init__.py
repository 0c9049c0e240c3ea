"""Synthetic tasks of programming: one description, six languages, English, tests.

    from data_pipeline.programs import generator, scenarios

    task = generator.task(seed=0, split="train", index=7)
    example = scenarios.scene(task, "write", "rust").example

A task is a small typed function (`tree`), put together from pieces (`pipelines`,
`walks`, `recursions`) that bring their own English (`phrases`). An interpreter of our
own says what it returns, and so gives examples, hidden tests and the fingerprint that
decides the split; `render` writes it in six languages.
"""
