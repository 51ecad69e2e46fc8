"""The Spark job that turns deliveries of a raw feed into curated daily counts and features, as its contract says.

``main`` starts it, ``run`` goes from arguments to manifest, ``opening`` finds what there is to do, ``processing`` does
it step by step. The packages are in the order of the data's way: ``contract``, ``lake``, ``deliveries``, ``reading``,
``judging``, ``staging``, ``duplicates``, ``counting``, ``publishing``; beside them ``tables``, ``manifest``, ``notify``
and ``spark``. Each says what it may import, and import-linter holds it (pyproject.toml).
"""

__version__ = "0.1.0"
