"""Sessions of roles that anybody assumed, by the key that they sign with. moto's STS stores them."""

from typing import Protocol

from moto.sts.models import sts_backends

from localstack_glue.iam.guard import RoleSession


class SessionPolicyError(Exception):
    """A session that was narrowed by policies of its own, which nothing here applies."""


class SessionDirectory(Protocol):
    """Knows sessions."""

    def find(self, access_key_id: str) -> RoleSession | None:
        """Return the session that a key belongs to, or None; raise SessionPolicyError."""
        ...


class MotoSessions:
    """The sessions of this host."""

    def find(self, access_key_id: str) -> RoleSession | None:
        """Return the session that a key belongs to, or None; raise SessionPolicyError."""
        for partitions in list(sts_backends.values()):
            for backend in list(partitions.values()):
                for session in list(backend.assumed_roles):
                    if session.access_key_id == access_key_id:
                        if session.policy:
                            raise SessionPolicyError(session.role_arn)
                        return RoleSession(session.role_arn, session.session_name)
        return None
