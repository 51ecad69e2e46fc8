"""What every command needs: settings, errors, console, other programs, waiting, AWS clients.

In come arguments, environment and answers of AWS; out go checked values, or errors with a remedy.
Imports no other package of Quartal.
"""
