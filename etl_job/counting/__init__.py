"""Counting: every row becomes part of a daily count, a duplicate or a quarantined row, and the sums must agree.

Input: staged rows and their duplicates. Output: daily counts and the numbers of each delivery. It imports staging,
duplicates, and the names that deliveries and the manifest use.
"""
