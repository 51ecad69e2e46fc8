"""The permissions of a query: those of the role that starts it; the account itself may do everything.

A query's own calls are signed with credentials that the service gets for the caller's role, so that the guard judges
them by the role's policies, like those of a job. The caller's own key is not restricted, as everywhere in this host.
"""

import threading
from typing import Protocol

from localstack_glue.athena.errors import InvalidRequestException
from localstack_glue.iam.guard import RoleGuard
from localstack_glue.iam.requests import AccessDeniedError
from localstack_glue.iam.service_permissions import Place
from localstack_glue.iam.sessions import RoleSession, SessionDirectory, SessionPolicyError
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clients import ClientFactory, Credentials


class Callers(Protocol):
    """Determines the caller, and refuses what the caller may not request."""

    def role_arn(self, scope: Scope, /) -> str:
        """The ARN of the caller's role; empty for the account itself."""
        ...

    def check(self, scope: Scope, operation: str, workgroup: str, /) -> None:
        """Raise AccessDeniedError unless the caller may do this in a workgroup."""
        ...


class UncheckedCallers:
    """Everybody is the account: for hosts that do not enforce IAM."""

    def role_arn(self, _scope: Scope) -> str:
        """No caller has a role."""
        return ""

    def check(self, _scope: Scope, _operation: str, _workgroup: str) -> None:
        """All is allowed."""


class RoleCallers:
    """Callers as STS knows them, judged by the guard."""

    def __init__(self, clients: ClientFactory, guard: RoleGuard, sessions: SessionDirectory) -> None:
        self._clients = clients
        self._guard = guard
        self._sessions = sessions
        self._lock = threading.Lock()
        self._own: dict[RoleSession, Credentials] = {}

    def role_arn(self, scope: Scope) -> str:
        """The ARN of the caller's role; empty for the account itself."""
        session = self._session(scope)
        return session.role_arn if session else ""

    def check(self, scope: Scope, operation: str, workgroup: str) -> None:
        """Raise AccessDeniedError unless the caller's policies allow this in a workgroup."""
        session = self._session(scope)
        if session is None:
            return
        place = Place(scope.partition, scope.region, scope.account_id)
        denials = self._guard.check(session, "athena", operation, {"WorkGroup": workgroup}, place)
        if denials:
            raise AccessDeniedError("json", denials[0].message)

    def credentials(self, scope: Scope) -> Credentials:
        """The credentials that sign the query's own calls."""
        session = self._session(scope)
        if session is None:
            return Credentials(scope.account_id, "glue-local")
        with self._lock:
            own = self._own.get(session)
            used = self._guard.find_session(own.access_key_id) if own is not None else None
            if own is None or used is None or used.is_over:
                own = self._own[session] = self._clients.start_session(scope, session.role_arn, session.session_name)
                self._guard.share_limits(own.access_key_id, session)
            return own

    def _session(self, scope: Scope) -> RoleSession | None:
        try:
            return self._guard.find_session(scope.caller) or self._sessions.find(scope.caller)
        except SessionPolicyError as error:
            raise InvalidRequestException(
                f"Queries with the session policies of {error} are not supported here: the policies would not apply"
            ) from error
