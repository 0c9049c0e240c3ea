"""Search among programs: what a model writes, chosen by running and by reading it."""
