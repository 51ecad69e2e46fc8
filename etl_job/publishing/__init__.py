"""Publishing: daily counts become features, and both become visible to readers.

Input: daily counts and quarantined rows. Output: Parquet files, one commit per table and the CSV exports. It imports
the counting and the tables, and nothing that reads raw files.
"""
