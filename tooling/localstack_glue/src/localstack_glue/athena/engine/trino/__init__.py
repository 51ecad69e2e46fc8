"""Trino's SQL in DuckDB's: types, operators, casts and functions, each as Trino has it or refused by name."""
