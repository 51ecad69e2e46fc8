"""The manifest of a run: what went in, what came of it, and what is published since.

In come the results of a run's steps; out goes ``runs/<dataset>/<run_id>.json``.
Imports no step of the run.
"""
