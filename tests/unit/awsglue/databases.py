"""The databases of these tests: real servers of this machine, and the drivers that Debian's packages carry."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from awsglue.jdbc import drivers

FOLDER = Path("/usr/share/java")
POSTGRESQL, MARIADB = "postgresql.jar", "mariadb-java-client.jar"
_PACKAGES = {POSTGRESQL: "libpostgresql-jdbc-java", MARIADB: "libmariadb-java"}


def require_driver(jar: str) -> None:
    """Skip the test where there is no such driver."""
    if not (FOLDER / jar).exists():
        pytest.skip(f"no {jar} on this machine: apt-get install {_PACKAGES[jar]}")


def use_driver(spark: SparkSession, jar: str) -> None:
    """Give the session a driver."""
    drivers.add_jar(spark, str(FOLDER / jar))
