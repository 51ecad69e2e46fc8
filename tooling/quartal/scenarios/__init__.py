"""``demo`` and ``run --ephemeral``: several commands in a row, as a user would type them.

In comes a workspace; out go the results of each step.
Imports any other package, and is imported by the command line only.
"""
