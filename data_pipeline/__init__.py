"""From files and generators to batches; imports no JAX."""
