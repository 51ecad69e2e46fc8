"""Half an answer of AWS is no answer: botocore reads what breaks off in its JSON as one that says nothing.

Without this the properties of a workflow run that were cut would read as none, and the run would take all deliveries in
the place of those that it was asked for; a list that was cut would read as an empty one. The command uses it too.
"""

import json
from collections.abc import Callable
from typing import Any, Protocol


class Events(Protocol):
    """Where handlers of a session's events are registered: ``events`` of boto3's session, or botocore's own session."""

    def register(self, event_name: str, handler: Callable[..., Any]) -> None: ...  # noqa: D102


def refuse_half_answers(events: Events) -> None:
    """Let the calls of all clients made from now on raise ResponseStreamingError for an answer that breaks off."""
    events.register("before-parse", _refuse)


def _refuse(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    if "json" not in operation_model.service_model.resolved_protocol or operation_model.has_streaming_output:
        return
    body = response_dict["body"]
    if response_dict["status_code"] >= 300 or (not body and not _has_something_to_say(operation_model)):
        return
    try:
        json.loads(body)
    except ValueError as error:
        from botocore.exceptions import ResponseStreamingError  # the command loads botocore's parts when it calls

        raise ResponseStreamingError(error=f"the answer to {operation_model.name} broke off") from error


def _has_something_to_say(operation_model: Any) -> bool:
    """Whether the operation's answer has members, so that even an empty list comes as JSON."""
    shape = operation_model.output_shape
    return shape is not None and bool(shape.members)
