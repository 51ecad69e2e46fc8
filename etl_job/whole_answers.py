"""Half an answer of AWS is no answer: botocore reads what breaks off in its JSON as one that says nothing.

Without this the properties of a workflow run that were cut would read as none, and the run would take all deliveries in
the place of those that it was asked for.
"""

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ResponseStreamingError

if TYPE_CHECKING:
    import boto3


def refuse_half_answers(session: "boto3.Session") -> None:
    """Let the calls of all of the session's clients raise ResponseStreamingError for an answer that breaks off."""
    session.events.register("before-parse", _refuse)


def _refuse(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    if "json" not in operation_model.service_model.protocol or operation_model.has_streaming_output:
        return
    body = response_dict["body"]
    if response_dict["status_code"] >= 300 or not body:
        return
    try:
        json.loads(body)
    except ValueError as error:
        raise ResponseStreamingError(error=f"the answer to {operation_model.name} broke off") from error
