"""The table of functions: one module for each page of Trino's reference."""
