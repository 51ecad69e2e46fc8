"""The manifest of a run: its input, its outcome, and the published state after it.

Input: the results of a run's steps. Output: ``runs/<dataset>/<run_id>.json``.
Imports no step of the run.
"""
