"""The job on a lake in a folder, in a process that a test may kill, and what readers see there."""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pyiceberg.exceptions import NoSuchTableError

from etl_job.lake.files import LocalObjectStore
from quartal.core.aws import AwsConnection
from quartal.features.lake_files import files_below, lake_path
from quartal.features.maintenance import Lake, Upkeep, files_named_by, maintain
from quartal.features.query import iceberg_catalog
from quartal.local.local_aws.server import java_options
from tests.integration.independent import expected_tables

DATASET = "vehicle_sightings"
DATABASE = "faults"
HEADER = "sighting_id,brand,date,time"
BRANDS = ("Opel", "Fiat", "Citroën", "Land Rover")
ROWS = 300
TIMEOUT_S = 900
Rows = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class State:
    """The content of the two tables for a reader."""

    curated: Rows
    features: Rows


@dataclass
class JobProcess:
    """A run of the job. ``lines`` are its progress with the seconds since its start."""

    process: subprocess.Popen[str]
    started: float
    lines: list[tuple[float, str]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def follow(self) -> None:
        """Read its output to the end, on a separate thread."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.changed:
                self.lines.append((time.monotonic() - self.started, line.strip()))
                self.changed.notify_all()
        self.process.wait()  # its output ends a moment before it does
        with self.changed:
            self.changed.notify_all()

    def wait_for_line(self, text: str) -> None:
        """Wait until a line contains the text, or the process has ended."""
        with self.changed:
            self.changed.wait_for(
                lambda: any(text in line for _, line in self.lines) or self.process.poll() is not None, TIMEOUT_S
            )

    def kill(self) -> None:
        """Kill Python and the JVM at once, like a power failure."""
        with suppress(ProcessLookupError):  # it had ended by itself
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(TIMEOUT_S)

    def seconds_at(self, text: str) -> float:
        """The time of the first line with the text, in seconds since the start."""
        return next(seconds for seconds, line in self.lines if text in line)


class Rehearsal:
    """A lake in a folder, its catalog in LocalStack, and the job to run on it."""

    def __init__(self, project: Path, folder: Path, connection: AwsConnection, env: Mapping[str, str]) -> None:
        self._project, self._folder, self._connection = project, folder, connection
        self.scratch = folder / "spark"
        quick = f'--conf "spark.driver.extraJavaOptions={java_options(project)}" --conf spark.local.dir={self.scratch}'
        master = "--master local[2] --conf spark.ui.enabled=false --conf spark.driver.host=127.0.0.1"
        submit = f"{master} --conf spark.driver.bindAddress=127.0.0.1 {quick} pyspark-shell"
        self._env = {**env, "PYSPARK_SUBMIT_ARGS": submit, "PYSPARK_PYTHON": sys.executable}
        self._raw = folder / "raw" / DATASET
        self._glue: Any = connection.glue()
        self._glue.create_database(DatabaseInput={"Name": DATABASE})
        self._glue.create_table(
            DatabaseName=DATABASE,
            TableInput={
                "Name": DATASET,
                "StorageDescriptor": self._storage(self._raw),
                "PartitionKeys": [{"Name": "delivery", "Type": "string"}],
            },
        )

    @staticmethod
    def _storage(folder: Path) -> dict[str, Any]:
        columns = [{"Name": name, "Type": "string"} for name in HEADER.split(",")]
        return {"Columns": columns, "Location": f"file://{folder}"}

    def deliver(self, quarter: str, draw: random.Random) -> None:
        """Replace the file of a delivery: good, bad and repeated rows, some of neighbouring quarters."""
        folder = self._raw / f"delivery={quarter}"
        is_new = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        year, number = int(quarter[:4]), int(quarter[5])
        first = date(year, 3 * number - 2, 1) - timedelta(days=draw.randrange(60))
        lines = []
        for place in range(ROWS):
            day = first + timedelta(days=draw.randrange(100))
            time_text = f"{draw.randrange(26):02d}:{draw.randrange(60):02d}:00"  # 24 and 25 are not hours
            lines.append(
                f"{quarter}-{draw.randrange(ROWS * 10) if place % 9 else 1},{draw.choice(BRANDS)},{day},{time_text}"
            )
        (folder / "part-00000.csv").write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8")
        if is_new:
            partition = {"Values": [quarter], "StorageDescriptor": self._storage(folder)}
            self._glue.create_partition(DatabaseName=DATABASE, TableName=DATASET, PartitionInput=partition)

    def start(self, run_id: str) -> JobProcess:
        """Start the job as a user would, in its own process group."""
        named = {
            "lake_bucket": f"file://{self._folder}",
            "dataset": DATASET,
            "contract": str(self._project / "data" / "contracts" / f"{DATASET}.yaml"),
            "database": DATABASE,
            "run_id": run_id,
        }
        arguments = [word for name, value in named.items() for word in (f"--{name}", value)]
        script = self._project / "etl_job" / "main.py"
        with (self._folder / f"{run_id}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-u", str(script), *arguments],
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        job = JobProcess(process, time.monotonic())
        threading.Thread(target=job.follow, daemon=True).start()
        return job

    def run(self, run_id: str) -> JobProcess:
        """Run the job, which must succeed."""
        job = self.start(run_id)
        code = job.process.wait(TIMEOUT_S)
        job.wait_for_line("stage=done")
        assert code == 0, self.said(run_id)[-3000:]
        return job

    def said(self, run_id: str) -> str:
        """The standard error of a run."""
        return (self._folder / f"{run_id}.log").read_text()

    def seen(self) -> State:
        """The current content for a reader."""
        return State(
            self._rows("curated", "delivery", "brand", "day", "sightings"),
            self._rows("features", *_FEATURES),
        )

    def expected(self) -> State:
        """The expected content after all deliveries are published, by another implementation."""
        database = expected_tables(self._raw)
        curated = database.sql("select delivery, brand, day, count(*) from kept group by all").fetchall()
        features = database.sql(f"select {', '.join(_FEATURES)} from expected").fetchall()
        return State(_sorted(curated), _sorted(features))

    def exported(self) -> dict[str, list[list[str]]]:
        """The rows of each CSV file."""
        files = sorted((self._folder / "exports" / DATASET / "features").glob("[!.]*.csv"))
        return {file.stem: list(csv.reader(file.open(encoding="utf-8"))) for file in files}

    def maintain(self) -> tuple[Upkeep, set[str]]:
        """Run maintenance with the shortest retention.

        Returns:
            The result, and the data files that remain without a reference.
        """
        lake = Lake(f"file://{self._folder}", DATABASE, DATASET, tuple(f"{DATASET}_{name}" for name in _TABLES))
        catalog, files = iceberg_catalog(self._connection), LocalObjectStore()
        cutoff, settled = datetime.now(UTC) + timedelta(hours=1), timedelta(0)  # no table is outdated here
        done = maintain(lake, catalog, files, cutoff, dry_run=False, catalog_delay=settled)
        lying_about: set[str] = set()
        for name in _TABLES:
            named = files_named_by(catalog.load_table((DATABASE, f"{DATASET}_{name}")))
            present = (lake_path(file.uri) for file in files_below(files, f"{lake.root}/{name}/{DATASET}"))
            lying_about |= {path for path in present if _is_data(path) and path not in named}
        return done, lying_about

    def _rows(self, table: str, *columns: str) -> Rows:
        try:
            found = iceberg_catalog(self._connection).load_table((DATABASE, f"{DATASET}_{table}"))
        except NoSuchTableError:
            return ()
        rows = found.scan(selected_fields=columns).to_arrow().to_pylist()
        return _sorted([tuple(row[name] for name in columns) for row in rows])


_TABLES = ("curated", "features")
_FEATURES = (
    "brand",
    "day",
    "quarter",
    "sightings",
    "share",
    "hour_07",
    "sightings_mean_7d",
    "sightings_mean_28d",
    "sightings_lag_28d",
    "sightings_quarter_to_date",
)


def _is_data(path: str) -> bool:
    return not path.endswith(".crc")  # Hadoop's checksums beside local files; S3 has none


def _sorted(rows: list[tuple[Any, ...]]) -> Rows:
    rounded = [tuple(round(cell, 9) if isinstance(cell, float) else cell for cell in row) for row in rows]
    return tuple(sorted(rounded, key=lambda row: tuple(map(str, row))))
