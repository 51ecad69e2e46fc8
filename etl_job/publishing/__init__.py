"""Publishing: daily counts become features, and both become what readers find.

In come daily counts and quarantined rows; out go Parquet files, one commit per table and the CSV exports.
Imports what was counted and the tables, and nothing that reads raw files.
"""
