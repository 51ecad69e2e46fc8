"""The only place that creates the Spark session or takes an existing one."""

import os
import sys
from collections.abc import Mapping
from typing import Any

from pyspark import SparkConf
from pyspark.sql import SparkSession

_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",  # a value that does not parse is a violation to record, not an exception
    "spark.sql.adaptive.enabled": "true",
    # Merge small shuffle partitions to the advisory size instead of to the number of cores: fewer, larger files.
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
    "spark.sql.parquet.compression.codec": "zstd",
    # What a run keeps in memory is read once or twice: to look how it compresses takes longer than that saves.
    "spark.sql.inMemoryColumnarStorage.compressed": "false",
    # Files of several parts at a time (sql_rules.py), instead of a sort of all rows by part before they are written.
    "spark.sql.maxConcurrentOutputFileWriters": "8",
    # Semi joins of keys with the registers of published deliveries always use a Bloom filter first:
    # without it all keys ever delivered would be shuffled (duplicates/keys_across_deliveries.py).
    "spark.sql.optimizer.runtime.bloomFilter.enabled": "true",
    "spark.sql.optimizer.runtime.bloomFilter.applicationSideScanSizeThreshold": "0",
    "spark.sql.optimizer.runtime.bloomFilter.creationSideThreshold": "1TB",
    "spark.sql.optimizer.runtime.bloomFilter.expectedNumItems": "40000000",
    "spark.sql.optimizer.runtime.bloomFilter.maxNumItems": "40000000",
    "spark.sql.optimizer.runtime.bloomFilter.maxNumBits": "400000000",
    # Listing a few hundred files from the driver beats starting a Spark job to do it.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "256",
    # Files move once, at task commit. Readers see only what the Iceberg commit names: half-written folders do no harm.
    "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}
# What the job and PySpark ask Java for by name in every run.
_KEPT_NAMES = (
    *(f"functions.{name}" for name in ("coalesce", "col", "expr", "lit", "substring", "sum", "when")),
    "PythonRDD.collectAndServe",
    "PythonRDD.readRDDFromFile",
    "PythonUtils.getBroadcastThreshold",
    "PythonUtils.toSeq",
    "SerDeUtil.toJavaArray",
    "SimplePythonFunction",
    "SparkConf",
    "SparkSession.getActiveSession",
    "SparkSession$.MODULE$",
    "com.fasterxml.jackson.databind.ObjectMapper",
    "com.fasterxml.jackson.module.scala.DefaultScalaModule",
    "double",
    "java.lang.ProcessHandle",
    "java.lang.management.ManagementFactory",
    "java.util.ArrayList",
    "org.apache.spark.sql.expressions.Window",
    "org.apache.spark.sql.types.StructType",
)
# Below this, what a plan costs to make over and over is more than what a better one would save.
SMALL_INPUT_BYTES = 128_000_000
PARTITION_BYTES = 48_000_000
LEAST_PARTITION_BYTES = 8_000_000


def get_session(environ: Mapping[str, str]) -> SparkSession:
    """Take the running session or create one, with the settings that the job relies on."""
    if SparkConf().get("spark.master", "local").startswith("local"):
        # Workers on this machine are of this Python, which has the packages they need.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # The web interface is a server open to the network: only where somebody asked for it.
    ui = SparkConf().get("spark.ui.enabled", "false")
    spark = SparkSession.builder.appName("quartal-etl").config(map={**_SETTINGS, "spark.ui.enabled": ui}).getOrCreate()
    # Read from Spark's own settings: Hadoop's defaults name an endpoint that was not configured.
    if not spark.sparkContext.getConf().contains("spark.hadoop.fs.s3a.endpoint"):
        # Settings of a session that runs already: spark.conf does not reach Hadoop's.
        hadoop = spark.sparkContext._jsc.hadoopConfiguration()
        for name, value in object_store_settings(environ).items():
            hadoop.set(name, value)
    _keep_names(spark)
    return spark


def _keep_names(spark: SparkSession) -> None:
    """Cache the Java packages, classes and functions that a run uses most.

    PySpark asks py4j for each of them, and for each package on the way, each time one is used. Java then looks for the
    name in vain in hundreds of jars before it finds it: together a millisecond a call, more than a second for the plans
    of a run.
    """
    jvm: Any = spark.sparkContext._jvm  # no public way: the names are py4j's
    for path in _KEPT_NAMES:
        holder = jvm
        for name in path.split("."):
            found = getattr(holder, name)
            setattr(holder, name, found)
            holder = found


def object_store_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings that make S3A follow AWS's own endpoint variables, which it does not read itself.

    For a plain `spark-submit`; if Spark was configured with an endpoint, that one is used.
    """
    endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        return {}
    return {
        "fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "fs.s3a.endpoint": endpoint,
        "fs.s3a.path.style.access": "true",
        "fs.s3a.connection.ssl.enabled": str(endpoint.startswith("https")).lower(),
    }


def tune_shuffle(spark: SparkSession, input_bytes: int, reads_registers: bool = False) -> None:
    """Set the number of shuffle partitions for the data, about 48 MB of raw text each, and whether plans adapt.

    A small input is planned once. Adaptive execution plans and compiles again after each stage, and each stage is a
    Spark job of its own. That is worth it if sizes are unknown: for large data, and if a few keys are compared with
    all.
    """
    cores = spark.sparkContext.defaultParallelism
    adaptive = reads_registers or input_bytes > SMALL_INPUT_BYTES
    # Nothing merges partitions that turn out small where plans do not adapt: a big cluster would make crumbs.
    least = cores if adaptive else min(cores, -(-input_bytes // LEAST_PARTITION_BYTES))
    partitions = max(1, least, -(-input_bytes // PARTITION_BYTES))
    spark.conf.set("spark.sql.shuffle.partitions", str(partitions))
    spark.conf.set("spark.sql.adaptive.enabled", str(adaptive).lower())
