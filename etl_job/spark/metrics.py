"""Spark's metrics of a run, from its status store, which exists even without the web interface.

PySpark has no public way to the store, nor to what Java says of its memory: its private handles lead to both.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from etl_job.manifest.model import SparkMetrics

_EVENTS_TIMEOUT_MS = 10_000
_ARCHIVE = "-XX:SharedArchiveFile="


@dataclass(frozen=True, slots=True)
class SparkMeter:
    """Counts from a stage and a job on. Make it with ``SparkMeter.started``."""

    _spark: SparkSession
    _first_stage: int = 0
    _first_job: int = 0

    @classmethod
    def started(cls, spark: SparkSession) -> "SparkMeter":
        """One that begins to count now: a session may have served others before, as in tests."""
        past = cls(spark)
        first_stage = 1 + max((stage["stageId"] for stage in past._stages()), default=-1)
        return cls(spark, first_stage, 1 + max((job["jobId"] for job in past._jobs()), default=-1))

    def read(self, rows_read: int = 0, bytes_read: int = 0) -> SparkMetrics:
        """All metrics since the beginning. Spark keeps the newest 1,000 stages, many times the number in a run.

        Spark does not see what Python workers read themselves; it is added.
        """
        stages = [stage for stage in self._stages() if stage["stageId"] >= self._first_stage]

        def total(name: str) -> int:
            return sum(int(stage[name]) for stage in stages)

        return SparkMetrics(
            jobs=sum(job["jobId"] >= self._first_job for job in self._jobs()),
            stages=sum(stage["numCompleteTasks"] > 0 for stage in stages),
            tasks=total("numCompleteTasks"),
            bytes_read=bytes_read + total("inputBytes"),
            rows_read=rows_read + total("inputRecords"),
            bytes_written=total("outputBytes"),
            shuffle_write_bytes=total("shuffleWriteBytes"),
            shuffle_read_bytes=total("shuffleReadBytes"),
            spilled_memory_bytes=total("memoryBytesSpilled"),
            spilled_disk_bytes=total("diskBytesSpilled"),
            executor_cpu_seconds=round(total("executorCpuTime") / 1e9, 2),
            gc_seconds=round(total("jvmGcTime") / 1e3, 2),
            peak_heap_bytes=max([self._peak_of_driver(), *self._peaks_of_executors()], default=None),
            class_archive=self._has_class_archive(),
        )

    def _has_class_archive(self) -> bool | None:
        """Whether Java uses its class archive, by Linux's maps: it silently ignores one for another class path."""
        java: Any = self._spark.sparkContext._jvm.java.lang  # type: ignore[union-attr]
        arguments = self._values(java.management.ManagementFactory.getRuntimeMXBean().getInputArguments())
        return loads_archive(arguments, Path(f"/proc/{java.ProcessHandle.current().pid()}/maps"))

    def _store(self) -> Any:
        context: Any = self._spark.sparkContext._jsc.sc()
        context.listenerBus().waitUntilEmpty(_EVENTS_TIMEOUT_MS)
        return context.statusStore()

    def _stages(self) -> Any:
        context: Any = self._spark.sparkContext
        nothing = context._jvm.java.util.ArrayList()
        quantiles = context._gateway.new_array(context._jvm.double, 0)
        return self._values(self._store().stageList(nothing, False, False, quantiles, nothing))

    def _jobs(self) -> Any:
        return self._values(self._store().jobsList(self._spark.sparkContext._jvm.java.util.ArrayList()))  # type: ignore[union-attr]

    def _peak_of_driver(self) -> int:
        management: Any = self._spark.sparkContext._jvm.java.lang.management  # type: ignore[union-attr]
        pools = management.ManagementFactory.getMemoryPoolMXBeans()
        found = [pools.get(place) for place in range(pools.size())]
        return sum(int(pool.getPeakUsage().getUsed()) for pool in found if str(pool.getType().name()) == "HEAP")

    def _peaks_of_executors(self) -> list[int]:
        peaks = [executor.get("peakMemoryMetrics") for executor in self._values(self._store().executorList(False))]
        return [int(peak["JVMHeapMemory"]) for peak in peaks if peak]  # known from the first heartbeat on

    def _values(self, listed: Any) -> Any:
        """The values of a Java or Scala collection, read as JSON in one call, which saves thousands of calls."""
        return json.loads(_json_mapper(self._spark).writeValueAsString(listed))


@cache
def _json_mapper(spark: SparkSession) -> Any:
    """Jackson for Scala's classes: it learns how each is written the first time."""
    jackson: Any = spark.sparkContext._jvm.com.fasterxml.jackson  # type: ignore[union-attr]
    mapper = jackson.databind.ObjectMapper()
    mapper.registerModule(jackson.module.scala.DefaultScalaModule())
    return mapper


def loads_archive(arguments: Sequence[str], maps: Path) -> bool | None:
    """Whether a Java with these arguments has mapped its class archive; None if it has none."""
    archives = [word.removeprefix(_ARCHIVE) for word in arguments if word.startswith(_ARCHIVE)]
    if not archives or not maps.is_file():
        return None
    return any(line.endswith(f"/{Path(archives[-1]).name}") for line in maps.read_text().splitlines())
