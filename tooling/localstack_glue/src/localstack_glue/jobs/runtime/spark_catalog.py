"""Makes the Data Catalog the metastore of a script's Spark SQL, if the run requests it.

Loaded by the bootstrap, in the job's Python: it may use the standard library only. As soon as the script imports
`pyspark.sql`, `awsglue.metastore` replaces Spark's own methods.
"""

import importlib
import importlib.abc
import importlib.util
import os
import sys
from collections.abc import Iterable
from typing import Any

VARIABLE = "LOCALSTACK_GLUE_SPARK_CATALOG"
MODULE, HOOKS = "pyspark.sql", "awsglue.metastore.hooks"


def install() -> None:
    """Make Spark SQL use the Data Catalog, if the environment requests it."""
    if os.environ.get(VARIABLE):
        sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder):
    """Calls the hooks once Spark's module is loaded."""

    def find_spec(self, fullname: str, path: Iterable[str] | None, target: Any = None) -> Any:  # noqa: ARG002
        if fullname != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        importlib.import_module(HOOKS).install()
