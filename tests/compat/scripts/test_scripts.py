"""Whole scripts, run one after the other in one Spark session: `./nox -s scripts` runs them all, CI a sample."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from awsglue.bookmarks import FILE_VARIABLE
from awsglue.context import GlueContext
from awsglue.errors import GlueUnsupportedError
from awsglue.metastore import hooks
from awsglue.metastore.spark_side import SparkSide
from tests.compat.scripts.case import Case, cases, plain, table_input

WANTED = [case for case in cases() if case.sample or os.environ.get("QUARTAL_SCRIPTS") == "all"]


@pytest.fixture
def lake(glue: Any, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The folder that stands for s3://lake/; what a script left in Spark is gone after it."""
    place = f"{tmp_path}/lake/"
    glue.update_database(Name="lake", DatabaseInput={"Name": "lake", "LocationUri": f"{place}warehouse"})
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "bookmark.json"))
    plain_sql = SparkSession.sql
    yield place
    side = SparkSide(spark, plain_sql)
    for view in [table.name for table in spark.catalog.listTables() if table.isTemporary]:
        spark.catalog.dropTempView(view)
    side.sql("USE default")
    for name in side.databases() - {"default"}:
        side.forget_database(name)


def put(place: str, files: Any) -> None:
    for name, content in files.items():
        file = Path(place) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")


def catalogue(glue: Any, case: Case, place: str) -> None:
    """Make the tables, with a partition for each folder key=value below them."""
    for name, given in case.tables.items():
        wanted = table_input(name, given, place)
        if name not in {table["Name"] for table in glue.get_tables(DatabaseName="lake")["TableList"]}:
            glue.create_table(DatabaseName="lake", TableInput=wanted)
        if not wanted["PartitionKeys"]:
            continue
        root = Path(wanted["StorageDescriptor"]["Location"])
        for folder in sorted({file.parent for file in root.rglob("*") if file.is_file()}):
            values = [part.partition("=")[2] for part in folder.relative_to(root).parts]
            storage = {**wanted["StorageDescriptor"], "Location": str(folder)}
            partition = {"Values": values, "StorageDescriptor": storage}
            glue.batch_create_partition(DatabaseName="lake", TableName=name, PartitionInputList=[partition])


def run(case: Case, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a case's scripts as jobs; a script makes its own SparkContext where there is one already."""
    words = ["script.py", "--JOB_NAME", case.name, "--TempDir", f"{place}tmp/"]
    for name, value in case.arguments.items():
        words += [f"--{name}", value.replace("s3://lake/", place)]
    monkeypatch.setattr(sys, "argv", words)
    for script in case.scripts:
        text = script.replace("s3://lake/", place).replace("SparkContext()", "SparkContext.getOrCreate()")
        exec(compile(text, f"{case.name}.py", "exec"), {"__name__": "__main__"})  # noqa: S102 - what it is for


def left(context: GlueContext, name: str, place: str) -> list[str]:
    """The rows of a table, or of the files in a folder."""
    if name.startswith("s3://"):
        kind, _, folder = name.removeprefix("s3://lake/").partition(":")
        paths = [f"{place}{folder}"]
        options = {"withHeader": True} if kind == "csv" else {}
        frame = context.create_dynamic_frame.from_options("s3", {"paths": paths}, kind, options)
    else:
        frame = context.create_dynamic_frame.from_catalog(database="lake", table_name=name)
    return sorted(plain(row.asDict(recursive=True)) for row in frame.toDF().collect())


@pytest.mark.parametrize("case", WANTED, ids=lambda case: case.name)
def test_script_leaves_what_it_would_on_aws(
    case: Case, glue: Any, spark: SparkSession, lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(lake, case.files)
    uninstall = hooks.install() if case.data_catalog else lambda: None
    try:
        for number in range(case.runs):
            if number == 1:
                put(lake, case.later)
            catalogue(glue, case, lake)
            if case.refused:
                with pytest.raises(GlueUnsupportedError, match=case.refused):
                    run(case, lake, monkeypatch)
            else:
                run(case, lake, monkeypatch)
    finally:
        uninstall()
    context = GlueContext(spark.sparkContext)
    for name, rows in case.expected.items():
        assert left(context, name, lake) == sorted(map(plain, rows)), name


def test_sample_scripts_exist() -> None:
    assert len(cases()) >= 30
    assert sum(case.sample for case in cases()) == 6
