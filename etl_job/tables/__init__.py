"""The Iceberg tables: their content, one commit that changes a part of them, and whether it took effect.

Input: data files and the rows that they replace. Output: snapshots. It imports the lake, the contract, the manifests of
earlier runs and the wording of messages, and nothing that reads or judges rows.
"""
