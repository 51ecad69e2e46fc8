"""Crawlers: their definitions and states, and crawls of real files.

In come definitions and objects of S3; out go tables and partitions of the catalog.
Imports ``service``, ``data_catalog`` and ``serdes``.
"""
