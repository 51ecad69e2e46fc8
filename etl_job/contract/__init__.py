"""The contract of a feed: the columns of its files, the rules for their rows, and the features to compute.

Input: a YAML document. Output: ``model.Contract``, validated.
Imports neither Spark nor AWS nor Arrow, because the tooling reads contracts with this package too.
"""
