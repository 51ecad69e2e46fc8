"""Glue's machine learning: scripts can import it, but its use is refused."""
