"""Jobs: their definitions and runs, each a process with its own environment, under its role.

Input: definitions and arguments. Output: run states, logs and metrics. It imports ``service`` and ``iam``.
"""
