"""Jars that a Glue job has and this service does not bring: drivers of databases, Spark's jars of table formats."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from localstack_glue.jobs.runtime import arguments
from localstack_glue.service.settings import Settings

FOLDER_VARIABLE = "LOCALSTACK_GLUE_EXTRA_JARS"
# where Debian's packages libpostgresql-jdbc-java and libmariadb-java put them
SYSTEM_JARS = Path("/usr/share/java")
SYSTEM_DRIVERS = ("postgresql.jar", "mariadb-java-client.jar")
# how the jars begin that Spark 3.5 with Scala 2.12 needs for a format of --datalake-formats
_OF_FORMATS: Mapping[str, Sequence[str]] = {
    "delta": ("delta-spark_2.12-", "delta-storage-"),
    "hudi": ("hudi-spark3.5-bundle_2.12-",),
    "iceberg": ("iceberg-spark-runtime-3.5_2.12-",),
}
_AWS_CATALOG, _AWS_JARS = "org.apache.iceberg.aws.", ("iceberg-aws-bundle-", "bundle-2")


def of_run(merged: Mapping[str, str], settings: Settings, system: Path = SYSTEM_JARS) -> tuple[Path, ...]:
    """The jars that a run finds besides those it names itself: drivers always, a table format's if it asks for it."""
    wanted = [prefix for name in _formats(merged) for prefix in _OF_FORMATS.get(name, ())]
    named = [jar for jar in _folder(settings) if not _is_of_a_format(jar) or jar.name.startswith(tuple(wanted))]
    if settings.extra_jars_dir is None:
        named += [jar for name in SYSTEM_DRIVERS if (jar := system / name).is_file()]
    return tuple(named)


def missing(merged: Mapping[str, str], settings: Settings) -> str | None:
    """Say which table format a run asks for and cannot have, or None."""
    own = [Path(uri) for uri in arguments.comma_list(merged, "--extra-jars")]
    found = [*own, *of_run(merged, settings)]
    where = f"put it into the folder {FOLDER_VARIABLE}, or name it in --extra-jars"
    for name in _formats(merged):
        if name not in _OF_FORMATS:
            return f"--datalake-formats {name} is not a table format of Glue: give {', '.join(sorted(_OF_FORMATS))}"
        if any(name in jar.name.lower() for jar in own):
            continue
        for prefix in _OF_FORMATS[name]:
            if not _has(found, prefix):
                return f"--datalake-formats {name} needs the jar {prefix}*.jar, which is not here: {where}"
    uses_aws = any(value.startswith(_AWS_CATALOG) for value in arguments.spark_conf(merged).values())
    if "iceberg" in _formats(merged) and uses_aws and not any(jar.name.startswith(_AWS_JARS) for jar in found):
        return f"Iceberg's GlueCatalog and S3FileIO need the jar iceberg-aws-bundle-*.jar, which is not here: {where}"
    return None


def _formats(merged: Mapping[str, str]) -> list[str]:
    return [name.lower() for name in arguments.comma_list(merged, "--datalake-formats") if name.lower() != "false"]


def _folder(settings: Settings) -> list[Path]:
    return [] if settings.extra_jars_dir is None else sorted(settings.extra_jars_dir.glob("*.jar"))


def _is_of_a_format(jar: Path) -> bool:
    return jar.name.startswith(tuple(prefix for prefixes in _OF_FORMATS.values() for prefix in prefixes))


def _has(jars: Sequence[Path], prefix: str) -> bool:
    return any(jar.name.startswith(prefix) for jar in jars)
