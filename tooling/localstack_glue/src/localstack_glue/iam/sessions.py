"""Sessions of assumed roles."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RoleSession:
    """Temporary credentials that the service got for a role.

    Attributes:
        role_arn: the role.
        session_name: its name, as in the ARN.
        ends: when they expire; None if they outlive their user.
        policy: the session policy, as JSON; empty if there is none.
        policy_arns: the managed session policies.
        tags: the session's tags, which override the role's.
    """

    role_arn: str
    session_name: str
    ends: datetime | None = field(default=None, compare=False)
    policy: str = ""
    policy_arns: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether the credentials have expired."""
        return self.ends is not None and self.ends <= datetime.now(UTC)

    @property
    def account_id(self) -> str:
        """The role's account."""
        return self.role_arn.split(":")[4]

    @property
    def arn(self) -> str:
        """The session as AWS's messages name it: without the role's path."""
        partition, name = self.role_arn.split(":")[1], self.role_arn.rsplit("/", 1)[-1]
        return f"arn:{partition}:sts::{self.account_id}:assumed-role/{name}/{self.session_name}"


class SessionPolicyError(Exception):
    """A session that is restricted by session policies, which are not supported here."""


class SessionDirectory(Protocol):
    """Knows sessions."""

    def find(self, access_key_id: str) -> RoleSession | None:
        """Return the session that a key belongs to, or None; raise SessionPolicyError."""
        ...
