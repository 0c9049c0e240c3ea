"""Operations with a fast path of their own; imports jax alone."""
