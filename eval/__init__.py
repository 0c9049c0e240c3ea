"""From predictions to scores and pictures; sees no network, imports no JAX."""
