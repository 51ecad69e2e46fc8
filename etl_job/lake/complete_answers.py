"""An incomplete response of AWS is an error: botocore parses truncated JSON as an empty response.

Without this module, the truncated properties of a workflow run would be read as no properties, and the run would
process all deliveries instead of the requested ones; a truncated list would be read as an empty one. The same applies
to an empty response to a listing of S3, and to an HTML page from a proxy. A response without a field that AWS always
sets is incomplete too, such as a listing that does not say whether more follows. The command uses this module too.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Final, NoReturn, Protocol

_IN_XML = frozenset({"rest-xml", "query"})
_ROOT = re.compile(rb"<([A-Za-z_][\w:.-]*)")
_END = re.compile(rb"</([A-Za-z_][\w:.-]*)\s*>\s*\Z")
_EMPTY_ELEMENT = re.compile(rb"\A\s*(<\?[^<>]*\?>)?\s*<[A-Za-z_][\w:.-]*[^<>]*/>\s*\Z")

# fields that AWS always sets, and without which a response would be an error elsewhere, or a wrong answer
_FIELDS: Final = {
    "CompleteMultipartUpload": ("ETag",),
    "CreateMultipartUpload": ("UploadId",),
    "GetCallerIdentity": ("Account", "Arn"),
    "GetJob": ("Job",),
    "GetJobRun": ("JobRun",),
    "GetJobRuns": ("JobRuns",),
    "GetLogEvents": ("events", "nextForwardToken"),
    "GetPartitions": ("Partitions",),
    "GetTable": ("Table",),
    "GetWorkflowRun": ("Run",),
    "HeadObject": ("ContentLength", "ETag"),
    "ListObjectsV2": ("IsTruncated",),
}
# those of the entries of a list, or of a single structure
_FIELDS_WITHIN: Final = {
    "GetJobRuns": ("JobRuns", ("Id", "JobRunState")),
    "GetPartitions": ("Partitions", ("Values",)),
    "GetWorkflowRun": ("Run", ("Status", "WorkflowRunId")),
    "GetWorkflowRuns": ("Runs", ("Status", "WorkflowRunId")),
    "ListMultipartUploads": ("Uploads", ("Initiated", "Key", "UploadId")),
    "ListObjectsV2": ("Contents", ("ETag", "Key", "LastModified", "Size")),
    "ListParts": ("Parts", ("ETag", "PartNumber", "Size")),
}
# a list that continues without saying where: botocore would treat it as complete
_NEXT: Final = {
    "ListMultipartUploads": "NextKeyMarker",
    "ListObjectsV2": "NextContinuationToken",
    "ListParts": "NextPartNumberMarker",
}


class Events(Protocol):
    """Where handlers of a session's events are registered: ``events`` of boto3's session, or botocore's own session."""

    def register(self, event_name: str, handler: Callable[..., Any]) -> None: ...  # noqa: D102


def refuse_half_answers(events: Events) -> None:
    """Make the calls of all clients created from now on raise ResponseStreamingError for an incomplete response."""
    events.register("before-parse", _refuse_half)
    events.register("after-call", _refuse_missing_fields)


def _refuse_half(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    if operation_model.has_streaming_output or response_dict["status_code"] >= 300:
        return
    if not _is_whole(operation_model, response_dict["body"]):
        _refuse(f"the answer to {operation_model.name} was cut off")


def _refuse_missing_fields(model: Any, parsed: dict[str, Any], http_response: Any, **_: Any) -> None:
    if http_response.status_code >= 300:
        return
    call = model.name
    missing = [field for field in _FIELDS.get(call, ()) if parsed.get(field) is None]
    name, fields = _FIELDS_WITHIN.get(call, ("", ()))
    within = parsed.get(name, [])
    for entry in within if isinstance(within, list) else [within]:
        missing += [field for field in fields if entry.get(field) is None]
    if parsed.get("IsTruncated") and call in _NEXT and not parsed.get(_NEXT[call]):
        missing.append(_NEXT[call])
    if missing:
        _refuse(f"the answer to {call} has no {missing[0]}")


def _refuse(reason: str) -> NoReturn:
    from botocore.exceptions import ResponseStreamingError  # the command loads botocore's parts when it calls

    raise ResponseStreamingError(error=reason)


def _is_whole(model: Any, body: bytes) -> bool:
    """Whether the body is a document from its beginning to its end, as far as the operation has one."""
    protocol, shape = model.service_model.resolved_protocol, model.output_shape
    members = {} if shape is None else shape.members
    if "json" in protocol:
        return _is_json(body) if body or members else True  # with members, even an empty list arrives as JSON
    in_body = any("location" not in member.serialization for member in members.values())  # and not in headers
    if protocol not in _IN_XML or not in_body or "payload" in shape.serialization:
        return True
    return _is_xml_document(body)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _is_xml_document(body: bytes) -> bool:
    """Whether it is an element from its beginning to its end, and no page for people; botocore judges the rest."""
    if _EMPTY_ELEMENT.search(body):
        return True
    root, end = _ROOT.search(body), _END.search(body)
    return root is not None and end is not None and root[1] == end[1] and root[1].lower() != b"html"
