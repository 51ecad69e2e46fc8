"""The signers of requests, as known to another emulator's STS, and the sessions of this service."""

from __future__ import annotations

import re
import secrets
import threading
from contextlib import closing

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from moto.core.request import Request

from localstack_glue.iam.requests import access_key_id
from localstack_glue.iam.sessions import RoleSession, SessionPolicyError
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clients import ClientFactory, Credentials
from localstack_glue.service.errors import ServiceError

_ASSUMED = re.compile(r"arn:[\w-]+:sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/(?P<session>.+)")
_TOKEN = re.compile(rb"&?x-amz-security-token=[^&]*", re.IGNORECASE)
_REGION = "us-east-1"


class BackendAccounts:
    """Accounts and sessions of access keys in the emulator. Emulators differ in the account of a key."""

    def __init__(self, clients: ClientFactory) -> None:
        self._clients = clients
        self._lock = threading.Lock()
        self._arns: dict[str, tuple[str, str]] = {}
        self._narrowed: set[str] = set()

    def find_account(self, key: str | None) -> str | None:
        """The account of a key; None if the emulator does not know it.

        Raises:
            ServiceError: it does not answer: resources created now could be in another account than later ones.
        """
        return self._identity(key or "test")[0] or None

    def find(self, access_key_id: str) -> RoleSession | None:
        """Return the session that a key belongs to, or None; raise SessionPolicyError."""
        found = _ASSUMED.fullmatch(self._identity(access_key_id)[1]) if access_key_id else None
        if found is None:
            return None
        with closing(self._clients.of_account("iam", Scope(found["account"], _REGION))) as iam:
            try:
                arn = str(iam.get_role(RoleName=found["role"])["Role"]["Arn"])
            except ClientError:  # it no longer exists, nor do its permissions
                arn = f"arn:aws:iam::{found['account']}:role/{found['role']}"
        if access_key_id in self._narrowed:
            raise SessionPolicyError(arn)
        return RoleSession(arn, found["session"])

    def narrow(self, access_key_id: str) -> None:
        """Remember that a session has session policies."""
        self._narrowed.add(access_key_id)

    def _identity(self, key: str) -> tuple[str, str]:
        with self._lock:
            if key in self._arns:
                return self._arns[key]
        credentials = Credentials(key, "glue-local")
        with closing(self._clients.with_credentials("sts", Scope("", _REGION), credentials)) as sts:
            try:
                answer = sts.get_caller_identity()
            except (ClientError, ResponseParserError):  # it has no STS
                found = ("", "")
            except BotoCoreError as error:
                message = f"{self._clients.endpoint_url}, the backend, cannot tell whose key that is: {error}"
                raise ServiceError("BadGateway", message, 502) from error
            else:
                found = (str(answer["Account"]), str(answer["Arn"]))
        with self._lock:
            return self._arns.setdefault(key, found)


def begin_session(_scope: Scope, _role_arn: str, _session_name: str) -> Credentials:
    """Start a session that only this service knows: at the gateway, its credentials act as the role."""
    return Credentials(f"ASIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30), secrets.token_urlsafe(90))


def sign_as_account(request: Request, account: str) -> None:
    """Sign a checked request as the emulator's account, because the emulator does not know this service's sessions.

    Emulators do not check signatures by default; they only read the key.
    """
    key = access_key_id(request)
    if not key:
        return
    environ = request.environ
    if "HTTP_AUTHORIZATION" in environ:
        environ["HTTP_AUTHORIZATION"] = environ["HTTP_AUTHORIZATION"].replace(key, account)
    environ.pop("HTTP_X_AMZ_SECURITY_TOKEN", None)
    request.query_string = _TOKEN.sub(b"", request.query_string.replace(key.encode(), account.encode()))
