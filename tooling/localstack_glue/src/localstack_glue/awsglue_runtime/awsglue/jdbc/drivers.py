"""The driver's class: on the class path of the run, or in a jar that the connection names."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from pyspark.sql import SparkSession

from awsglue.errors import GlueDataError, unsupported
from awsglue.jdbc.vendors import Vendor, without_secrets


def find(session: SparkSession, vendor: Vendor, wanted: str, jar: str) -> str:
    """The driver class to use.

    Raises:
        GlueDataError: the connection names no class, and the kind of database has no known one.
        GlueUnsupportedError: the class is not on the class path.
    """
    if jar and not jar.startswith(("http://", "https://")):  # the image of a Marketplace connector is not a jar
        add_jar(session, jar)
    candidates: Sequence[str] = (wanted,) if wanted else vendor.drivers
    if not candidates:
        raise GlueDataError("the connection needs a driver's class: className, driver or customJdbcDriverClassName")
    found = next((name for name in candidates if _is_there(session, name)), None)
    if found is None:
        unsupported(
            f"{vendor.name} without the JDBC driver {' or '.join(candidates)}",
            "put its jar into the folder LOCALSTACK_GLUE_EXTRA_JARS, or name it in --extra-jars",
        )
    return found


def add_jar(session: SparkSession, jar: str) -> None:
    """Let the session load classes from a jar, on this machine or in S3.

    Raises:
        GlueDataError: the jar cannot be read.
    """
    path = jar
    if jar.startswith(("s3://", "s3a://", "s3n://")):
        bucket, _, key = jar.partition("://")[2].partition("/")
        folder = Path(tempfile.mkdtemp(prefix="jdbc-driver-"))
        path = str(folder / Path(key).name)
        try:
            boto3.client("s3").download_file(bucket, key, path)
        except ClientError as error:
            raise GlueDataError(f"the jar of the driver, {jar}, cannot be read: {error}") from error
    session.sql(f"ADD JAR {path!r}")


def check_url(session: SparkSession, name: str, url: str) -> None:
    """Refuse a URL that the driver does not accept. Spark's own error would show the whole URL.

    Raises:
        GlueDataError: the driver does not accept the URL.
    """
    driver = _loader(session).loadClass(name).getDeclaredConstructor(None).newInstance(None)
    if not driver.acceptsURL(url):
        raise GlueDataError(f"the driver {name} does not take the URL {without_secrets(url)}")


def _is_there(session: SparkSession, name: str) -> bool:
    from py4j.protocol import Py4JJavaError

    try:
        _loader(session).loadClass(name)
    except Py4JJavaError:
        return False
    return True


def _loader(session: SparkSession) -> Any:
    """The class loader in which Spark looks for a driver: that of the thread, which has the added jars."""
    jvm: Any = session._jvm
    return jvm.java.lang.Thread.currentThread().getContextClassLoader()
