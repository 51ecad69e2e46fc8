"""Deliveries: which raw files there are, and which of them a run reads.

In come the raw folder, the catalog and the records of uploads; out goes the selection of a run.
Imports the contract, the lake and the manifests of earlier runs, never a row.
"""
