"""``upload``, ``ingest`` and ``deliveries``: raw data on its way into the lake.

In come files and rows of databases; out go objects below ``raw/`` and the record of each delivery.
Imports ``core`` and ``contracts``.
"""
