"""Another emulator, and what this service observes in its traffic: calls of roles, changes in IAM, events."""

from __future__ import annotations

import re
from html import escape

from moto.core.request import Request
from werkzeug import Response

from localstack_glue.hosts.standalone.backend_accounts import BackendAccounts, sign_as_account
from localstack_glue.hosts.standalone.backend_roles import BackendRoles
from localstack_glue.hosts.standalone.calls import read_caller
from localstack_glue.hosts.standalone.workflow_rules import Backend, WorkflowRules
from localstack_glue.iam.guard import RoleGuard
from localstack_glue.iam.sessions import RoleSession
from localstack_glue.service.account_region import Scope

_READS = ("Get", "List", "Simulate", "Generate")
_KEY = re.compile(r"<AccessKeyId>([^<]+)</AccessKeyId>")
_STS = "https://sts.amazonaws.com/doc/2011-06-15/"


class WatchedBackend:
    """Forwards requests, and inspects those that matter to this service.

    Args:
        backend: the emulator.
        rules: handles the calls of its EventBridge first.
        accounts: the accounts of keys there.
        roles: the cached roles.
        guard: knows the sessions that this service started, which the emulator does not; None if roles are not
            enforced.
    """

    def __init__(
        self,
        backend: Backend,
        rules: WorkflowRules,
        accounts: BackendAccounts,
        roles: BackendRoles,
        guard: RoleGuard | None,
    ) -> None:
        self._backend = backend
        self._rules = rules
        self._accounts = accounts
        self._roles = roles
        self._guard = guard

    def answer(self, request: Request, scope: Scope) -> Response:
        """Answer a request.

        Raises:
            ServiceError: AWS would refuse it, or the emulator does not answer.
        """
        service = read_caller(request).service
        session = self._guard.find_session(scope.caller) if self._guard is not None else None
        if service not in ("events", "iam", "sts"):
            if session is not None:
                sign_as_account(request, session.account_id)
            return self._backend.answer(request, scope)
        request.get_data()
        action = request.values.get("Action", "")
        if session is not None:
            if action == "GetCallerIdentity":
                return self._identity(session)
            sign_as_account(request, session.account_id)
        if service == "events":
            return self._rules.answer(request, scope)
        response = self._backend.answer(request, scope)
        if service == "iam" and not action.startswith(_READS):
            self._roles.forget()
        is_narrowed = request.values.get("Policy") or request.values.get("PolicyArns.member.1.arn")
        if action.startswith("AssumeRole") and is_narrowed and (key := _KEY.search(response.get_data(as_text=True))):
            self._accounts.narrow(key[1])
        return response

    def _identity(self, session: RoleSession) -> Response:
        role = self._roles.find(session.role_arn)
        user = f"{role.role_id if role else ''}:{session.session_name}"
        body = (
            f'<GetCallerIdentityResponse xmlns="{_STS}"><GetCallerIdentityResult>'
            f"<Arn>{escape(session.arn)}</Arn><UserId>{escape(user)}</UserId><Account>{session.account_id}</Account>"
            "</GetCallerIdentityResult></GetCallerIdentityResponse>"
        )
        return Response(body, mimetype="text/xml")
