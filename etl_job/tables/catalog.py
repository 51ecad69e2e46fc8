"""The Glue catalog, as the job reads and writes it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.config import Config

from etl_job.tables.commit_outcome import DecidingGlueCatalog

if TYPE_CHECKING:
    import boto3
    from botocore.credentials import Credentials
    from mypy_boto3_glue import GlueClient

_ONE_ATTEMPT = Config(retries={"total_max_attempts": 1, "mode": "standard"})


def open_catalog(session: "boto3.Session", glue: "GlueClient", environ: Mapping[str, str]) -> DecidingGlueCatalog:
    """The Glue catalog, with the credentials, region and endpoint that boto3 uses, also for files.

    ``glue`` reads; writes are sent by a separate client, which does not repeat a request that may have taken effect.
    """
    credentials = session.get_credentials()
    properties = _file_properties(credentials)
    if session.region_name:
        properties["s3.region"] = session.region_name
    endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        properties["s3.endpoint"] = endpoint
    writer = session.client(
        "glue",
        region_name=glue.meta.region_name,
        endpoint_url=glue.meta.endpoint_url,
        config=glue.meta.config.merge(_ONE_ATTEMPT),
    )
    return DecidingGlueCatalog(
        "quartal", glue, writer, properties=properties, credentials=lambda: _file_properties(credentials)
    )


def _file_properties(credentials: "Credentials | None") -> dict[str, str]:
    """Credentials in the form of the catalog's file properties. boto3 renews those that are about to expire."""
    if credentials is None:
        return {}
    frozen = credentials.get_frozen_credentials()
    found = {
        "s3.access-key-id": frozen.access_key,
        "s3.secret-access-key": frozen.secret_key,
        "s3.session-token": frozen.token,
    }
    return {name: text for name, text in found.items() if text}
