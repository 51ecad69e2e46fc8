"""Athena on LocalStack against plain DuckDB on the same file: a scan and group over Parquet, and `select 1`.

Both use two threads. A query lasts from StartQueryExecution until GetQueryExecution, asked every 0.05 s, says
that it is done. DuckDB reads the file on disk; Athena's side first has to get it out of LocalStack's S3.
"""

from __future__ import annotations

import functools
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import duckdb

from quartal.core.settings import LOCALSTACK_ENVIRONMENT, Settings
from quartal.local.local_aws import server

PROJECT = Path(__file__).parents[1]
BUCKET, DATABASE, TABLE = "bench", "bench", "sightings"
ROWS = 10_000_000
POLL_S = 0.05
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
COLUMNS = {"id": "bigint", "brand": "string", "price": "double", "year": "int"}
QUESTION = "SELECT brand, year, count(*), sum(price), avg(price) FROM {table} GROUP BY brand, year"
MADE = """
    SELECT range AS id, 'brand ' || (hash(range) % 50) AS brand, (hash(range + 1) % 100000) / 100.0::DOUBLE AS price,
           (1990 + hash(range + 2) % 35)::INTEGER AS year
    FROM range({rows})
"""


@dataclass(frozen=True, slots=True)
class AthenaResult:
    """Wall seconds of each run."""

    scan_s: tuple[float, ...]
    duckdb_s: tuple[float, ...]
    one_s: tuple[float, ...]

    def figures(self) -> dict[str, float]:
        """Medians, and how far the scan is from what is allowed: 1.3 times DuckDB's time and 0.3 s."""
        scan, peer = statistics.median(self.scan_s), statistics.median(self.duckdb_s)
        return {
            "scan_s": scan,
            "duckdb_s": peer,
            "scan/duckdb": scan / peer,
            "scan/(1.3*duckdb+0.3)": scan / (1.3 * peer + 0.3),
            "select_1_s": statistics.median(self.one_s),
        }


def measure(rows: int, rounds: int) -> AthenaResult:
    """Ask both in turn, on a LocalStack of the benchmark's own."""
    with tempfile.TemporaryDirectory(prefix="bench-athena-") as folder:
        file = Path(folder) / "a.parquet"
        with duckdb.connect() as made:
            made.execute(f"COPY ({MADE.format(rows=rows)}) TO '{file}' (FORMAT parquet)")
        settings = replace(
            Settings.from_env(os.environ, environment=LOCALSTACK_ENVIRONMENT, cwd=PROJECT), state_dir=Path(folder)
        )
        running = server.start(settings, port=server.free_port(), announce=lambda _line: None)
        try:
            client = functools.partial(
                boto3.client,
                endpoint_url=running.endpoint_url,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",  # noqa: S106 - LocalStack's
            )
            _lay_out(client("s3"), client("glue"), file)
            athena = client("athena")
            _ask(athena, "SELECT 1")  # the first query loads the engine
            scan, peer, one = [], [], []
            for _ in range(rounds):
                scan.append(_timed(lambda: _ask(athena, QUESTION.format(table=TABLE))))
                peer.append(_timed(lambda: _in_duckdb(file)))
                one.append(_timed(lambda: _ask(athena, "SELECT 1")))
            return AthenaResult(tuple(scan), tuple(peer), tuple(one))
        finally:
            server.stop(settings, running)


def _lay_out(s3: Any, glue: Any, file: Path) -> None:
    s3.create_bucket(Bucket=BUCKET)
    s3.upload_file(str(file), BUCKET, f"{TABLE}/{file.name}")
    glue.create_database(DatabaseInput={"Name": DATABASE})
    storage = {
        "Columns": [{"Name": name, "Type": kind} for name, kind in COLUMNS.items()],
        "Location": f"s3://{BUCKET}/{TABLE}/",
        "SerdeInfo": {"SerializationLibrary": PARQUET},
    }
    glue.create_table(DatabaseName=DATABASE, TableInput={"Name": TABLE, "StorageDescriptor": storage})


def _ask(athena: Any, sql: str) -> None:
    query_id = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": DATABASE},
        ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/results/"},
    )["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
        if status["State"] == "SUCCEEDED":
            return
        if status["State"] in ("FAILED", "CANCELLED"):
            raise SystemExit(f"{sql}: {status.get('StateChangeReason')}")
        time.sleep(POLL_S)


def _in_duckdb(file: Path) -> None:
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(QUESTION.format(table=f"'{file}'")).fetchall()


def _timed(run: Callable[[], None]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
