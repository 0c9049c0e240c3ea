"""The networks; Flax is imported here and nowhere else."""
