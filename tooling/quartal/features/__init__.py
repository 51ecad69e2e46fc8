"""``query``, ``tags``, ``diff``, ``export``, ``quarantine``, ``maintenance``: what was published, read and kept well.

In come the published tables; out go rows, files and tags.
Imports ``core``, ``contracts`` and ``runs``.
"""
