"""Roles as IAM has them now: their trust and their policies. moto stores them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from moto.iam.models import IAMBackend, Role, iam_backends

from localstack_glue.iam.policy import Statement, parse

TRUST = "trust"


@dataclass(frozen=True, slots=True)
class RoleState:
    """A role's permissions; `boundary` is None if it has none."""

    trust: tuple[Statement, ...]
    statements: tuple[Statement, ...]
    boundary: tuple[Statement, ...] | None
    tags: dict[str, str]
    role_id: str


class RoleDirectory(Protocol):
    """Knows roles."""

    def find(self, role_arn: str) -> RoleState | None:
        """Return a role as it is now, or None."""
        ...

    def find_policies(self, role_arn: str, policy_arns: Sequence[str]) -> tuple[Statement, ...]:
        """The statements of managed policies; one that the role's account does not have has none."""
        ...


class MotoRoles:
    """The roles of this host."""

    def find(self, role_arn: str) -> RoleState | None:
        """Return a role as it is now, or None."""
        backend, name = _backend(role_arn), role_arn.rsplit("/", 1)[-1]
        role = next((role for role in list(backend.roles.values()) if role.name == name), None)
        if role is None or role.arn != role_arn:
            return None
        return RoleState(
            trust=parse(TRUST, role.assume_role_policy_document),
            statements=_statements(role),
            boundary=_boundary(backend, role),
            tags={tag["Key"]: tag["Value"] for tag in role.tags or ()},
            role_id=role.id,
        )

    def find_policies(self, role_arn: str, policy_arns: Sequence[str]) -> tuple[Statement, ...]:
        """The statements of managed policies; one that the role's account does not have has none."""
        known = _backend(role_arn).managed_policies
        found = [known[arn] for arn in policy_arns if arn in known]
        return tuple(statement for policy in found for statement in parse(policy.name, _document(policy)))


def _backend(role_arn: str) -> IAMBackend:
    _, partition, _, _, account_id, _ = role_arn.split(":", 5)
    return iam_backends[account_id][partition]


def _statements(role: Role) -> tuple[Statement, ...]:
    found: list[Statement] = []
    for name, document in list(role.policies.items()):
        found += parse(name, document)
    for policy in list(role.managed_policies.values()):
        found += parse(policy.name, _document(policy))
    return tuple(found)


def _boundary(backend: object, role: Role) -> tuple[Statement, ...] | None:
    arn = role.permissions_boundary_arn
    if not arn:
        return None
    policy = getattr(backend, "managed_policies", {}).get(arn)
    return parse(f"boundary {policy.name}", _document(policy)) if policy else ()


def _document(policy: object) -> str:
    versions = getattr(policy, "versions", ())
    return next((str(version.document) for version in versions if version.is_default), "{}")
