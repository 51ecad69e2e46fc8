"""Runs Athena's queries with DuckDB over the Glue catalog; knows nothing of the API."""
