"""The tools that are compared, each a program started as its users start it."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from benchmarks.etl.answers import Answer, answer
from benchmarks.etl.lake import DATASET, Lake, deliveries_in, local_lake
from benchmarks.etl.measuring import BenchmarkError, Cost, run
from quartal.core.aws import AwsConnection
from quartal.core.settings import Settings

OURS, TUNED, NAIVE, DUCKDB = "quartal", "tuned Spark", "naive Spark", "DuckDB"
TUNED_SAME_JAVA = "tuned Spark, the job's Java options"
BARE, BARE_SAME_JAVA = "bare session", "bare session, the job's Java options"
JOB_HEAP, PEER_HEAP = "2g", "4g"
CORES = 2
# Hadoop and the SDK by the names that Glue's own double uses; see localstack_glue.service.settings.S3A_JARS.
S3A_JARS = ("hadoop-aws-3.3.1.jar", "aws-java-sdk-bundle-1.11.901.jar")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run of one tool.

    Attributes:
        cost: what it took.
        answer: what came of it.
        shuffle_bytes: None for a tool that has no shuffle.
        class_archive: whether Java loaded its archive of classes, as the job's manifest says.
    """

    cost: Cost
    answer: Answer
    shuffle_bytes: int | None
    class_archive: bool | None = None


class Tool(Protocol):
    """Something that turns a feed into features."""

    name: str

    def run(self, feed: Path) -> Outcome:
        """Do all the work on a feed, from nothing."""

    def prepare(self, feed: Path) -> None:
        """Do once what serves all later runs, if there is such a thing; a small feed will do."""


@dataclass(frozen=True, slots=True)
class Start:
    """How a program is started: variables for both Javas of spark-submit, and options of its own."""

    env: Mapping[str, str] = field(default_factory=dict)
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Java:
    """How docs/reference/etl-job.md has Java started: by the job's options, with an archive of the classes it loads."""

    options: Path
    archive: Path

    @property
    def as_it_runs(self) -> Start:
        """For a run, which reads the archive where there is one."""
        return self._start(*([f"-XX:SharedArchiveFile={self.archive}"] if self.archive.is_file() else []))

    @property
    def leaving_archive(self) -> Start:
        """For a run that leaves the archive."""
        return self._start(f"-XX:ArchiveClassesAtExit={self.archive} -Xlog:disable")

    def _start(self, *of_driver: str) -> Start:
        # spark-submit first starts a Java of another class path, for which the archive is not
        return Start({"JDK_JAVA_OPTIONS": f"@{self.options}"}, tuple(("--driver-java-options", o) for o in of_driver))


@dataclass(frozen=True, slots=True)
class Bench:
    """Where programs run and what they are given."""

    settings: Settings
    connection: AwsConnection
    env: Mapping[str, str]
    scratch: Path

    def log(self, name: str) -> Path:
        """A new log's path without its ending."""
        return self.scratch / "logs" / f"{re.sub('[^A-Za-z]+', '-', name)}-{uuid.uuid4().hex[:6]}"

    def java(self, name: str) -> Java:
        """Java as the job has it, with an archive of a program's own."""
        return Java(self.settings.root / "etl_job" / "java.options", self.scratch / f"{name}.jsa")

    def spark(
        self, log: Path, heap: str, script: Path, arguments: Sequence[str], start: Start
    ) -> tuple[Cost, str, int]:
        """Run a script with spark-submit; the cost, what it wrote to stdout, and the bytes it shuffled."""
        events = self.scratch / "events" / log.name
        events.mkdir(parents=True)
        conf = {
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.eventLog.dir": f"file://{events}",
            "spark.eventLog.enabled": "true",
            "spark.local.dir": str(self.scratch / "spark"),
            **self._s3a(),
        }
        command = [self._program("spark-submit"), "--master", f"local[{CORES}]", "--driver-memory", heap]
        command += [word for name, value in conf.items() for word in ("--conf", f"{name}={value}")]
        command += [word for option in start.options for word in option]
        cost, printed = run([*command, str(script), *arguments], {**self.env, **start.env}, log)
        shuffled = shuffled_bytes(events)
        shutil.rmtree(events)
        return cost, printed, shuffled

    def _program(self, name: str) -> str:
        return str(Path(sys.executable).with_name(name))

    def _s3a(self) -> dict[str, str]:
        jars = [
            next(self.settings.tools_dir.glob(f"glue-runtime-*/lib/*/site-packages/sagemaker_pyspark/jars/{jar}"))
            for jar in S3A_JARS
        ]
        return {"spark.driver.extraClassPath": os.pathsep.join(map(str, jars))}


@dataclass(frozen=True, slots=True)
class Job:
    """etl_job by spark-submit, with its data contract, its tables in the catalog, and its manifest."""

    bench: Bench
    name: str = OURS
    contract: Path | None = None

    @property
    def java(self) -> Java:
        """Its Java."""
        return self.bench.java("job")

    def run(self, feed: Path) -> Outcome:
        """See Tool: all deliveries of the feed in one run, into a new lake of local files."""
        return self._run(feed, self.java.as_it_runs)

    def prepare(self, feed: Path) -> None:
        """See Tool: an archive of classes."""
        if not self.java.archive.is_file():
            self._run(feed, self.java.leaving_archive)

    def _run(self, feed: Path, start: Start) -> Outcome:
        lake = local_lake(self.bench.connection, self.bench.scratch)
        try:
            lake.add_deliveries(deliveries_in(feed))
            return self.run_in(lake, start)
        finally:
            lake.remove()

    def run_in(self, lake: Lake, start: Start | None = None) -> Outcome:
        """One run over what is new in a lake."""
        run_id = f"bench-{uuid.uuid4().hex[:8]}"
        root = self.bench.settings.root
        named = {
            "lake_bucket": lake.root,
            "dataset": DATASET,
            "contract": str(self.contract or root / "data" / "contracts" / f"{DATASET}.yaml"),
            "database": lake.database,
            "run_id": run_id,
        }
        arguments = [word for name, value in named.items() for word in (f"--{name}", value)]
        script = root / "etl_job" / "main.py"
        cost, _, shuffled = self.bench.spark(
            self.bench.log(self.name), JOB_HEAP, script, arguments, self.java.as_it_runs if start is None else start
        )
        manifest = lake.manifest(run_id)
        found = answer(manifest["totals"], lake.features())
        return Outcome(cost, found, shuffled, manifest["spark"].get("class_archive"))


@dataclass(frozen=True, slots=True)
class SparkPeer:
    """A plain Spark script, with Java as it comes or as the job has it."""

    bench: Bench
    name: str
    script: str
    has_java_of_job: bool = False

    def run(self, feed: Path) -> Outcome:
        """See Tool."""
        return self._run(feed, self._java.as_it_runs if self.has_java_of_job else Start())

    def prepare(self, feed: Path) -> None:
        """See Tool: an archive of classes."""
        if self.has_java_of_job and not self._java.archive.is_file():
            self._run(feed, self._java.leaving_archive)

    @property
    def _java(self) -> Java:
        return self.bench.java(Path(self.script).stem)

    def _run(self, feed: Path, start: Start) -> Outcome:
        out = self.bench.scratch / f"out-{uuid.uuid4().hex[:8]}"
        script = _peer(self.bench, self.script)
        cost, printed, shuffled = self.bench.spark(
            self.bench.log(self.name), PEER_HEAP, script, [str(feed), str(out)], start
        )
        return Outcome(cost, _read_answer(printed, out), shuffled)


@dataclass(frozen=True, slots=True)
class BareSession:
    """A PySpark program that starts and counts the lines of one file, with Java as it comes or as the job has it."""

    bench: Bench
    name: str
    has_java_of_job: bool = False

    def run(self, feed: Path) -> Outcome:
        """See Tool."""
        return self._run(feed, self._java.as_it_runs if self.has_java_of_job else Start())

    def prepare(self, feed: Path) -> None:
        """See Tool: an archive of classes."""
        if self.has_java_of_job and not self._java.archive.is_file():
            self._run(feed, self._java.leaving_archive)

    @property
    def _java(self) -> Java:
        return self.bench.java("bare_session")

    def _run(self, feed: Path, start: Start) -> Outcome:
        file = next(iter(sorted(feed.rglob("*.csv"))))
        script = _peer(self.bench, "bare_session.py")
        cost, printed, shuffled = self.bench.spark(self.bench.log(self.name), JOB_HEAP, script, [str(file)], start)
        rows = int(printed.split()[-1])
        return Outcome(cost, Answer(rows, rows, 0, 0, 0, ""), shuffled)


@dataclass(frozen=True, slots=True)
class DuckDbPeer:
    """The DuckDB script."""

    bench: Bench
    name: str = DUCKDB

    def run(self, feed: Path) -> Outcome:
        """See Tool."""
        out = self.bench.scratch / f"out-{uuid.uuid4().hex[:8]}"
        command = [sys.executable, str(_peer(self.bench, "with_duckdb.py")), str(feed), str(out)]
        cost, printed = run(command, self.bench.env, self.bench.log(self.name))
        return Outcome(cost, _read_answer(printed, out), None)

    def prepare(self, feed: Path) -> None:
        """See Tool: nothing."""


def tools(bench: Bench, names: Sequence[str]) -> list[Tool]:
    """The tools of these names, in their order."""
    known: dict[str, Tool] = {
        OURS: Job(bench),
        TUNED: SparkPeer(bench, TUNED, "tuned_spark.py"),
        TUNED_SAME_JAVA: SparkPeer(bench, TUNED_SAME_JAVA, "tuned_spark.py", has_java_of_job=True),
        BARE: BareSession(bench, BARE),
        BARE_SAME_JAVA: BareSession(bench, BARE_SAME_JAVA, has_java_of_job=True),
        NAIVE: SparkPeer(bench, NAIVE, "naive_spark.py"),
        DUCKDB: DuckDbPeer(bench),
    }
    return [known[name] for name in names]


def shuffled_bytes(events: Path) -> int:
    """Bytes that tasks wrote to the shuffle, by Spark's event log."""
    total = 0
    for file in events.iterdir():
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                if line.startswith('{"Event":"SparkListenerTaskEnd"'):
                    metrics = json.loads(line).get("Task Metrics") or {}
                    total += metrics.get("Shuffle Write Metrics", {}).get("Shuffle Bytes Written", 0)
    return total


def _peer(bench: Bench, script: str) -> Path:
    return bench.settings.root / "benchmarks" / "peers" / script


def _read_answer(printed: str, out: Path) -> Answer:
    try:
        counts = json.loads(printed.strip().splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise BenchmarkError(f"no counts in what the script printed: {printed[-500:]!r}") from error
    found = answer(counts, out / "features")
    shutil.rmtree(out)
    return found
