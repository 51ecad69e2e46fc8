"""The Spark session of unit tests: one for each worker, small, and it does not grow with what it has run."""

import os
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from quartal.core.settings import LOCALSTACK_ENVIRONMENT, Settings
from quartal.local.toolchain import class_archive

ROOT = Path(__file__).parents[1]
S3A_JARS = ("hadoop-aws-3.3.1.jar", "aws-java-sdk-bundle-1.11.901.jar")  # those of localstack_glue's runs
_JAVA = "spark.driver.extraJavaOptions"
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
    _JAVA: "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC -Xmn512m",
}


def small_session(warehouse: str) -> SparkSession:
    """The worker's session, made where there is none; tables without a location go to the folder."""
    builder = SparkSession.builder.master("local[2]").appName("unit tests").config("spark.sql.warehouse.dir", warehouse)
    options, archive = dict(_OPTIONS), archive_of_classes()
    with pytest.MonkeyPatch.context() as patch:  # the variables are about this Java alone
        if archive.is_file():
            _start_from(archive, options, patch)
        for name, value in options.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def archive_of_classes() -> Path:
    """Where the local Glue runtime has the archive that its Java starts from; `quartal toolchain install` makes it."""
    return class_archive.archive_path(Settings.from_env(os.environ, environment=LOCALSTACK_ENVIRONMENT, cwd=ROOT))


def _start_from(archive: Path, options: dict[str, str], patch: pytest.MonkeyPatch) -> None:
    """Start Java from the archive, with which its start and the first runs cost half of the processor time.

    Java takes it for the class path of local job runs alone. That is the same Spark in the runtime's folder, behind two
    jars for S3.
    """
    packages = next(archive.parent.glob("lib/python*/site-packages"))
    jars = packages / "sagemaker_pyspark" / "jars"
    patch.setenv("SPARK_HOME", str(packages / "pyspark"))
    patch.delenv("SPARK_CONF_DIR", raising=False)
    options["spark.driver.extraClassPath"] = ":".join(str(jars / name) for name in S3A_JARS)
    options[_JAVA] += f' "-XX:SharedArchiveFile={archive}"'
