"""``upload``, ``ingest`` and ``deliveries``: raw data on its way into the lake.

Input: files and rows of databases. Output: objects below ``raw/`` and the record of each delivery.
Imports ``core`` and ``contracts``.
"""
