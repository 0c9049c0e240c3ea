"""A page that lets a package think in anybody's browser."""
