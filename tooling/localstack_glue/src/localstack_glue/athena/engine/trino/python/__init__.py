"""Functions that DuckDB has not, or not as Trino has them, in Python."""
