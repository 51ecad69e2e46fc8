"""Spark's configuration files for one run: a script gets S3 and its limits however it builds its session."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localstack_glue.jobs.runtime import iceberg_catalogs
from localstack_glue.service.settings import S3A_JARS

JAVA_OPTIONS = "spark.driver.extraJavaOptions"
DEFAULTS_FILE, LOG4J_FILE = "spark-defaults.conf", "log4j2.properties"
# LocalStack signs its own certificate, on the loopback interface
TRUST_LOCALSTACK = "-Dcom.amazonaws.sdk.disableCertChecking=true"
WORKER_DAEMON = "glue_local_worker_daemon"  # a module of awsglue_runtime, which is on the path of a run's processes
# Spark 4 has Hadoop 3.4, whose defaults for these have units, and the S3A of the jars takes numbers only
_PLAIN_NUMBERS = {
    "spark.hadoop.fs.s3a.connection.establish.timeout": "30000",
    "spark.hadoop.fs.s3a.connection.timeout": "200000",
    "spark.hadoop.fs.s3a.multipart.purge.age": "86400",
    "spark.hadoop.fs.s3a.threads.keepalivetime": "60",
}
LOG4J = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
logger.metrics.name = org.apache.hadoop.metrics2
logger.metrics.level = error
logger.sdk.name = com.amazonaws
logger.sdk.level = error
logger.repl.name = org.apache.spark.util.SparkConfigUtils
logger.repl.level = error
"""


@dataclass(frozen=True, slots=True)
class SparkRun:
    """The properties of a run that determine its Spark configuration."""

    app_name: str
    cores: int
    heap_mb: int
    endpoint_url: str
    region: str
    scratch: Path
    temporary: Path
    jars_dir: Path
    conf: Path
    found_jars: tuple[Path, ...] = ()
    extra_jars: tuple[Path, ...] = ()
    java_options: str = ""
    class_archive: Path | None = None
    user_jars_first: bool = False
    event_logs: Path | None = None
    spark_version: str | None = None


def spark_defaults(run: SparkRun, overrides: Mapping[str, str]) -> dict[str, str]:
    """Build the properties of `spark-defaults.conf`; `overrides` are the run's `--conf` (G28)."""
    own_jars = [*(str(run.jars_dir / jar) for jar in S3A_JARS), *map(str, run.found_jars)]
    extra_jars = [str(jar) for jar in run.extra_jars]
    jars = extra_jars + own_jars if run.user_jars_first else own_jars + extra_jars
    # Java does not follow TMPDIR; and it leaves its performance data in /tmp when it is killed, as a run's end does
    own_options = [
        TRUST_LOCALSTACK,
        f'"-Djava.io.tmpdir={run.temporary}"',
        f'"-Dlog4j2.configurationFile={run.conf / LOG4J_FILE}"',
        "-XX:-UsePerfData",
    ]
    if run.class_archive is not None:  # Java also reports in its output if one does not fit
        own_options += [f'"-XX:SharedArchiveFile={run.class_archive}"', "-Xshare:auto", "-Xlog:cds*=off"]
    s3a = "org.apache.hadoop.fs.s3a.S3AFileSystem"
    events = {}
    if run.event_logs is not None:
        events = {"spark.eventLog.enabled": "true", "spark.eventLog.dir": run.event_logs.as_uri()}
    return {
        "spark.app.name": run.app_name,
        "spark.master": f"local[{run.cores}]",
        "spark.driver.memory": f"{run.heap_mb}m",
        # on the class path, not in spark.jars: that would copy 190 MB before each session
        "spark.driver.extraClassPath": ":".join(jars),
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.python.daemon.module": WORKER_DAEMON,
        "spark.sql.warehouse.dir": str(run.scratch / "spark-warehouse"),
        "spark.hadoop.hadoop.tmp.dir": str(run.scratch / "hadoop"),
        "spark.hadoop.fs.s3.impl": s3a,
        "spark.hadoop.fs.s3a.impl": s3a,
        "spark.hadoop.fs.s3n.impl": s3a,
        "spark.hadoop.fs.s3a.endpoint": _over_tls(run.endpoint_url),
        "spark.hadoop.fs.s3a.endpoint.region": run.region,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "true",
        "spark.hadoop.fs.s3a.aws.credentials.provider": "com.amazonaws.auth.EnvironmentVariableCredentialsProvider",
        "spark.hadoop.fs.s3a.buffer.dir": str(run.scratch / "s3a"),
        **(_PLAIN_NUMBERS if (run.spark_version or "").startswith("4.") else {}),
        # Glue commits with an S3-optimised committer; of Hadoop's two, this one copies each object once less
        "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
        **events,
        **iceberg_catalogs.endpoints(overrides, run.endpoint_url),
        **overrides,
        JAVA_OPTIONS: " ".join(filter(None, (*own_options, run.java_options, overrides.get(JAVA_OPTIONS)))),
    }


def write(folder: Path, properties: Mapping[str, str]) -> None:
    """Write a SPARK_CONF_DIR."""
    folder.mkdir(parents=True)
    lines = [f"{key} {_escaped(value)}" for key, value in properties.items()]
    (folder / DEFAULTS_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / LOG4J_FILE).write_text(LOG4J, encoding="utf-8")


def _over_tls(endpoint_url: str) -> str:
    """The same gateway over TLS, which LocalStack answers on the same port.

    The AWS SDK inside S3A refuses to copy an object that has a KMS key over plain HTTP, and Hadoop's committers rename,
    which on S3 is a copy: without TLS no job could write to an encrypted bucket.
    """
    return endpoint_url.replace("http://", "https://", 1)


def _escaped(value: str) -> str:
    """Keep a value on one line of a Java properties file."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
