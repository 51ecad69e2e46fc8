"""Half an answer of AWS is no answer: botocore reads what breaks off in its JSON as one that says nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.session import Session


def refuse_half_answers(session: Session) -> None:
    """Let the calls of all of the session's clients raise ResponseStreamingError for an answer that breaks off.

    Without it a list that was cut reads as an empty one: as no runs, no tables, no partitions.
    """
    session.register("before-parse", _refuse)


def _refuse(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    if "json" not in operation_model.service_model.resolved_protocol or operation_model.has_streaming_output:
        return
    body = response_dict["body"]
    if response_dict["status_code"] >= 300 or not body:
        return
    try:
        json.loads(body)
    except ValueError as error:
        from botocore.exceptions import ResponseStreamingError

        raise ResponseStreamingError(error=f"the answer to {operation_model.name} broke off") from error
