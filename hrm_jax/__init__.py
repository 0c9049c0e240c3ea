"""Hierarchical reasoning models in JAX."""
