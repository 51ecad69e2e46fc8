"""Spark's Python workers, the processes in which a task of the job runs."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zipimport import zipimporter


@dataclass(frozen=True, slots=True)
class InWorker:
    """A function of a task, which first lets its worker keep what it knows of zip files, for the tasks that follow.

    Before each task PySpark calls ``importlib.invalidate_caches`` (until SPARK-54744). Up to Python 3.12 that reads the
    directory of a zip file anew for each package that was imported from it (python/cpython#103200): for pyspark.zip, a
    tenth of a second. Nothing replaces a zip file while a worker uses it.

    Attributes:
        function: what the task does; its arguments and its result are those of the call.
    """

    function: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        """Call the function."""
        for finder in sys.path_importer_cache.values():
            if isinstance(finder, zipimporter):
                finder.invalidate_caches = _keep  # type: ignore[method-assign]
        return self.function(*arguments)


def _keep() -> None:
    """Keep what is cached."""
