"""Tasks in Spark's Python workers."""

import ast
import importlib
import inspect
import sys
import zipfile
import zipimport
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from pyspark import RDD
from pyspark.sql import SparkSession

import etl_job
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


_MAKE_AN_RDD = {"parallelize", "range", "textFile", "wholeTextFiles", "binaryFiles", "pickleFile", "emptyRDD", "rdd"}
_END_AN_RDD = {"collect", "count", "first", "isEmpty", "sum", "take", "toDF"}
# the arguments of each method of an RDD that are functions, by name and place; the object itself is in the first place
_OF_AN_RDD = {
    name: [(each, place) for place, each in enumerate(parameters) if "Callable" in str(parameters[each].annotation)]
    for name, method in inspect.getmembers(RDD, inspect.isfunction)
    if (parameters := inspect.signature(method).parameters)
}
_ANYWHERE = {
    *("mapInArrow", "mapInPandas", "applyInArrow", "applyInPandas", "applyInPandasWithState", "transformWithState"),
    *("foreachPartition", "foreachBatch", "udf", "pandas_udf", "arrow_udf", "udtf"),
}


def unwrapped(text: str) -> Iterator[str]:
    """The calls and decorators of a module that hand Spark's workers a function that is not wrapped."""
    tree = ast.parse(text)
    rdds, wrapped = set[str](), {"int"}  # a built-in function is imported from no zip file
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if _is_rdd(node.value, rdds):
                rdds.add(node.targets[0].id)
            if _is_wrapped(node.value, wrapped):
                wrapped.add(node.targets[0].id)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from (ast.unparse(each) for each in node.decorator_list if _name(each) in _ANYWHERE)
        if isinstance(node, ast.Call) and not all(_is_wrapped(each, wrapped) for each in _functions_in(node, rdds)):
            yield ast.unparse(node)


def _functions_in(call: ast.Call, rdds: set[str]) -> Iterator[ast.expr]:
    """The arguments of a call that Spark's workers will call."""
    name = _name(call.func)
    if name in _ANYWHERE:
        yield from call.args[:1]
    elif isinstance(call.func, ast.Attribute) and _is_rdd(call.func.value, rdds):
        for parameter, place in _OF_AN_RDD.get(name, []):
            yield from call.args[place - 1 : place]
            yield from (keyword.value for keyword in call.keywords if keyword.arg == parameter)


def _is_rdd(node: ast.expr, names: set[str]) -> bool:
    """Whether a chain of calls begins with what makes an RDD, or with the name of one, and has not ended it."""
    while isinstance(node, ast.Call | ast.Attribute):
        if isinstance(node, ast.Attribute) and node.attr in _MAKE_AN_RDD | _END_AN_RDD:
            return node.attr in _MAKE_AN_RDD
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id in names


def _is_wrapped(node: ast.expr, names: set[str]) -> bool:
    return _name(node) == InWorker.__name__ if isinstance(node, ast.Call) else _name(node) in names


def _name(node: ast.expr) -> str:
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


JOB = sorted(Path(etl_job.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize(
    "path", [path for path in JOB if "pyspark" in path.read_text("utf-8")], ids=lambda path: path.stem
)
def test_every_function_that_the_job_hands_to_sparks_workers_is_wrapped(path: Path):
    assert list(unwrapped(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "context.parallelize(parts).map(partial(stage, self)).collect()",
        "tasks = context.parallelize(parts)\ntasks.mapPartitions(stage)",
        "tasks = context.parallelize(parts)\nfound = tasks.flatMap(InWorker(stage)).reduceByKey(lambda a, b: a)",
        "frame.rdd.map(stage)",
        "frame.mapInArrow(stage, schema)",
        "@F.pandas_udf('long')\ndef stage(rows): ...",
        "stage = F.udf(stage)",
        "write = partial(stage)\ncontext.parallelize(parts).foreach(write)",
    ],
)
def test_function_that_is_not_wrapped_is_noticed(text: str):
    assert list(unwrapped(text))


@pytest.mark.parametrize(
    "text",
    [
        "context.parallelize(parts).map(InWorker(partial(stage, self))).collect()",
        "write = InWorker(stage)\ntasks = context.parallelize(parts).flatMap(write)\ntasks.partitionBy(4, int)",
        "frame.filter(column)\nrows.filter(mask)\npool.map(read, names)\ncontext.parallelize(parts).count()",
    ],
)
def test_function_that_is_wrapped_and_what_is_no_task_are_let_pass(text: str):
    assert list(unwrapped(text)) == []
