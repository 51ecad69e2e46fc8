"""Decides the calls of roles that the Glue service assumed."""

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from localstack_glue.iam.ledger import Ledger
from localstack_glue.iam.patterns import Context
from localstack_glue.iam.policy import (
    IDENTITY_POLICY,
    Access,
    Decision,
    Statement,
    Verdict,
    decide_by_all,
    parse,
    trusts_service,
)
from localstack_glue.iam.roles import RoleDirectory, RoleState
from localstack_glue.iam.service_permissions import ALWAYS_ALLOWED, Place, accesses
from localstack_glue.iam.sessions import RoleSession

GLUE = "glue.amazonaws.com"
EVENTS = "events.amazonaws.com"
_ACCESS_KEY = re.compile(r"AccessKeyId\W+(\w+)")
_ASSUMED_S = 3600


class RoleNotAssumableError(Exception):
    """A role that is not there, or that does not trust the service."""

    def __init__(self, role_arn: str, problem: str = "") -> None:
        why = f": {problem}" if problem else ""
        super().__init__(f"Service is unable to assume role {role_arn}. Please verify role's TrustPolicy{why}")
        self.role_arn = role_arn


@dataclass(frozen=True, slots=True)
class Denial:
    """A refused access and AWS's words for it."""

    access: Access
    message: str


class RoleGuard:
    """Remembers whose credentials are whose, and applies the roles' policies."""

    def __init__(self, directory: RoleDirectory) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._sessions: dict[str, RoleSession] = {}
        self.ledger = Ledger()

    @property
    def has_sessions(self) -> bool:
        """Whether anybody could be meant at all."""
        return bool(self._sessions)

    def check_trust(self, role_arn: str, service: str = GLUE, context: Context | None = None) -> None:
        """Raise RoleNotAssumableError unless a service, Glue's if none is named, may assume a role."""
        role = self._directory.find(role_arn) if role_arn.count(":") >= 5 else None
        if role is None or not trusts_service(role.trust, service, context or {}):
            problem = next((statement.problem for statement in role.trust if statement.problem), "") if role else ""
            raise RoleNotAssumableError(role_arn, problem)

    def check_delivery(self, role_arn: str, rule_arn: str, access: Access, place: Place) -> list[Denial]:
        """Check whether an EventBridge rule may act with the role of its target; list the denied accesses.

        Raises:
            RoleNotAssumableError: EventBridge may not assume the role for that rule.
        """
        source = {"aws:sourcearn": (rule_arn,), "aws:sourceaccount": (rule_arn.split(":")[4],)}
        self.check_trust(role_arn, EVENTS, source)
        return self._check(RoleSession(role_arn, EVENTS.partition(".")[0]), [access], place)

    def remember(self, access_key_id: str, role_arn: str, session_name: str, lasts: timedelta | None = None) -> None:
        """From now on calls with this key are the role's. They stay so: a key that outlives its run gains nothing."""
        ends = datetime.now(UTC) + lasts if lasts is not None else None
        with self._lock:
            self._sessions[access_key_id] = RoleSession(role_arn, session_name, ends)

    def follow(self, operation: str, call: Mapping[str, Any], answer: str) -> None:
        """Remember the session that a role got from STS for another role: its calls are checked as that role's."""
        if operation != "AssumeRole" or (key := _ACCESS_KEY.search(answer)) is None:
            return
        session = RoleSession(
            role_arn=str(call["RoleArn"]),
            session_name=str(call["RoleSessionName"]),
            ends=datetime.now(UTC) + timedelta(seconds=int(call.get("DurationSeconds") or _ASSUMED_S)),
            policy=str(call.get("Policy") or ""),
            policy_arns=tuple(str(each.get("arn")) for each in call.get("PolicyArns") or ()),
            tags=tuple((str(tag["Key"]), str(tag["Value"])) for tag in call.get("Tags") or ()),
        )
        with self._lock:
            self._sessions[key[1]] = session

    def share_limits(self, access_key_id: str, session: RoleSession) -> None:
        """Give a session's policies and tags to the credentials of another one of its role."""
        with self._lock:
            own = self._sessions.get(access_key_id)
            self._sessions[access_key_id] = replace(session, ends=own.ends if own is not None else None)

    def find_session(self, access_key_id: str) -> RoleSession | None:
        """The session that a key belongs to."""
        return self._sessions.get(access_key_id)

    def check(
        self, session: RoleSession, service: str, operation: str, call: Mapping[str, Any], place: Place
    ) -> list[Denial]:
        """Check all accesses of a call; list those that the role is denied."""
        return self._check(session, accesses(service, operation, call, place), place)

    def _check(self, session: RoleSession, wanted: Iterable[Access], place: Place) -> list[Denial]:
        role = self._directory.find(session.role_arn)
        kinds = self._policies(session, role)
        tags = {**(role.tags if role else {}), **dict(session.tags)}
        principal = _principal_context(session, tags, role.role_id if role else "", place)
        denials: list[Denial] = []
        allowing: dict[str, list[Statement]] = {}
        allowed: list[Access] = []
        for needed in wanted:
            if needed.action in ALWAYS_ALLOWED:
                continue
            access = Access(needed.action, needed.resources, {**principal, **needed.context})
            decision = decide_by_all(kinds, access)
            if decision.is_allowed and decision.statement is not None:
                allowing.setdefault(access.action, []).append(decision.statement)
                allowed.append(access)
            else:
                denials.append(Denial(access, denial_message(session, access, decision)))
        self._record(session.role_arn, allowing, denials)
        self.ledger.remember(session.role_arn, allowed)
        return denials

    def _policies(self, session: RoleSession, role: RoleState | None) -> list[tuple[str, tuple[Statement, ...]]]:
        """The policies by kind, each of which must allow a call."""
        kinds = [(IDENTITY_POLICY, role.statements if role else ())]
        if role is not None and role.boundary is not None:
            kinds.append(("permissions boundary", role.boundary))
        if session.policy or session.policy_arns:
            own = parse("session policy", session.policy) if session.policy else ()
            managed = self._directory.find_policies(session.role_arn, session.policy_arns)
            kinds.append(("session policy", own + managed))
        return kinds

    def _record(self, role_arn: str, allowing: Mapping[str, list[Statement]], denials: Sequence[Denial]) -> None:
        for action in {denial.access.action for denial in denials}:
            refused = {each.access.resource: each.message for each in denials if each.access.action == action}
            self.ledger.deny(role_arn, action, refused)
        for action, used in allowing.items():
            if all(denial.access.action != action for denial in denials):
                self.ledger.allow(role_arn, action, used)

    def describe(self) -> dict[str, Any]:
        """Describe the accesses of all roles."""
        answer = {}
        for role_arn in self.ledger.roles:
            role = self._directory.find(role_arn)
            answer[role_arn] = self.ledger.describe(role_arn, role.statements if role else ())
        return answer


def denial_message(session: RoleSession, access: Access, decision: Decision) -> str:
    """Word a refusal as AWS does; S3 puts the resource in quotes."""
    resource = f'"{access.resource}"' if access.action.startswith("s3:") else access.resource
    refused = f"User: {session.arn} is not authorized to perform: {access.action} on resource: {resource}"
    if decision.statement is not None and decision.statement.problem:
        return f"{refused} because AWS refuses policy {decision.statement.policy}: {decision.statement.problem}"
    if decision.verdict is Verdict.DENIED_EXPLICITLY:
        article = "an" if decision.kind == IDENTITY_POLICY else "a"
        return f"{refused} with an explicit deny in {article} {decision.kind}"
    return f"{refused} because no {decision.kind} allows the {access.action} action"


def _principal_context(
    session: RoleSession, tags: Mapping[str, str], role_id: str, place: Place
) -> dict[str, tuple[str, ...]]:
    now = datetime.now(UTC)
    return {
        "aws:currenttime": (now.strftime("%Y-%m-%dT%H:%M:%SZ"),),
        "aws:epochtime": (str(int(now.timestamp())),),
        "aws:principalaccount": (session.account_id,),
        "aws:principalarn": (session.role_arn,),
        "aws:principalisawsservice": ("false",),
        "aws:principaltype": ("AssumedRole",),
        "aws:requestedregion": (place.region,),
        "aws:resourceaccount": (place.account_id,),
        # on AWS all calls of Glue use TLS; here a plain gateway replaces it
        "aws:securetransport": ("true",),
        "aws:userid": (f"{role_id}:{session.session_name}",),
        **{f"aws:principaltag/{key.lower()}": (value,) for key, value in tags.items()},
    }
