"""Drivers of databases are there for every Spark run; a table format's jars for the runs that ask for it."""

from dataclasses import replace
from pathlib import Path

import pytest

from localstack_glue.jobs.runtime import jars
from localstack_glue.service.settings import Settings

ICEBERG = "iceberg-spark-runtime-3.5_2.12-1.10.0.jar"
CATALOG = "spark.sql.catalog.glue_catalog"
OF_ICEBERG = f"{CATALOG}=org.apache.iceberg.spark.SparkCatalog"
PIECES = ("apache-client", "dynamodb", "glue", "kms", "s3", "sdk-core", "sts")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in ("ojdbc11.jar", ICEBERG, "delta-spark_2.12-3.3.2.jar", "iceberg-spark-runtime-3.5_2.13-1.10.0.jar"):
        (tmp_path / name).touch()
    return Settings(
        Path("python"), (tmp_path / "site-packages",), None, None, tmp_path / "work", extra_jars_dir=tmp_path
    )


def names(merged: dict[str, str], settings: Settings) -> set[str]:
    return {jar.name for jar in jars.of_run(merged, settings)}


def test_table_formats_are_on_the_class_path_of_runs_that_request_them(settings: Settings) -> None:
    others = {"ojdbc11.jar"}  # a jar of no known name is the user's matter
    assert names({}, settings) == others
    assert names({"--datalake-formats": "iceberg"}, settings) == others | {ICEBERG}


def test_drivers_of_the_system_are_found_without_a_folder(tmp_path: Path) -> None:
    (tmp_path / "postgresql.jar").touch()
    (tmp_path / "gettext.jar").touch()
    none = Settings(Path("python"), (), None, None, tmp_path)
    assert jars.of_run({}, none, tmp_path) == (tmp_path / "postgresql.jar",)


@pytest.mark.parametrize(
    ("merged", "why"),
    [
        ({}, None),
        ({"--datalake-formats": "iceberg"}, None),
        ({"--datalake-formats": "iceberg,hudi"}, "hudi-spark3.5-bundle_2.12-"),
        ({"--datalake-formats": "hudi", "--extra-jars": "s3://lake/hudi-spark3-bundle_2.12-0.15.jar"}, None),
        ({"--datalake-formats": "delta"}, "delta-storage-"),
        ({"--datalake-formats": "paimon"}, "not a table format of Glue"),
        (
            {
                "--datalake-formats": "iceberg",
                "--conf": "spark.sql.catalog.g.catalog-impl=org.apache.iceberg.aws.glue.GlueCatalog",
            },
            "iceberg-aws-bundle",
        ),
        ({"--datalake-formats": "iceberg", "--conf": f"{OF_ICEBERG} --conf {CATALOG}.type=glue"}, "iceberg-aws-bundle"),
        ({"--datalake-formats": "iceberg", "--conf": f"{OF_ICEBERG} --conf {CATALOG}.type=hadoop"}, None),
        ({"--datalake-formats": "iceberg", "--conf": "spark.sql.catalog.other.type=glue"}, None),
    ],
)
def test_missing_jars_are_named_before_the_run_starts(
    settings: Settings, merged: dict[str, str], why: str | None
) -> None:
    found = jars.missing(merged, settings)
    assert (why in found) if why and found else found is why


def test_sdk_of_aws_may_come_in_pieces_if_all_are_there(settings: Settings, tmp_path: Path) -> None:
    merged = {"--datalake-formats": "iceberg", "--conf": f"{OF_ICEBERG} --conf {CATALOG}.type=glue"}
    for piece in PIECES[1:]:
        (tmp_path / f"{piece}-2.29.26.jar").touch()
    assert "iceberg-aws-bundle" in (jars.missing(merged, settings) or "")
    (tmp_path / "apache-client-2.29.26.jar").touch()
    assert jars.missing(merged, settings) is None


def test_each_spark_finds_the_jars_of_its_own_scala_in_one_folder(settings: Settings, tmp_path: Path) -> None:  # G34
    ours = {"delta-spark_4.1_2.13-4.2.0.jar", "delta-storage-4.2.0.jar", "connector_2.13-2.jar"}
    for name in {*ours, "delta-storage-3.3.2.jar", "connector_2.12-2.jar"}:
        (tmp_path / name).touch()
    site_packages = tmp_path / "of-6" / "site-packages"
    (site_packages / "pyspark").mkdir(parents=True)
    (site_packages / "pyspark-4.1.1.dist-info").mkdir()
    of_6 = replace(settings, site_packages=(site_packages,))

    assert names({"--datalake-formats": "delta"}, of_6) == {"ojdbc11.jar", *ours}
    assert names({"--datalake-formats": "delta"}, settings) == {
        "ojdbc11.jar",
        "connector_2.12-2.jar",
        "delta-spark_2.12-3.3.2.jar",
        "delta-storage-3.3.2.jar",
    }
    (tmp_path / "iceberg-spark-runtime-4.0_2.13-1.11.0.jar").touch()
    assert "iceberg-spark-runtime-4.1_2.13-" in (jars.missing({"--datalake-formats": "iceberg"}, of_6) or "")
    (tmp_path / "iceberg-spark-runtime-4.1_2.13-1.11.0.jar").touch()
    assert jars.missing({"--datalake-formats": "iceberg"}, of_6) is None
