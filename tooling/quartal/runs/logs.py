"""Reads the logs of crawls and job runs from CloudWatch Logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

PROGRESS_MARK = "[quartal]"


class LogFollower:
    """Reads a log stream as it grows.

    Args:
        logs: the client.
        group: name of the log group.
        stream: name of the stream; it need not exist yet.
    """

    def __init__(self, logs: CloudWatchLogsClient, group: str, stream: str) -> None:
        self._logs = logs
        self._group = group
        self._stream = stream
        self._token: str | None = None

    def new_lines(self) -> tuple[str, ...]:
        """The lines that have come since the last call."""
        lines: list[str] = []
        while True:
            request = {"nextToken": self._token} if self._token else {}
            try:
                page = self._logs.get_log_events(
                    logGroupName=self._group,
                    logStreamName=self._stream,
                    startFromHead=True,
                    **request,  # type: ignore[arg-type]
                )
            except self._logs.exceptions.ResourceNotFoundException:
                return tuple(lines)
            lines += [event["message"].rstrip() for event in page["events"]]
            is_end = page["nextForwardToken"] == self._token
            self._token = page["nextForwardToken"]
            if is_end:  # an empty page is not the end, the same token twice is: see all_lines
                return tuple(lines)


def last_lines(logs: CloudWatchLogsClient, group: str, stream: str, count: int) -> tuple[str, ...]:
    """The last lines of a stream; none if it does not exist."""
    if not group or not stream:
        return ()
    try:
        page = logs.get_log_events(logGroupName=group, logStreamName=stream, limit=count, startFromHead=False)
    except logs.exceptions.ResourceNotFoundException:
        return ()
    return tuple(event["message"].rstrip() for event in page["events"])[-count:]


def all_lines(logs: CloudWatchLogsClient, group: str, stream: str) -> tuple[str, ...]:
    """Every line of a stream, the oldest first; none when it does not exist.

    Only the same token twice is the end: a page before it may be empty.
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
    """
    lines: list[str] = []
    request: dict[str, str] = {}
    while True:
        try:
            page = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **request)  # type: ignore[arg-type]
        except logs.exceptions.ResourceNotFoundException:
            return tuple(lines)
        lines += [event["message"].rstrip() for event in page["events"]]
        if page["nextForwardToken"] == request.get("nextToken"):
            return tuple(lines)
        request = {"nextToken": page["nextForwardToken"]}
