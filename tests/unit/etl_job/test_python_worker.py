"""Tasks in Spark's Python workers."""

import importlib
import sys
import zipfile
import zipimport
from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from etl_job.spark.python_worker import InWorker


def zip_with_a_module(folder: Path, name: str) -> Path:
    file = folder / f"{name}.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "")
        archive.writestr(f"{name}/later.py", "VALUE = 1")
    return file


def count_reads(number: int) -> tuple[int, int]:
    """How often this worker read the directory of a zip file since it first counted, and how many packages it has."""
    counted = getattr(zipimport, "counted", None)
    if counted is None:
        read, counted = zipimport._read_directory, []

        def read_and_count(archive: str) -> object:
            counted.append(archive)
            return read(archive)

        zipimport._read_directory, zipimport.counted = read_and_count, counted  # type: ignore[attr-defined]
    finders = [each for each in sys.path_importer_cache.values() if isinstance(each, zipimport.zipimporter)]
    return len(counted), len(finders)


def test_worker_reads_no_directory_of_a_zip_file_again_for_a_later_task(spark: SparkSession):
    context = spark.sparkContext
    found = [context.parallelize([0], 1).map(InWorker(count_reads)).collect()[0] for _ in range(6)]
    reads, finders = zip(*found, strict=True)
    assert max(finders) > 1, "PySpark's own zip is imported from"
    assert max(reads) == 0


def test_module_of_a_zip_file_can_still_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(zip_with_a_module(tmp_path, "zipped_for_a_worker")))
    task = InWorker(importlib.import_module)
    task("zipped_for_a_worker")
    importlib.invalidate_caches()
    assert task("zipped_for_a_worker.later").VALUE == 1


def test_result_is_that_of_the_function():
    assert InWorker(partial(pow, 2))(5) == 32
