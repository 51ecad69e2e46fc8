"""Terraform for one environment: the program, its events and remedies, working copy, saved plan, state and outputs.

In come settings and variables; out go plans, events and outputs.
Imports ``core`` and the contracts.
"""
