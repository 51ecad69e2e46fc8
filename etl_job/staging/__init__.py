"""Staging: rows that were read and judged, as Parquet beside the tables, until the run publishes them.

In come the selected files; out go staged rows with the hashes of their keys.
Imports readers, judge, Spark and the run context, and nothing that counts or publishes.
"""
