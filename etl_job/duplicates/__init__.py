"""Duplicates: keys that come more than once, in a run or in several deliveries, and which row of them is kept.

In come staged rows and the registers of keys; out goes which rows are duplicates.
Imports staging, the registers that the tables name, and the lake.
"""
