"""Where a root of terraform_types/ was applied, and what its second revision sets everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3

ACCOUNT, REGION = "000000000000", "eu-west-1"
TEXT = "revision 2"
TAGS = {"revision": "2"}
Found = dict[str, tuple[Any, Any]]  # by attribute: what is, what should be


@dataclass(frozen=True)
class Stack:
    """Where a root was applied, and the names in it."""

    endpoint_url: str
    prefix: str
    key_arn: str

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    @property
    def glue(self) -> Any:
        return self.client("glue")

    @property
    def database(self) -> str:
        return self.prefix.replace("-", "_")

    def tags(self, resource: str) -> dict[str, str]:
        """Tags of a Glue resource."""
        return self.glue.get_tags(ResourceArn=f"arn:aws:glue:{REGION}:{ACCOUNT}:{resource}")["Tags"]


def pairs(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}
