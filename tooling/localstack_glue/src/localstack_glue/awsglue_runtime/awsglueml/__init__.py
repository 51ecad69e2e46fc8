"""Glue's machine learning: present so that scripts import it, and refused when they use it."""
