"""Sessions of roles that anybody assumed, and accounts, by the key that a request is signed with. moto stores them."""

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from localstack_glue.iam.sessions import RoleSession, SessionPolicyError
from localstack_glue.service.account_region import Scope

SESSION_S = 43200


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


def find_account(access_key_id: str) -> str | None:
    """Return the account that moto made a key for, of a user or of a session of a role; None for any other key."""
    for account, partitions in list(iam_backends.items()):
        if any(access_key_id in backend.access_keys for backend in list(partitions.values())):
            return str(account)
    return None


def open_session(scope: Scope, role_arn: str, session_name: str) -> tuple[str, str, str]:
    """Create a session of a role in this host: its access key, its secret and its token.

    The caller has checked the role's trust policy. An STS would check it too, and does not see that a request comes
    from Glue: it would refuse roles that trust only glue.amazonaws.com.
    """
    session = sts_backends[scope.account_id][scope.partition].assume_role(
        region_name=scope.region,
        role_session_name=session_name,
        role_arn=role_arn,
        policy="",
        duration=SESSION_S,
        external_id="",
    )
    return session.access_key_id, session.secret_access_key, session.session_token
