"""The bucket with an environment's state, which `quartal bootstrap` creates and which is found by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from quartal.core.errors import ConfigurationError
from quartal.core.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

STATE_BUCKET_VARIABLE = "QUARTAL_STATE_BUCKET"
_ASSIGNMENT = r'^\s*{name}\s*=\s*"?([^"\s]*)"?'


def backend_settings(settings: Settings) -> Mapping[str, str] | None:
    """Bucket, key and region from `<env>.s3.tfbackend`; None if the state is not in S3."""
    path = settings.infra_dir / "environments" / f"{settings.environment}.s3.tfbackend"
    if not path.is_file():
        return None
    text = path.read_text()
    found = {name: re.search(_ASSIGNMENT.format(name=name), text, re.MULTILINE) for name in ("bucket", "key", "region")}
    return {name: match.group(1) for name, match in found.items() if match is not None}


def derived_name(sts: STSClient, region: str) -> str:
    """The name that `quartal bootstrap` gives: one bucket per account and region.

    Raises:
        ClientError: there is no signed-in identity, or it has expired.
    """
    return f"quartal-state-{sts.get_caller_identity()['Account']}-{region}"


def exists(s3: S3Client, bucket: str) -> bool:
    """Whether the bucket exists and can be used.

    Raises:
        ConfigurationError: it belongs to somebody else, or is in another region.
        ClientError: S3 answers with another error.
    """
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status == 404:
            return False
        if status == 301:
            raise ConfigurationError(
                f"The bucket {bucket} is in another region.", remedy="Name one that is in the environment's region."
            ) from error
        if status == 403:
            raise ConfigurationError(
                f"The signed-in identity may not use the bucket {bucket}.",
                remedy=f"Ask for access to it, or name another one in {STATE_BUCKET_VARIABLE}.",
            ) from error
        raise
    return True


def with_state_bucket(settings: Settings, sts: STSClient, s3: S3Client) -> Settings:
    """The settings with the default bucket of the state, if the environment needs one and none is named.

    Raises:
        ConfigurationError: the bucket does not exist yet.
    """
    backend = backend_settings(settings)
    if backend is None or "bucket" in backend or settings.environ.get(STATE_BUCKET_VARIABLE):
        return settings
    name = derived_name(sts, backend.get("region", ""))
    if not exists(s3, name):
        raise ConfigurationError(
            f"Environment '{settings.environment}' keeps its Terraform state in S3, and there is no bucket {name} yet.",
            remedy=f"Create it once: `quartal bootstrap --env {settings.environment}`; "
            f"or name another bucket in {STATE_BUCKET_VARIABLE}.",
        )
    return replace(settings, environ={**settings.environ, STATE_BUCKET_VARIABLE: name})
