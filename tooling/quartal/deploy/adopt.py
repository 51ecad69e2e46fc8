"""Import an existing bucket into Terraform, with import blocks that are generated for one plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from plan_review.parse import parse_plan
from quartal.core.errors import ConfigurationError
from quartal.deploy import change
from quartal.terraform.state_backend import exists
from quartal.terraform.working_copy import stage
from quartal.workspace import Workspace

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MODULE = "module.data_lake"
_FILE = "adopt_import.tf"


def plan_adoption(workspace: Workspace, bucket: str) -> tuple[dict[str, Any], str]:
    """Save a plan that imports the bucket, and return it with the import blocks.

    Raises:
        ConfigurationError: there is no such bucket, or the plan would destroy something.
    """
    s3 = workspace.account_connection(workspace.region).s3()
    if not exists(s3, bucket):
        raise ConfigurationError(
            f"There is no bucket {bucket} to adopt.", remedy="Check its name, the account and the region."
        )
    blocks = "\n".join(_import_block(address, bucket) for address in _parts(s3, bucket))

    def add_blocks() -> None:
        stage(workspace.located)
        (workspace.staged.folder / _FILE).write_text(blocks, encoding="utf-8")

    data = change.save_plan(workspace, prepare=add_blocks)
    plan = parse_plan(data)
    if plan.destroys:
        change.discard_plan(workspace)
        named = f'lake = {{ bucket_name = "{bucket}" }}'
        raise ConfigurationError(
            f"Adopting {bucket} would destroy: {', '.join(change.address for change in plan.destroys)}.",
            remedy=f"Nothing was changed. Let infra/environments/{workspace.settings.environment}.tfvars say {named}.",
        )
    return data, blocks


def _parts(s3: S3Client, bucket: str) -> Iterator[str]:
    """The resources of the lake module that this bucket already has; the apply creates the others."""
    yield f"{_MODULE}.aws_s3_bucket.this"
    probes: dict[str, Callable[[], Any]] = {
        "aws_s3_bucket_versioning": lambda: s3.get_bucket_versioning(Bucket=bucket).get("Status"),
        "aws_s3_bucket_public_access_block": lambda: s3.get_public_access_block(Bucket=bucket),
        "aws_s3_bucket_ownership_controls": lambda: s3.get_bucket_ownership_controls(Bucket=bucket),
        "aws_s3_bucket_server_side_encryption_configuration": lambda: s3.get_bucket_encryption(Bucket=bucket),
        "aws_s3_bucket_policy": lambda: s3.get_bucket_policy(Bucket=bucket),
        "aws_s3_bucket_notification": lambda: _notified(s3, bucket),
    }
    for kind, probe in probes.items():
        if _answers(probe):
            yield f"{_MODULE}.{kind}.this"


def _notified(s3: S3Client, bucket: str) -> bool:
    """Whether the bucket has notifications."""
    return bool(set(s3.get_bucket_notification_configuration(Bucket=bucket)) - {"ResponseMetadata"})


def _answers(probe: Callable[[], Any]) -> bool:
    try:
        return bool(probe())
    except ClientError as error:
        # S3 answers 404 for a part of a bucket that was never set
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
            return False
        raise


def _import_block(address: str, bucket: str) -> str:
    return f'import {{\n  to = {address}\n  id = "{bucket}"\n}}\n'
