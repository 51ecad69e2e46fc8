"""The same work as etl_job does on the example feed, written as others would: what the benchmarks compare with.

Each script is run as `script RAW_FOLDER OUT_FOLDER`, writes features (and what it quarantines) below OUT_FOLDER, and
ends with one JSON line on stdout: rows_in, kept, quarantined, duplicates.
"""
