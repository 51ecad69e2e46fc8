"""Runs state machines: moto has an interpreter, but its server does not enable it, and activities never start.

States call this server as the account: the roles of state machines are ignored.
"""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections import deque
from datetime import UTC, datetime
from typing import Any

from botocore.config import Config
from moto.core.config import default_user_config
from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.stepfunctions import models, responses

from localstack_glue.hosts import awaited_runs
from localstack_glue.service.local_session import DIRECT, local_session

POLL_S = 5.0  # AWS holds a worker's question for a minute; an answer without a task is one on either side
_LOADING = threading.Lock()
_SERVICE_STATES = "moto.stepfunctions.parser.asl.component.state.exec.state_task.service"
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_SEVERAL = re.compile(r"\*|\.\.|\?\(|\[[^\]]*[:,][^\]]*\]")
_ANY_TIME = DIRECT.merge(
    Config(parameter_validation=False, retries={"total_max_attempts": 1}, connect_timeout=60, read_timeout=99999999)
)


def run(url: str) -> None:
    """Make executions run from now on; the interpreter is loaded with the first call of Step Functions.

    Args:
        url: serves the calls of states.
    """
    interpreter = _Interpreter(url)
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    responses.get_backend = interpreter.backend
    models.Activity.add_task = _add_task
    if not hasattr(responses.StepFunctionResponse, "get_activity_task"):
        responses.StepFunctionResponse.get_activity_task = _get_activity_task


class _Interpreter:
    """moto's backends that run state machines, once their modules are loaded."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._backends: Any = None

    def backend(self, account: str, region: str) -> Any:
        """The backend of an account and region."""
        with _LOADING:  # its grammar takes half a second to load, and few servers need it
            if self._backends is None:
                self._backends = self._loaded()
        return self._backends[account][region]

    def _loaded(self) -> Any:
        from moto.stepfunctions.parser.asl.utils import json_path

        json_path.extract_json = extract_json  # each before the modules that take it from there
        from moto.stepfunctions.parser.asl.utils import boto_client

        boto_client.boto_client_for = self._client
        from moto.stepfunctions.parser import api
        from moto.stepfunctions.parser import models as parser

        errors: list[Any] = [
            each for each in vars(api).values() if isinstance(each, type) and issubclass(each, AWSError)
        ]
        for error in errors:  # these have their codes where moto's serializer does not look
            if isinstance(error.code, str):
                error.TYPE = error.code

        backends, execution, start = (
            parser.stepfunctions_parser_backends,
            parser.Execution,
            parser.StepFunctionsParserBackend.start_execution,
        )

        def begun(**keywords: Any) -> Any:
            """An execution that uses the activities of its account."""
            activities = backends[keywords["account_id"]][keywords["region_name"]].activities
            return execution(**{**keywords, "activity_store": activities})

        def start_execution(backend: Any, arn: str, name: str | None, *rest: Any) -> Any:
            """Every execution has a name: moto has one of None else, and refuses the second."""
            return start(backend, arn, name or str(uuid.uuid4()), *rest)

        awaited_runs.repair(_SERVICE_STATES)
        parser.Execution = begun
        parser.StepFunctionsParserBackend.start_execution = start_execution
        return backends

    def _client(self, region: str, service: str, state_credentials: Any = None) -> Any:
        """The client with which a state calls a service, in the account of its state machine's role."""
        role = getattr(state_credentials, "role_arn", None) or ""
        account = role.split(":")[4] if role.count(":") >= 5 else "000000000000"
        client = local_session().client(
            service,
            region_name=region,
            endpoint_url=self._url,
            aws_access_key_id=account,
            aws_secret_access_key="states",  # noqa: S106 - nobody looks at it here
            config=_ANY_TIME,
        )
        client.meta.events.register("after-call", _with_times_in_words)
        return client


def extract_json(path: str, data: Any) -> Any:
    """Evaluate a path: a single value, or the list of all values if the path can match several.

    moto also returns a list for a path below an element, so `$.runs[0].state` would not equal any text.

    Raises:
        NoSuchJsonPathError: the path matches nothing.
    """
    from jsonpath_ng.ext import parse  # type: ignore[import-untyped, unused-ignore]
    from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

    values = [match.value for match in parse(path).find(data)]
    if _SEVERAL.search(_QUOTED.sub("", path)):
        return values
    if not values:
        raise NoSuchJsonPathError(json_path=path, data=data)
    return values[0]


def _with_times_in_words(parsed: dict[str, Any], **_: Any) -> None:
    """Times are texts for states, as on AWS; moto has Python's, which its responses cannot contain."""
    parsed.update({name: _in_words(value) for name, value in parsed.items()})


def _in_words(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03}Z"
    if isinstance(value, dict):
        return {name: _in_words(each) for name, each in value.items()}
    return [_in_words(each) for each in value] if isinstance(value, list) else value


def _add_task(activity: Any, task: Any) -> None:
    vars(activity).setdefault("tasks", deque()).append(task)


def _get_activity_task(response: Any) -> ActionResult:
    """A task of an activity for a worker; empty if there is none in time."""
    backend = response.stepfunction_backend
    activity = backend.describe_activity(response._get_param("activityArn"))
    deadline = time.monotonic() + POLL_S
    while time.monotonic() < deadline:
        for task in list(vars(activity).get("tasks", ())):
            endpoint = _waiting_for(backend, task.task_token)
            if endpoint is None:  # its state is only about to wait, or its execution has ended
                continue
            try:
                activity.tasks.remove(task)
            except ValueError:  # another worker has just taken it
                continue
            endpoint.notify_activity_task_start(response._get_param("workerName"))
            return ActionResult({"taskToken": task.task_token, "input": task.task_input})
        time.sleep(0.1)
    return ActionResult({})


def _waiting_for(backend: Any, token: str) -> Any:
    """The state of a running execution that waits for a token; None if there is none."""
    for machine in list(backend.state_machines):
        for execution in list(machine.executions):
            env = getattr(execution.exec_worker, "env", None)
            if env is not None and execution.status == "RUNNING":
                endpoint = env.callback_pool_manager.get(token)
                if endpoint is not None:
                    return endpoint
    return None
