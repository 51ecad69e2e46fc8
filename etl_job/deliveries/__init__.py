"""Deliveries: which raw files there are, and which of them a run reads.

Input: the raw folder, the catalog and the records of uploads. Output: the selection of a run. It imports the contract,
the lake and the manifests of earlier runs, and reads no rows.
"""
