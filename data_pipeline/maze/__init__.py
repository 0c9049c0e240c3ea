"""Mazes: boards with walls, and the shortest path from a start to a goal."""
