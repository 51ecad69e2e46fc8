"""Athena: workgroups, saved queries and data catalogs are stored; queries run on DuckDB over the Glue catalog."""
