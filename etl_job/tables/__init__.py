"""The Iceberg tables: what they hold, one commit that changes a part of them, and whether it took effect.

In come data files and what they replace; out go snapshots.
Imports the lake, the contract and the manifests of earlier runs, and nothing that reads or judges rows.
"""
