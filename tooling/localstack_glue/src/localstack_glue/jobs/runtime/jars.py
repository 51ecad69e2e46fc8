"""Jars of Glue jobs that this service does not install: database drivers and Spark's table formats."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from localstack_glue.jobs.runtime import arguments, iceberg_catalogs
from localstack_glue.service.settings import Settings

FOLDER_VARIABLE = "LOCALSTACK_GLUE_EXTRA_JARS"
# where Debian's packages libpostgresql-jdbc-java and libmariadb-java put them
SYSTEM_JARS = Path("/usr/share/java")
SYSTEM_DRIVERS = ("postgresql.jar", "mariadb-java-client.jar")
# how the jars begin that a Spark needs for a format of --datalake-formats: 3.5 with Scala 2.12, and 4.1 with 2.13
_OF_SPARK_3: Mapping[str, Sequence[str]] = {
    "delta": ("delta-spark_2.12-", "delta-storage-3."),
    "hudi": ("hudi-spark3.5-bundle_2.12-",),
    "iceberg": ("iceberg-spark-runtime-3.5_2.12-",),
}
_OF_SPARK_4: Mapping[str, Sequence[str]] = {
    "delta": ("delta-spark_", "delta-storage-4."),
    "hudi": ("hudi-spark4",),
    "iceberg": ("iceberg-spark-runtime-4.1_2.13-",),  # Iceberg's name for 4.0 is for another Spark
}
_FORMATS = ("delta-spark_", "delta-storage-", "hudi-spark", "iceberg-spark-runtime-")
# AWS's SDK for Java as one jar, or at least these of its pieces
_AWS_JARS = ("iceberg-aws-bundle-", "bundle-2")
_AWS_PIECES = ("apache-client-2", "dynamodb-2", "glue-2", "kms-2", "s3-2", "sdk-core-2", "sts-2")


def of_run(merged: Mapping[str, str], settings: Settings, system: Path = SYSTEM_JARS) -> tuple[Path, ...]:
    """The jars of a run besides those it names itself: all drivers, and the table formats that it requests."""
    wanted = tuple(prefix for name in _formats(merged) for prefix in _of_formats(settings).get(name, ()))
    fitting = [jar for jar in _folder(settings) if _foreign_scala(settings) not in jar.name]
    named = [jar for jar in fitting if not jar.name.startswith(_FORMATS) or jar.name.startswith(wanted)]
    if settings.extra_jars_dir is None:
        named += [jar for name in SYSTEM_DRIVERS if (jar := system / name).is_file()]
    return tuple(named)


def missing(merged: Mapping[str, str], settings: Settings) -> str | None:
    """The table format that a run requests and that is missing, or None."""
    own = [Path(uri) for uri in arguments.comma_list(merged, "--extra-jars")]
    found = [*own, *of_run(merged, settings)]
    where = f"put it into the folder {FOLDER_VARIABLE}, or name it in --extra-jars"
    of_formats = _of_formats(settings)
    for name in _formats(merged):
        if name not in of_formats:
            return f"--datalake-formats {name} is not a table format of Glue: use {', '.join(sorted(of_formats))}"
        if any(name in jar.name.lower() for jar in own):
            continue
        for prefix in of_formats[name]:
            if not _has(found, prefix):
                return f"--datalake-formats {name} needs the jar {prefix}*.jar, which was not found: {where}"
    needs_aws = "iceberg" in _formats(merged) and iceberg_catalogs.need_aws(arguments.spark_conf(merged))
    if needs_aws and not _has_sdk(found):
        return f"Iceberg's GlueCatalog and S3FileIO need the jar iceberg-aws-bundle-*.jar, which was not found: {where}"
    return None


def _formats(merged: Mapping[str, str]) -> list[str]:
    return [name.lower() for name in arguments.comma_list(merged, "--datalake-formats") if name.lower() != "false"]


def _folder(settings: Settings) -> list[Path]:
    return [] if settings.extra_jars_dir is None else sorted(settings.extra_jars_dir.glob("*.jar"))


def _of_formats(settings: Settings) -> Mapping[str, Sequence[str]]:
    return _OF_SPARK_4 if _is_spark_4(settings) else _OF_SPARK_3


def _foreign_scala(settings: Settings) -> str:
    """The part of the name of jars that a runtime cannot load: the two Scala versions are incompatible."""
    return "_2.12" if _is_spark_4(settings) else "_2.13"


def _is_spark_4(settings: Settings) -> bool:
    return (settings.spark_version or "").startswith("4.")


def _has_sdk(jars: Sequence[Path]) -> bool:
    return any(_has(jars, prefix) for prefix in _AWS_JARS) or all(_has(jars, piece) for piece in _AWS_PIECES)


def _has(jars: Sequence[Path], prefix: str) -> bool:
    return any(jar.name.startswith(prefix) for jar in jars)
