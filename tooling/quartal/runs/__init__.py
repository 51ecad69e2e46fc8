"""``run``, ``explain``, ``logs``, ``history`` and ``cost``: runs of the pipeline, started, followed and explained.

In come a deployment and its clients; out go the state of a run, its manifest and its reasons.
Imports ``core``, ``contracts`` and ``terraform``.
"""
