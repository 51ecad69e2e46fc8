"""The Spark session of a run."""

from pathlib import Path
from typing import Any

import pytest
from py4j.clientserver import JavaClient
from pyspark.sql import SparkSession, Window

from etl_job.spark.metrics import SparkMeter
from etl_job.spark.session import get_session
from tests.spark_session import archive_of_classes

LOOKUP = "r\nu\n"  # py4j's command that asks Java what a name is


def test_names_that_a_run_uses_often_are_looked_up_once(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    get_session({})
    asked: list[str] = []
    send = JavaClient.send_command

    def send_and_note(self: JavaClient, command: str, *arguments: Any, **options: Any) -> Any:
        if command.startswith(LOOKUP):
            asked.append(command.split("\n")[2])
        return send(self, command, *arguments, **options)

    monkeypatch.setattr(JavaClient, "send_command", send_and_note)
    Window.orderBy("day")
    SparkMeter.started(spark).read()
    assert asked == []


def test_java_of_unit_tests_starts_from_the_archive_of_classes_where_it_has_been_made(spark: SparkSession) -> None:
    archive, java = archive_of_classes(), spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid()
    maps = Path("/proc") / str(java) / "maps"
    if not archive.is_file() or not maps.exists():
        pytest.skip("no archive, or no Linux")
    assert str(archive) in maps.read_text()  # Java lets go of one that is for another class path
