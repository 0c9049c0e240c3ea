"""Changes of files as a model writes them: parsed from its text, applied strictly.

Three formats, named as Aider's benchmark names them: `whole` (the new content of each
file), `diff` (SEARCH/REPLACE blocks) and `udiff` (unified diffs). A reply is applied
whole or not at all, but `error.Unmatched` has what the blocks make that do match; lines
must match as they are; and each failure is one sentence that says which block failed,
what was not found and what comes nearest, to be fed back.
"""
