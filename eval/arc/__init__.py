"""ARC-AGI: votes over augmentations, scores, submissions and pictures."""
