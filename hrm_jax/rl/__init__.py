"""Reinforcement: the model's own answers, executed, are what it learns from."""
