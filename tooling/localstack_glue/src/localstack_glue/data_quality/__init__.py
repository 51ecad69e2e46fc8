"""Rulesets over the tables of the catalog: runs that judge them, and their results."""
