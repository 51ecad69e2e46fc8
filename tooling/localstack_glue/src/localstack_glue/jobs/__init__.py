"""Jobs: their definitions and runs, each a process with an environment of its own, under its role.

In come definitions and arguments; out go run states, logs and metrics.
Imports ``service`` and ``iam``.
"""
