"""Counting: every row becomes part of a daily count, a duplicate or a quarantined row, and the sums must agree.

In come staged rows and their duplicates; out go daily counts and the numbers of each delivery.
Imports staging, duplicates, and what deliveries and the manifest call things.
"""
