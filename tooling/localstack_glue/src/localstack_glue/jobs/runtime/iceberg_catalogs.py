"""Iceberg's catalogs in a run's `--conf`: which of them talk to AWS, and how they find the service here."""

from collections.abc import Mapping

_CATALOG = "spark.sql.catalog."
_OF_SPARK, _OF_AWS = "org.apache.iceberg.spark.", "org.apache.iceberg.aws."


def need_aws(conf: Mapping[str, str]) -> bool:
    """Whether Iceberg needs AWS's SDK: for GlueCatalog, by its class or as `type=glue`, for S3FileIO, for a lock."""
    return bool(_on_aws(conf)) or any(value.startswith(_OF_AWS) for value in conf.values())


def endpoints(conf: Mapping[str, str], endpoint_url: str) -> dict[str, str]:
    """The properties by which these catalogs reach the service.

    AWS's SDK for Java follows AWS_ENDPOINT_URL too, but only since 2.28; an older one would call AWS itself.
    """
    properties = {"glue.endpoint": endpoint_url, "s3.endpoint": endpoint_url, "s3.path-style-access": "true"}
    return {f"{catalog}.{name}": value for catalog in _on_aws(conf) for name, value in properties.items()}


def _on_aws(conf: Mapping[str, str]) -> list[str]:
    catalogs = [key for key, value in conf.items() if key.startswith(_CATALOG) and value.startswith(_OF_SPARK)]
    return [catalog for catalog in catalogs if _is_on_aws(catalog, conf)]


def _is_on_aws(catalog: str, conf: Mapping[str, str]) -> bool:
    if conf.get(f"{catalog}.type", "").lower() == "glue":
        return True
    return any(key.startswith(f"{catalog}.") and value.startswith(_OF_AWS) for key, value in conf.items())
