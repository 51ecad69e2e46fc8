"""Common parts of all commands: settings, errors, console, other programs, waiting, AWS clients.

Input: arguments, environment and answers of AWS. Output: checked values, or errors with a remedy.
Imports no other package of Quartal.
"""
