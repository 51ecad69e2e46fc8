"""Duplicates: keys that occur more than once, in a run or in several deliveries, and which of their rows is kept.

Input: staged rows and the registers of keys. Output: which rows are duplicates. It imports staging, the registers that
the tables name, and the lake.
"""
