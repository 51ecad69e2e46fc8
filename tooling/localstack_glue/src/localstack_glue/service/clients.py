"""boto3 clients of the host that this service runs in. Only this module creates clients."""

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.handlers import set_list_objects_encoding_type_url

from localstack_glue.iam.guard import RoleGuard
from localstack_glue.service.account_region import Scope
from localstack_glue.service.local_session import DIRECT, local_session

SESSION = timedelta(hours=12)  # how long credentials of a role last, unless a run may take longer
_LISTINGS = ("ListObjects", "ListObjectsV2", "ListObjectVersions")
_CONFIG = DIRECT.merge(
    Config(retries={"max_attempts": 3, "mode": "standard"}, connect_timeout=5, read_timeout=60, max_pool_connections=32)
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key, temporary or not."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


@dataclass(frozen=True)
class ClientFactory:
    """Makes clients for one endpoint. The caller closes them: a host waits for open connections at its end.

    Attributes:
        endpoint_url: the host's.
        guard: without one, roles are assumed unchecked and may do anything.
        open_session: begins a session of a role; without it the endpoint's STS is asked, which looks at the trust too.
    """

    endpoint_url: str
    guard: RoleGuard | None = None
    open_session: Callable[[Scope, str, str], Credentials] | None = None
    # one session for all clients: each new one would read the services' descriptions again, half a second for Glue
    _session: boto3.Session = field(default_factory=local_session, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def of_account(self, service: str, scope: Scope) -> Any:
        """Make a client that acts as the service itself, in a caller's account."""
        # every host takes a 12-digit access key id for the account
        return self.with_credentials(service, scope, Credentials(scope.account_id, "glue-local"))

    def with_credentials(self, service: str, scope: Scope, credentials: Credentials) -> Any:
        """Make a client that acts with given credentials."""
        with self._lock:  # boto3 sessions are not made for several threads
            client = self._session.client(
                service,
                endpoint_url=self.endpoint_url,
                region_name=scope.region,
                aws_access_key_id=credentials.access_key_id,
                aws_secret_access_key=credentials.secret_access_key,
                aws_session_token=credentials.session_token,
                config=_CONFIG,
            )
        if service == "s3":
            # plain keys: boto3 requests URL-encoded ones, which take time on both sides, and which some hosts get wrong
            for operation in _LISTINGS:
                client.meta.events.unregister(
                    f"before-parameter-build.s3.{operation}", set_list_objects_encoding_type_url
                )
        return client

    def assume_role(self, scope: Scope, role: str, session_name: str, lasts: timedelta | None = SESSION) -> Credentials:
        """Get temporary credentials of the role that a crawler or job names.

        Args:
            scope: the account and region.
            role: its name or ARN.
            session_name: the name of the session in messages.
            lasts: how long they may be used; None for use without an end.

        Raises:
            RoleNotAssumableError: it does not exist, or does not trust Glue.
        """
        arn = scope.role_arn(role)
        if self.guard is not None:
            self.guard.check_trust(arn)
        return self.start_session(scope, arn, session_name, lasts)

    def start_session(
        self, scope: Scope, role_arn: str, session_name: str, lasts: timedelta | None = SESSION
    ) -> Credentials:
        """Get temporary credentials of a role whose trust policy has been checked."""
        begin = self.open_session or self._assume_role
        credentials = begin(scope, role_arn, session_name)
        if self.guard is not None:
            self.guard.remember(credentials.access_key_id, role_arn, session_name, lasts)
        return credentials

    def _assume_role(self, scope: Scope, role_arn: str, session_name: str) -> Credentials:
        with closing(self.of_account("sts", scope)) as sts:
            try:
                answer = sts.assume_role(RoleArn=role_arn, RoleSessionName=session_name, DurationSeconds=43200)
            except ClientError as error:
                if self.guard is not None or not error.response["Error"]["Code"].startswith("AccessDenied"):
                    raise
                # it does not know that the caller is Glue, which the role trusts; and roles are not enforced here
                return Credentials(scope.account_id, "glue-local")
        keys = answer["Credentials"]
        return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])

    def pass_on(
        self, scope: Scope, role: str, session_name: str, credentials: Credentials, lasts: timedelta | None = SESSION
    ) -> None:
        """Start another session with a role's credentials, for a limited time.

        Raises:
            RoleNotAssumableError: it could not get credentials itself.
        """
        if self.guard is not None:
            arn = scope.role_arn(role)
            self.guard.check_trust(arn)
            self.guard.remember(credentials.access_key_id, arn, session_name, lasts)
