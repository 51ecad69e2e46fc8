"""Staging: rows that were read and judged, as Parquet files next to the tables, until the run publishes them.

Input: the selected files. Output: staged rows with the hashes of their keys. It imports readers, judge, Spark and the
run context, and nothing that counts or publishes.
"""
