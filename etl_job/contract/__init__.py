"""The contract of a feed: what its files hold, what must be true of them, and which features are made.

In comes a document in YAML; out goes ``model.Contract``, checked to make sense.
Imports neither Spark nor AWS nor Arrow: the tooling reads contracts with this package too.
"""
