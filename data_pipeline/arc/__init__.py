"""ARC-AGI: from the files of its tasks to training examples and test queries."""
