"""Who hears of a run: progress lines in its log, metrics in CloudWatch, an event on the bus.

In comes the result of a run; nothing comes back, and no failure here fails a run.
Imports no step of the run.
"""
