"""The Spark session of unit tests: one for each worker, small, and it does not grow with what it has run."""

from pyspark.sql import SparkSession

# Hundreds of runs share it. What Spark remembers of each is kept short: it would fill Java's memory, and each run of
# the job reads it for the manifest. A broadcast table holds a page until Java collects it, which has 16 MB and more
# unless a size is given. Tests plan much and compute little: the quick compiler alone halves their time, and
# what it made of a plan is kept for the next run of the same contract.
_OPTIONS = {
    "spark.ui.enabled": "false",
    "spark.ui.retainedJobs": "50",
    "spark.ui.retainedStages": "100",
    "spark.ui.retainedTasks": "1000",
    "spark.sql.ui.retainedExecutions": "10",
    "spark.sql.codegen.cache.maxEntries": "5000",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.buffer.pageSize": "1m",
    "spark.driver.memory": "2g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC -Xmn512m",
}


def small_session(warehouse: str) -> SparkSession:
    """The worker's session, made where there is none; tables without a location go to the folder."""
    builder = SparkSession.builder.master("local[2]").appName("unit tests").config("spark.sql.warehouse.dir", warehouse)
    for name, value in _OPTIONS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session
