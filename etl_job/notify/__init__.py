"""Notifications of a run: progress lines in its log, metrics in CloudWatch, an event on the bus.

Input: the result of a run. It returns nothing, and no failure here fails a run. It imports no step of the run.
"""
