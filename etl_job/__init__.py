"""The Spark job that turns deliveries of a raw feed into curated daily counts and features, as its contract requires.

``main`` is the entry point, ``run`` leads from arguments to manifest, ``opening`` finds out what there is to do, and
``processing`` does it step by step. The packages follow the data's path: ``contract``, ``lake``, ``deliveries``,
``reading``, ``judging``, ``staging``, ``duplicates``, ``counting``, ``publishing``; ``tables``, ``manifest``,
``notify`` and ``spark`` serve all of them. Each package states what it may import, and import-linter enforces it
(pyproject.toml).
"""

__version__ = "0.1.0"
