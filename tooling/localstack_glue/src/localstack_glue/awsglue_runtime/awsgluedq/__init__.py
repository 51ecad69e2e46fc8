"""Glue Data Quality: the visual editor's default ruleset; other rules are refused by name."""
