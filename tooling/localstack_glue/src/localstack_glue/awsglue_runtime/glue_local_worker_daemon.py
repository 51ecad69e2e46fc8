"""Starts Spark's Python workers with the installed PySpark instead of the copy of it in pyspark.zip.

Spark puts that file first on the path of its workers. There, Python compiles PySpark's source for each run, and until
Python 3.12 it reads the file's directory before each task: together a second and a half of processor time for a run.
Both are the same PySpark. Spark runs this module by the name in `spark.python.daemon.module`.
"""

import importlib
import sys
from pathlib import Path


def installed_first(path: list[str]) -> list[str]:
    """Leave out Spark's zip files if the PySpark to which they belong is on the path, too."""
    folders = {Path(entry).resolve() for entry in path}
    return [entry for entry in path if not _is_copy(Path(entry).resolve(), folders)]


def _is_copy(entry: Path, folders: set[Path]) -> bool:
    """Whether this is a zip file in the folder python/lib of a pyspark in one of these folders."""
    if entry.suffix != ".zip" or entry.parts[-4:-1] != ("pyspark", "python", "lib"):
        return False
    return entry.parents[3] in folders and (entry.parents[2] / "__init__.py").is_file()


if __name__ == "__main__":
    sys.path[:] = installed_first(sys.path)
    importlib.import_module("pyspark.daemon").manager()
