"""Terraform for one environment: the program, its events and remedies, working copy, saved plan, state and outputs.

Input: settings and variables. Output: plans, events and outputs.
Imports ``core`` and the contracts.
"""
