"""The objects for tests: clients of a local Glue, its clock, its runs, and the accesses of roles."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

REGION = "us-east-1"
_ENDED = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED")
_POLL_S = 0.2


class RunFailedError(AssertionError):
    """A job run did not end as it was expected to."""


class GlueClock:
    """The clock of the service, which schedules follow. Timeouts of job runs follow the machine's clock."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def now(self) -> datetime:
        """The service's time."""
        return datetime.fromisoformat(_call(self._endpoint, "GET", "/_glue/clock")["now"])

    def set(self, moment: datetime) -> datetime:
        """Set the clock; schedules that come due on the way fire, in order."""
        return self._change({"set": moment.isoformat()})

    def advance(self, by: timedelta) -> datetime:
        """Move it forward."""
        return self._change({"advance_seconds": by.total_seconds()})

    def freeze(self) -> datetime:
        """Stop the clock until it is moved."""
        return self._change({"frozen": True})

    def _change(self, change: Mapping[str, Any]) -> datetime:
        return datetime.fromisoformat(_call(self._endpoint, "POST", "/_glue/clock", change)["now"])


class GlueLocal:
    """A local Glue.

    Attributes:
        endpoint: its URL, for `AWS_ENDPOINT_URL`.
        clock: its clock.
        environment: the environment variables of a process that uses it.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.clock = GlueClock(endpoint)
        self.environment: Mapping[str, str] = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        self._clients: dict[str, Any] = {}
        self._session: Any = None  # one for all clients: each new one would read the services' descriptions again

    @property
    def glue(self) -> GlueClient:
        """The client of Glue."""
        client: GlueClient = self.client("glue")
        return client

    def client(self, service: str) -> Any:
        """A boto3 client of any service that is here; the same each time."""
        if service not in self._clients:
            # here, so that a run of tests without it waits for nothing
            from localstack_glue.service.local_session import DIRECT, local_session

            if self._session is None:
                self._session = local_session()
            make: Any = self._session.client  # typed for each service, and this one is any
            self._clients[service] = make(
                service,
                config=DIRECT,
                endpoint_url=self.endpoint,
                region_name=REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",  # noqa: S106 - of nobody
            )
        return self._clients[service]

    def reset(self) -> None:
        """Stop all runs, delete all data, and follow the machine's clock again.

        The other services are emptied too, if moto serves them: here, or in a separate server behind this one.
        """
        _call(self.endpoint, "POST", "/_glue/reset")
        try:
            _request(self.endpoint, "POST", "/moto-api/reset")
        except urllib.error.HTTPError as error:  # another emulator, which takes it for a bucket
            error.close()

    def create_role(self, name: str, actions: Iterable[str], resources: Iterable[str] = ("*",)) -> str:
        """Create a role for crawlers and jobs with exactly these permissions, and return its ARN.

        Args:
            name: its name.
            actions: the allowed actions, such as `s3:GetObject` or `logs:*`; a text is one of them.
            resources: the ARNs that they may be used with; a text is one of them.
        """
        iam = self.client("iam")
        trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "glue.amazonaws.com"}}
        allowed = {"Effect": "Allow", "Action": _each(actions), "Resource": _each(resources)}
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trusted))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=_policy(allowed))
        return arn

    def wait_for_run(self, job: str, run_id: str, state: str = "SUCCEEDED", timeout_s: float = 600.0) -> dict[str, Any]:
        """Wait for the end of a job run, and return it.

        Raises:
            RunFailedError: it ended in another state; the message has Glue's.
            TimeoutError: it has not ended in time.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            run: dict[str, Any] = dict(self.glue.get_job_run(JobName=job, RunId=run_id)["JobRun"])
            if run["JobRunState"] in _ENDED:
                break
            if time.monotonic() > deadline:
                raise TimeoutError(f"run {run_id} of {job} is {run['JobRunState']} after {timeout_s} s")
            time.sleep(_POLL_S)
        if run["JobRunState"] != state:
            raise RunFailedError(f"run {run_id} of {job} is {run['JobRunState']}: {run.get('ErrorMessage', '')}")
        return run

    def assert_role_used_only(self, role: str, actions: Iterable[str]) -> None:
        """Raise AssertionError if a role of a crawler, job or run did anything else, was refused something, or idled.

        Args:
            role: its name or ARN.
            actions: the actions that it may have used, such as `s3:GetObject` or `logs:*`; a text is one of them.
        """
        ledger = _call(self.endpoint, "GET", "/_glue/iam")
        if not ledger["enforced"]:
            raise AssertionError("roles are not enforced here, so their calls were not recorded")
        arns = [arn for arn in ledger["roles"] if role in (arn, arn.rsplit("/", 1)[-1])]
        if len(arns) > 1:
            raise AssertionError(f"several roles have the name {role}; use the ARN of one: {', '.join(sorted(arns))}")
        found = ledger["roles"][arns[0]] if arns else {"calls": [], "denials": []}
        if not found["calls"]:
            raise AssertionError(
                f"{role} made no calls; roles that did: {', '.join(sorted(ledger['roles'])) or 'none'}"
            )
        patterns = [each.lower() for each in _each(actions)]
        done = [call["action"] for call in found["calls"] if call["allowed"]]
        others = [each for each in done if not any(fnmatchcase(each.lower(), pattern) for pattern in patterns)]
        if others:
            raise AssertionError(f"{role} also used {', '.join(others)}")
        if found["denials"]:
            raise AssertionError(f"{role} was refused: {'; '.join(each['message'] for each in found['denials'])}")


def _each(texts: Iterable[str]) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)


def _policy(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _call(endpoint: str, method: str, path: str, document: Mapping[str, Any] | None = None) -> Any:
    return json.loads(_request(endpoint, method, path, document))


def _request(endpoint: str, method: str, path: str, document: Mapping[str, Any] | None = None) -> bytes:
    body = json.dumps(document or {}).encode() if method == "POST" else None
    request = urllib.request.Request(endpoint + path, body, method=method)  # noqa: S310 - the server's own URL
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with directly.open(request, timeout=60) as answer:
        content: bytes = answer.read()
    return content
