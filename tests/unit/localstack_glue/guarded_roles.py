"""One role of Glue with the policies that a test gives it, and the guard that decides its calls."""

import json
from collections.abc import Sequence
from typing import Any

from localstack_glue.iam.guard import Denial, RoleGuard
from localstack_glue.iam.policy import Statement, parse
from localstack_glue.iam.roles import RoleState
from localstack_glue.iam.service_permissions import Place

ROLE = "arn:aws:iam::111122223333:role/path/etl"
TRUST = {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "glue.amazonaws.com"}}}
READ = {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:List*"], "Resource": "arn:aws:s3:::lake*"}
DELETE = {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::lake/a*"}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
PLACE = Place("aws", "us-east-1", "111122223333")
KEY = "ASIA1"  # of the role's session
MANAGED = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


class FakeRoles:
    """One role, with the statements that a test gives it."""

    def __init__(self, *statements: dict[str, Any], trust: dict[str, Any] = TRUST, boundary: Any = None) -> None:
        self.state = RoleState(
            trust=parse("trust", json.dumps(trust)),
            statements=parse("lake", json.dumps({"Statement": list(statements)})),
            boundary=parse("boundary", json.dumps({"Statement": [boundary]})) if boundary else None,
            tags={},
            role_id="AROA1",
        )

    def find(self, role_arn: str) -> RoleState | None:
        return self.state if role_arn == ROLE else None

    def find_policies(self, _role_arn: str, policy_arns: Sequence[str]) -> tuple[Statement, ...]:
        """The statements of the one managed policy that is there, which allows to read."""
        return parse("managed", json.dumps({"Statement": READ})) if MANAGED in policy_arns else ()


def make_guard(*statements: dict[str, Any], **role: Any) -> RoleGuard:
    guard = RoleGuard(FakeRoles(*statements, **role))
    guard.remember(KEY, ROLE, "GlueJobRunnerSession")
    return guard


def denials(guard: RoleGuard, service: str, operation: str, **call: Any) -> list[Denial]:
    """What the role is refused of a call that it makes."""
    session = guard.find_session(KEY)
    assert session is not None
    return guard.check(session, service, operation, call, PLACE)
