"""MariaDB, which stands for MySQL, as a source and sink: where server, driver and PyMySQL are at hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from awsglue.bookmarks import FILE_VARIABLE
from awsglue.context import GlueContext
from awsglue.job import Job
from tests.unit.awsglue.databases import MARIADB, require_driver, use_driver
from tests.unit.quartal.ingest.mariadb import Server, running


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    require_driver(MARIADB)
    with running() as found:
        yield found


@pytest.fixture
def shop(server: Server, spark: SparkSession) -> Server:
    use_driver(spark, MARIADB)
    server.run(
        "use shop",
        "drop table if exists orders",
        "drop table if exists written",
        "create table orders (id bigint unsigned primary key, `Shop Name` varchar(9), day date)",
        "insert into orders values (1, 'A', '2024-01-01'), (2, null, null), (3, 'ä', '2024-01-02')",
    )
    return server


def options(server: Server, **more: Any) -> dict[str, Any]:
    url = f"jdbc:mysql://127.0.0.1:{server.port}/shop"
    return {"url": url, "user": "clerk", "password": "secret", "dbtable": "orders", **more}


def test_rows_are_read_in_parallel_and_added(glue_context: GlueContext, shop: Server) -> None:
    wanted = options(shop, hashfield="shop name", hashpartitions=3)
    frame = glue_context.create_dynamic_frame.from_options("mysql", wanted)
    assert sorted(map(tuple, frame.toDF().select("id", "Shop Name").collect())) == [(1, "A"), (2, None), (3, "ä")]
    for _ in range(2):
        written = options(shop, dbtable="written")
        glue_context.write_dynamic_frame.from_options(frame, connection_type="mysql", connection_options=written)
    url = f"jdbc:mariadb://127.0.0.1:{shop.port}/shop"  # Spark itself would read names instead of values
    back = glue_context.create_dynamic_frame.from_options("mysql", options(shop, url=url, dbtable="written")).toDF()
    assert sorted(map(tuple, back.select("id", "Shop Name").collect()))[::2] == [(1, "A"), (2, None), (3, "ä")]


def test_bookmark_over_the_primary_key(
    spark: SparkSession, shop: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "bookmark.json"))

    def run() -> list[int]:
        context = GlueContext(spark)
        job = Job(context)
        job.init("load", {"JOB_NAME": "load", "job_bookmark_option": "job-bookmark-enable"})
        frame = context.create_dynamic_frame.from_options("mysql", options(shop), transformation_ctx="orders")
        found = sorted(int(row.id) for row in frame.toDF().collect())
        job.commit()
        return found

    assert run() == [1, 2, 3]
    shop.run("insert into shop.orders values (4, 'D', null)")
    assert run() == [4]
