"""Roles as another emulator's IAM has them now, read by its API."""

from __future__ import annotations

import functools
import json
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from moto.iam.aws_managed_policies import aws_managed_policies_data

from localstack_glue.iam.policy import Statement, parse
from localstack_glue.iam.roles import TRUST, RoleState
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clients import ClientFactory

_KEPT_S = 5.0  # changes that bypass the gateway are seen after this time, those through it at once
_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}  # one of each partition


class RolesUnreadableError(BotoCoreError):
    """The policies of a role cannot be read from the emulator."""

    fmt = (
        "the roles of {backend} cannot be read: {error}. If it has no IAM, start glue-local with "
        "LOCALSTACK_GLUE_IAM=0: no role is enforced then"
    )


class BackendRoles:
    """The roles of another emulator; each is cached for a short time."""

    def __init__(self, clients: ClientFactory) -> None:
        self._clients = clients
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, RoleState | None]] = {}
        self._iams: dict[Scope, Any] = {}
        self._changes = 0

    def forget(self) -> None:
        """Empty the cache: something has changed in IAM."""
        with self._lock:
            self._known.clear()
            self._changes += 1

    def find(self, role_arn: str) -> RoleState | None:
        """Return a role as it is now, or None.

        Raises:
            RolesUnreadableError: the emulator does not answer, or has no IAM.
        """
        with self._lock:
            read_at, role = self._known.get(role_arn, (0.0, None))
            changes = self._changes
        if read_at and time.monotonic() - read_at < _KEPT_S:
            return role
        started = time.monotonic()
        try:
            role = self._read(role_arn)
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            raise RolesUnreadableError(backend=self._clients.endpoint_url, error=error) from error
        with self._lock:
            if self._changes == changes:
                self._known[role_arn] = (started, role)
        return role

    def find_policies(self, role_arn: str, policy_arns: Sequence[str]) -> tuple[Statement, ...]:
        """The statements of managed policies; one that the role's account does not have has none.

        Raises:
            RolesUnreadableError: the emulator does not answer, or has no IAM.
        """
        try:
            iam = self._iam(role_arn)
            return tuple(each for arn in policy_arns for each in parse(_name(arn), _managed(iam, arn)))
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            raise RolesUnreadableError(backend=self._clients.endpoint_url, error=error) from error

    def _read(self, role_arn: str) -> RoleState | None:
        name = role_arn.rsplit("/", 1)[-1]
        iam = self._iam(role_arn)
        try:
            role = iam.get_role(RoleName=name)["Role"]
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchEntity", "NoSuchEntityException"):
                return None
            raise
        if role["Arn"] != role_arn:
            return None
        boundary = (role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        return RoleState(
            trust=parse(TRUST, json.dumps(role["AssumeRolePolicyDocument"])),
            statements=tuple(_statements(iam, name)),
            boundary=parse(f"boundary {_name(boundary)}", _managed(iam, boundary)) if boundary else None,
            tags={tag["Key"]: tag["Value"] for tag in role.get("Tags") or ()},
            role_id=role.get("RoleId") or "",
        )

    def _iam(self, role_arn: str) -> Any:
        _, partition, _, _, account, _ = role_arn.split(":", 5)
        place = Scope(account, _REGIONS.get(partition, _REGIONS["aws"]))
        with self._lock:
            if place not in self._iams:
                self._iams[place] = self._clients.of_account("iam", place)
            return self._iams[place]


def _statements(iam: Any, role: str) -> Iterator[Statement]:
    for page in iam.get_paginator("list_role_policies").paginate(RoleName=role):
        for name in page["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            yield from parse(name, json.dumps(document))
    for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=role):
        for attached in page["AttachedPolicies"]:
            yield from parse(attached["PolicyName"], _managed(iam, attached["PolicyArn"]))


def _managed(iam: Any, arn: str) -> str:
    """The document of a managed policy; nothing is allowed by one that is not there."""
    try:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        return json.dumps(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchEntity", "NoSuchEntityException"):
            raise
    return _of_aws(arn)


@functools.cache
def _of_aws(arn: str) -> str:
    """The documents of AWS's own policies, from moto: emulators attach these without having them."""
    if ":iam::aws:policy/" not in arn:
        return "{}"
    known = json.loads(aws_managed_policies_data).values()
    return next((json.dumps(each["Document"]) for each in known if each["Arn"] == arn), "{}")


def _name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
