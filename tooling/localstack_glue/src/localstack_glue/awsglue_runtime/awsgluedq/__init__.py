"""Glue Data Quality: evaluates DQDL rulesets. Unsupported rules are refused by name."""
