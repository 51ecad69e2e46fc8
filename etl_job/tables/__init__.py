"""The Iceberg tables: what they hold, one commit that changes a part of them, and whether it took effect.

In come data files and what they replace; out go snapshots.
Imports the lake, the contract, the manifests of earlier runs and the words of messages; nothing that reads or judges.
"""
